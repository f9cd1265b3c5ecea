#include "host/theory/fixed_point.hpp"

#include <algorithm>
#include <boost/math/tools/roots.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace vnsweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// sqrt 2 squared is not 2 in double: products so close to 1 are 1.
constexpr double kRounding = 1e-12;
/// The step of the search; the maps here have no two fixed points so close to one another.
constexpr double kStep = 1.25;

bool is_homogeneous(Activation activation) {
  return activation == Activation::linear || activation == Activation::relu ||
         activation == Activation::leaky_relu;
}

double q_after(const LayerPrior& prior, double q) {
  return next_q(prior, activation_moments(prior.activation, q));
}

double chi_at(const LayerPrior& prior, double q) {
  return prior.scale * prior.scale * activation_moments(prior.activation, q).mu1;
}

FixedPoint at(const LayerPrior& prior, QLimit limit, double q) {
  // Activations that let q grow are homogeneous up there.
  constexpr double kVeryLarge = 1e60;
  const double chi = chi_at(prior, std::isinf(q) ? kVeryLarge : q);
  const bool is_critical = std::fabs(chi - 1.0) < kRounding;
  return {.limit = limit,
          .q = q,
          .chi = chi,
          .depth_scale = is_critical ? kInfinity : -1.0 / std::log(chi)};
}

/// q' = factor q + bias_scale^2, with factor = chi.
FixedPoint homogeneous_fixed_point(const LayerPrior& prior, double q1) {
  const double factor = chi_at(prior, 1.0);
  const double bias2 = prior.bias_scale * prior.bias_scale;
  const bool is_critical = std::fabs(factor - 1.0) < kRounding;
  if (is_critical && bias2 == 0.0) return at(prior, QLimit::every, q1);
  if (!is_critical && factor < 1.0) return at(prior, QLimit::approached, bias2 / (1.0 - factor));
  return q1 == 0.0 && bias2 == 0.0 ? at(prior, QLimit::approached, 0.0)
                                   : at(prior, QLimit::grows, kInfinity);
}

/// Root of q' = q from `low`, where q' >= q, to `high`, where q' <= q but for rounding.
double refine(const LayerPrior& prior, double low, double high) {
  const auto excess = [&](double q) { return q_after(prior, q) - q; };
  const double at_low = excess(low);
  const double at_high = excess(high);
  if (at_low <= 0.0) return low;
  if (at_high >= 0.0) return high;
  std::uintmax_t iterations = 200;
  const auto [a, b] =
      boost::math::tools::toms748_solve(excess, low, high, at_low, at_high,
                                        boost::math::tools::eps_tolerance<double>(50), iterations);
  return a + (b - a) / 2.0;
}

}  // namespace

FixedPoint find_fixed_point(const LayerPrior& prior, double q1) {
  if (is_homogeneous(prior.activation)) return homogeneous_fixed_point(prior, q1);
  // q' rises with q, so that q_l moves one way only and stops at the first fixed point there.
  const double at_zero = q_after(prior, 0.0);
  // Below this q the map is q' = c q to rounding, and 0 is where it leads unless c > 1.
  constexpr double kNegligible = 1e-12;
  constexpr double kLargest = 1e300;
  const double lowest = at_zero > 0.0 ? at_zero * (1.0 - kRounding) : kNegligible;

  double q = std::clamp(q1, lowest, kLargest);
  const double first = q_after(prior, q) - q;
  if (first > kRounding * q) {
    while (q < kLargest) {
      const double next = q * kStep;
      if (q_after(prior, next) <= next) {
        return at(prior, QLimit::approached, refine(prior, q, next));
      }
      q = next;
    }
    return at(prior, QLimit::grows, kInfinity);
  }
  // Where q' = q but for rounding, as for hardtanh at scale 1 and small q, it still falls in truth.
  const double tolerance = at_zero > 0.0 ? 0.0 : kRounding;
  while (q > lowest) {
    const double next = std::max(q / kStep, lowest);
    if (q_after(prior, next) >= next * (1.0 + tolerance)) {
      return at(prior, QLimit::approached, refine(prior, next, q));
    }
    q = next;
  }
  return at(prior, QLimit::approached, at_zero > 0.0 ? q : 0.0);
}

}  // namespace vnsweep
