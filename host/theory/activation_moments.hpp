#pragma once

#include "kernels/network.hpp"

namespace vnsweep {

/// Means over a pre-activation h = sqrt(q) z, z ~ N(0, 1).
struct ActivationMoments {
  double square = 0.0;  ///< E[phi(h)^2]
  double mu1 = 0.0;     ///< E[phi'(h)^2]
  double mu2 = 0.0;     ///< E[phi'(h)^4]
};

/// Largest relative error of each moment for 0 <= q <= 1e12.
inline constexpr double kMomentTolerance = 1e-12;

/// Closed forms for linear, relu, leaky_relu, hardtanh and erf, quadrature for the others.
/// @param q  variance of the pre-activation, finite, >= 0; 0 gives the limit q -> 0
/// @throws std::invalid_argument if q is anything else
/// Source: DESIGN.md section 1, "Local (Jacobian) indicator".
ActivationMoments activation_moments(Activation activation, double q);

}  // namespace vnsweep
