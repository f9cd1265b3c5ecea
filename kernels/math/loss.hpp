#pragma once

#include <cmath>
#include <limits>

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

/// Loss of one output z against its target y, where each output has a loss of its own.
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

/// Softmax of one sample's logits, p_k = e^(z_k - z_m) / (1 + others), without overflow.
template <class Real>
struct Softmax {
  int largest = 0;  ///< m: no logit is larger than z_m
  Real others = 0;  ///< sum of e^(z_k - z_m) over all k but m

  VNS_HD Softmax(const Real* z, int outputs) {
    for (int k = 1; k < outputs; ++k)
      largest = z[k] > z[largest] ? k : largest;
    for (int k = 0; k < outputs; ++k) {
      if (k != largest) others += std::exp(z[k] - z[largest]);
    }
  }

  /// p_k - y, without cancellation for targets 0 and 1.
  /// @param z_less_largest  z_k - z_m
  VNS_HD Real probability_less(Real y, Real z_less_largest, int k) const {
    if (k == largest) return ((Real(1) - y) - y * others) / (Real(1) + others);
    return (std::exp(z_less_largest) - y * (Real(1) + others)) / (Real(1) + others);
  }
};

/// - sum_k y_k ln p_k for targets that add up to one, where p is the softmax of the logits. Every
/// term is positive, so nothing cancels. Not finite if a logit is not.
template <class Real, class Target>
VNS_HD Real softmax_cross_entropy(const Real* z, const Target* y, int outputs) {
  const Softmax<Real> softmax(z, outputs);
  Real sum = std::log1p(softmax.others);
  for (int k = 0; k < outputs; ++k)
    sum += static_cast<Real>(y[k]) * (z[softmax.largest] - z[k]);
  return sum;
}

/// Accuracy where targets are no labels.
inline constexpr double kNoAccuracy = std::numeric_limits<double>::quiet_NaN();

/// How one sample's outputs are compared with its targets.
struct SampleLoss {
  Objective objective = Objective::cross_entropy;
  TargetKind kind = TargetKind::labels;
  int outputs = 1;

  VNS_HD bool is_softmax() const { return objective == Objective::cross_entropy && outputs > 1; }

  /// Losses that one sample adds to the mean: one, or one for each output.
  VNS_HD int terms() const { return is_softmax() ? 1 : outputs; }

  /// Mean loss of so many samples from the sum of their values.
  VNS_HD double mean(double sum, int samples) const {
    return sum / (static_cast<double>(samples) * terms());
  }

  /// Sum of a sample's losses.
  /// @param z  (outputs)
  /// @param y  (outputs)
  template <class Real, class Target>
  VNS_HD double value(const Real* z, const Target* y) const {
    if (is_softmax()) return static_cast<double>(softmax_cross_entropy(z, y, outputs));
    double sum = 0.0;
    for (int k = 0; k < outputs; ++k)
      sum += static_cast<double>(loss_value(objective, z[k], static_cast<Real>(y[k])));
    return sum;
  }

  /// d value / d z_k, handed to write(k, derivative), which may put it in place of z[k].
  template <class Real, class Target, class Write>
  VNS_HD void derivatives(const Real* z, const Target* y, Write write) const {
    if (!is_softmax()) {
      for (int k = 0; k < outputs; ++k)
        write(k, loss_derivative(objective, z[k], static_cast<Real>(y[k])));
      return;
    }
    const Softmax<Real> softmax(z, outputs);
    const Real largest = z[softmax.largest];
    for (int k = 0; k < outputs; ++k)
      write(k, softmax.probability_less(static_cast<Real>(y[k]), z[k] - largest, k));
  }

  /// 1 if the sample's class is found, else 0: one output is on its target's side of the boundary;
  /// of several, the target's is larger than every other. kNoAccuracy for regression.
  template <class Real, class Target>
  VNS_HD double correct(const Real* z, const Target* y) const {
    if (kind == TargetKind::values) return kNoAccuracy;
    if (outputs == 1) return is_correct(objective, z[0], static_cast<Real>(y[0])) ? 1.0 : 0.0;
    int label = 0;
    for (int k = 1; k < outputs; ++k)
      label = y[k] > y[label] ? k : label;
    for (int k = 0; k < outputs; ++k) {
      if (k != label && !(z[label] > z[k])) return 0.0;
    }
    return 1.0;
  }
};

inline SampleLoss sample_loss(const NetworkBatch& batch) {
  return {batch.objective, batch.data->kind, batch.data->outputs};
}

}  // namespace vnsweep
