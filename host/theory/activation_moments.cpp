#include "host/theory/activation_moments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "kernels/math/activation.hpp"

namespace vnsweep {
namespace {

using std::numbers::inv_sqrtpi;
using std::numbers::pi;

/// phi is homogeneous: slope 1 above zero and `leak` below.
ActivationMoments homogeneous_moments(double q, double leak) {
  const double leak2 = leak * leak;
  return {.square = q * ((1.0 + leak2) / 2.0),
          .mu1 = (1.0 + leak2) / 2.0,
          .mu2 = (1.0 + leak2 * leak2) / 2.0};
}

/// phi' is 1 inside |h| < 1, where h^2 adds up to q P(3/2, 1/(2q)), and phi^2 is 1 outside.
ActivationMoments hardtanh_moments(double q) {
  // From here down the tails beyond |z| = 1 / sqrt(q) are less than exp(-700).
  constexpr double kNoTails = 1.0 / 1400.0;
  if (q < kNoTails) return {.square = q, .mu1 = 1.0, .mu2 = 1.0};
  const double edge = 1.0 / std::sqrt(2.0 * q);
  const double inside = std::erf(edge);
  // As a difference of erf and a density this would cancel for large q.
  const double square_inside = q * boost::math::gamma_p(1.5, 1.0 / (2.0 * q));
  return {.square = square_inside + std::erfc(edge), .mu1 = inside, .mu2 = inside};
}

/// E[phi^2] = (2/pi) asin(2q / (1 + 2q)) (Williams 1997), as an arc tangent, which keeps its digits
/// where the argument of the arc sine nears 1. phi'^2 = (4/pi) exp(-2 h^2).
ActivationMoments erf_moments(double q) {
  const double tangent = 2.0 * std::sqrt(q) / std::sqrt(4.0 + 1.0 / q);
  const double slope2 = 4.0 * inv_sqrtpi * inv_sqrtpi;
  return {.square = 2.0 / pi * std::atan(tangent),
          .mu1 = slope2 / std::sqrt(1.0 + 4.0 * q),
          .mu2 = slope2 * slope2 / std::sqrt(1.0 + 8.0 * q)};
}

/// What h and -h contribute before the density.
ActivationMoments both_signs(Activation activation, double h) {
  ActivationMoments sum;
  for (const double signed_h : {h, -h}) {
    const double x = activate(activation, signed_h);
    const double slope = activation_slope(activation, signed_h);
    const double slope2 = slope * slope;
    sum.square += x * x;
    sum.mu1 += slope2;
    sum.mu2 += slope2 * slope2;
  }
  return sum;
}

/// Gauss-Legendre quadrature over pieces whose length doubles. Both lengths in play, 1 for the
/// activation and sqrt(q) for the density, then see pieces no longer than their distance from
/// zero, in which the integrand is close to a polynomial: a rule over the whole density alone
/// (Gauss-Hermite) would step over the activation when q is large.
ActivationMoments integrated_moments(Activation activation, double q) {
  constexpr int kPoints = 30;
  using Rule = boost::math::quadrature::gauss<double, kPoints>;
  // The density beyond is exp(-128) of its maximum.
  constexpr double kEnd = 16.0;
  const double sigma = std::sqrt(q);
  const double end = kEnd;
  ActivationMoments moments;
  double from = 0.0;
  double to = std::min(1.0, 1.0 / sigma);
  while (from < end) {
    const double centre = (from + to) / 2.0;
    const double half = (to - from) / 2.0;
    for (int k = 0; k < kPoints; ++k) {
      const auto node = static_cast<std::size_t>(k / 2);
      const double abscissa = k % 2 == 0 ? Rule::abscissa()[node] : -Rule::abscissa()[node];
      const double z = centre + half * abscissa;
      const double weight = half * Rule::weights()[node] * normal_density(z);
      const ActivationMoments at = both_signs(activation, sigma * z);
      moments.square += weight * at.square;
      moments.mu1 += weight * at.mu1;
      moments.mu2 += weight * at.mu2;
    }
    from = to;
    to *= 2.0;
  }
  return moments;
}

}  // namespace

ActivationMoments activation_moments(Activation activation, double q) {
  if (!(q >= 0.0) || std::isinf(q)) {
    throw std::invalid_argument(
        fmt::format("moments of an activation: q is {} (must be finite and not negative)", q));
  }
  switch (activation) {
    case Activation::linear:
      return homogeneous_moments(q, 1.0);
    case Activation::relu:
      return homogeneous_moments(q, 0.0);
    case Activation::leaky_relu:
      return homogeneous_moments(q, kLeak);
    case Activation::hardtanh:
      return hardtanh_moments(q);
    case Activation::erf:
      return erf_moments(q);
    case Activation::gelu:
    case Activation::silu: {
      // They differ from relu where |h| is of order 1, a share of 1 / sqrt(q); above this q that is
      // beyond the last digit, and squares of h might overflow below.
      constexpr double kSameAsRelu = 1e40;
      if (q > kSameAsRelu) return homogeneous_moments(q, 0.0);
      break;
    }
    case Activation::tanh:
    case Activation::sigmoid:
      break;
  }
  return integrated_moments(activation, q);
}

}  // namespace vnsweep
