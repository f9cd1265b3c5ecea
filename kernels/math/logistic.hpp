#pragma once

#include <cmath>

#include "kernels/host_device.hpp"

namespace vnsweep {

/// 1 / (1 + e^-z), without overflow for any z and without cancellation in either tail.
template <class Real>
VNS_HD Real logistic(Real z) {
  const Real e = std::exp(-std::fabs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

}  // namespace vnsweep
