#pragma once

#include <cmath>

#include "kernels/host_device.hpp"
#include "kernels/math/logistic.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// -y ln sigma(z) - (1 - y) ln(1 - sigma(z)) for a logit z, without overflow for any finite z.
template <class Real>
VNS_HD Real binary_cross_entropy(Real z, Real y) {
  const Real positive = z > 0 ? z : Real(0);  // a NaN still shows in z * y
  return positive - z * y + std::log1p(std::exp(-std::fabs(z)));
}

/// Loss of one output z against its target y.
template <class Real>
VNS_HD Real loss_value(Objective objective, Real z, Real y) {
  return objective == Objective::cross_entropy ? binary_cross_entropy(z, y) : (z - y) * (z - y);
}

/// d loss / d z of one output.
template <class Real>
VNS_HD Real loss_derivative(Objective objective, Real z, Real y) {
  return objective == Objective::cross_entropy ? logistic(z) - y : 2 * (z - y);
}

/// Whether the output is on the target's side of the decision boundary; false for NaN.
template <class Real>
VNS_HD bool is_correct(Objective objective, Real z, Real y) {
  const Real boundary = objective == Objective::cross_entropy ? Real(0) : Real(0.5);
  return y > Real(0.5) ? z > boundary : z <= boundary;
}

}  // namespace vnsweep
