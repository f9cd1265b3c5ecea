#pragma once

#include <compare>

#include "host/theory/activation_moments.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// What a layer draws: W_ij ~ N(0, scale^2 / fan_in), b_i ~ N(0, bias_scale^2), then phi.
struct LayerPrior {
  Activation activation = Activation::tanh;
  double scale = 1.0;       ///< sigma_w, > 0
  double bias_scale = 0.0;  ///< sigma_b, >= 0

  bool operator==(const LayerPrior&) const = default;
  auto operator<=>(const LayerPrior&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// Variance of the next layer's pre-activations, scale^2 E[phi(sqrt(q) z)^2] + bias_scale^2, from
/// the moments at q; infinite where it leaves the range of double.
inline double next_q(const LayerPrior& prior, const ActivationMoments& moments) {
  return prior.scale * prior.scale * moments.square + prior.bias_scale * prior.bias_scale;
}

/// approached: q_l tends to a fixed point, 0 included. every: each q is one, so q_l stays where it
/// began. grows: q_l grows without bound.
enum class QLimit { approached, every, grows };

/// Where q_l goes with depth, and what the network is like there.
struct FixedPoint {
  QLimit limit = QLimit::approached;
  double q = 0.0;  ///< q*; infinite if q_l grows
  /// scale^2 mu_1(q*), factor of m_1 and of small perturbations per layer; its limit if q_l grows.
  double chi = 0.0;
  /// -1 / ln(chi), layers in which perturbations shrink (or grow, if negative) by a factor of e.
  /// Infinite where chi is 1 but for rounding.
  double depth_scale = 0.0;
};

/// The fixed point that the recursion reaches from `q1`. There can be others: gelu and silu may
/// have an unstable one that separates networks whose q_l vanishes from those whose q_l grows.
FixedPoint find_fixed_point(const LayerPrior& prior, double q1);

}  // namespace vnsweep
