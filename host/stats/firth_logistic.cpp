#include "host/stats/firth_logistic.hpp"

#include <algorithm>
#include <array>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace vnsweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// logit P(d) = level + slope (d - origin).
struct ShiftedCurve {
  double origin = 0.0;
  double level = 0.0;
  double slope = 0.0;
};

/// Penalised likelihood l* at a curve. Derivatives are by level and slope about `centre`, the mean
/// depth weighted by information, where the Fisher information is diagonal.
struct Likelihood {
  double value = -kInfinity;
  double centre = 0.0;                     ///< distance from the curve's origin
  std::array<double, 2> gradient = {};     ///< by level at the centre, by slope
  std::array<double, 2> information = {};  ///< diagonal
  std::array<double, 3> curvature = {};    ///< minus the second derivatives: (0, 0), (0, 1), (1, 1)

  /// Derivative by slope of a curve that is held at its origin.
  double gradient_about_origin() const { return centre * gradient[0] + gradient[1]; }
};

/// P(fail), its complement and their logarithms, all without cancellation.
struct Logistic {
  double p = 0.0;
  double q = 0.0;
  double log_p = 0.0;
  double log_q = 0.0;
};

Logistic logistic(double eta) {
  const double tail = std::exp(-std::abs(eta));
  const double near = 1.0 / (1.0 + tail);
  const double far = tail / (1.0 + tail);
  return {eta >= 0.0 ? near : far, eta >= 0.0 ? far : near, std::min(eta, 0.0) - std::log1p(tail),
          std::min(-eta, 0.0) - std::log1p(tail)};
}

/// Gradient and curvature of 1/2 log det I about the centre, from sums over depths of
/// n (dw/deta) u^m and n (d^2w/deta^2) u^m, w = p (1 - p); S_0 and S_2 are the information.
void add_penalty(const std::array<double, 4>& first, const std::array<double, 5>& second,
                 Likelihood& likelihood) {
  const double s0 = likelihood.information[0];
  const double s2 = likelihood.information[1];
  const auto entry = [&](std::size_t r, std::size_t s) {
    return second[r + s] / s0 + second[2 + r + s] / s2 -
           2.0 * first[1 + r] * first[1 + s] / (s0 * s2) - first[r] * first[s] / (s0 * s0) -
           first[2 + r] * first[2 + s] / (s2 * s2);
  };
  likelihood.gradient[0] += 0.5 * (first[0] / s0 + first[2] / s2);
  likelihood.gradient[1] += 0.5 * (first[1] / s0 + first[3] / s2);
  likelihood.curvature[0] -= 0.5 * entry(0, 0);
  likelihood.curvature[1] -= 0.5 * entry(0, 1);
  likelihood.curvature[2] -= 0.5 * entry(1, 1);
}

/// Counts of one depth that has runs.
struct Observation {
  double depth = 0.0;
  double failed = 0.0;
  double runs = 0.0;
};

std::vector<Observation> observations(std::span<const DepthCount> counts) {
  std::vector<Observation> measured;
  for (const DepthCount& count : counts) {
    if (count.runs == 0) continue;
    measured.push_back(
        {count.depth, static_cast<double>(count.failed), static_cast<double>(count.runs)});
  }
  return measured;
}

/// @returns a value of minus infinity where the information vanishes in double precision
Likelihood evaluate(std::span<const Observation> data, const ShiftedCurve& curve) {
  Likelihood likelihood;
  double value = 0.0;
  double s0 = 0.0;
  double s1 = 0.0;
  std::vector<Logistic> fitted;  // exponentials are what a fit spends its time on
  fitted.reserve(data.size());
  for (const auto& [depth, failed, runs] : data) {
    const double u = depth - curve.origin;
    fitted.push_back(logistic(curve.level + curve.slope * u));
    const auto [p, q, log_p, log_q] = fitted.back();
    value += failed * log_p + (runs - failed) * log_q;
    s0 += runs * p * q;
    s1 += runs * p * q * u;
  }
  if (!(s0 > 0.0)) return likelihood;
  likelihood.centre = s1 / s0;

  std::array<double, 4> first = {};
  std::array<double, 5> second = {};
  double s2 = 0.0;
  for (std::size_t d = 0; d < data.size(); ++d) {
    const auto [depth, failed, runs] = data[d];
    const double from_centre = depth - curve.origin - likelihood.centre;
    const double p = fitted[d].p;
    const double q = fitted[d].q;
    const double residual = failed * q - (runs - failed) * p;
    const double weight = runs * p * q;
    likelihood.gradient[0] += residual;
    likelihood.gradient[1] += residual * from_centre;
    s2 += weight * from_centre * from_centre;
    double power = weight;
    for (std::size_t m = 0; m < second.size(); ++m, power *= from_centre) {
      if (m < first.size()) first[m] += power * (q - p);
      second[m] += power * (1.0 - 6.0 * p * q);
    }
  }
  if (!(s0 * s2 > 0.0)) return likelihood;
  likelihood.information = {s0, s2};
  likelihood.curvature = {s0, 0.0, s2};
  likelihood.value = value + 0.5 * (std::log(s0) + std::log(s2));
  add_penalty(first, second, likelihood);
  return likelihood;
}

void check_depths(const TotalCount& total) {
  if (total.depths < 2) {
    throw std::invalid_argument("firth_logistic: a curve needs runs at two depths or more");
  }
}

/// Level of the best curve without a slope. Its information is w = p (1 - p) times constants, so l*
/// is the likelihood of one failure and one success more.
double best_level(const TotalCount& total) {
  return std::log((static_cast<double>(total.failed) + 1.0) /
                  (static_cast<double>(total.runs - total.failed) + 1.0));
}

/// Change of level at the centre and of slope that Newton's method asks for.
struct NewtonStep {
  double level = 0.0;
  double slope = 0.0;
  double decrement = 0.0;  ///< about twice the gain; the squared distance in standard errors
  bool exact = false;      ///< by the true curvature: the error squares in a step
};

NewtonStep newton_step(const Likelihood& at) {
  const auto [a, b, c] = at.curvature;
  const auto [g0, g1] = at.gradient;
  NewtonStep step;
  // Far from the maximum l* may be convex; Fisher's scoring climbs from anywhere.
  step.exact = a > 0.0 && c > 0.0 && a * c - b * b > 1e-6 * a * c;
  if (step.exact) {
    const double determinant = a * c - b * b;
    step.level = (c * g0 - b * g1) / determinant;
    step.slope = (a * g1 - b * g0) / determinant;
  } else {
    step.level = g0 / at.information[0];
    step.slope = g1 / at.information[1];
  }
  step.decrement = step.level * g0 + step.slope * g1;
  return step;
}

ShiftedCurve moved(const ShiftedCurve& curve, const Likelihood& at, const NewtonStep& step,
                   double fraction) {
  return {curve.origin, curve.level + fraction * (step.level - step.slope * at.centre),
          curve.slope + fraction * step.slope};
}

/// Newton's method, each step halved until l* grows.
/// @returns nothing if it gets lost where the information all but vanishes
std::optional<ShiftedCurve> climb(std::span<const Observation> data, const ShiftedCurve& start) {
  constexpr int kMostSteps = 500;
  constexpr int kMostHalvings = 60;
  // The next step would end at the square of this distance, beyond double precision.
  constexpr double kSettled = 1e-16;
  ShiftedCurve curve = start;
  Likelihood at = evaluate(data, curve);
  for (int n = 0; n < kMostSteps; ++n) {
    const NewtonStep step = newton_step(at);
    if (step.exact && step.decrement < kSettled) return moved(curve, at, step, 1.0);
    double fraction = 1.0;
    Likelihood next;
    for (int halving = 0; halving < kMostHalvings; ++halving, fraction *= 0.5) {
      next = evaluate(data, moved(curve, at, step, fraction));
      if (next.value > at.value) break;
    }
    if (!(next.value > at.value)) {
      // The rest is lost in the rounding of l*, unless it is of a size that should have shown.
      const bool settled = step.exact && step.decrement < 1e-13 * (1.0 + std::abs(at.value));
      return settled ? std::optional(moved(curve, at, step, 1.0)) : std::nullopt;
    }
    curve = moved(curve, at, step, fraction);
    at = next;
  }
  return std::nullopt;
}

/// Index of the depth after which failure steps up or down: there the failures so far are farthest
/// from their share of the runs so far.
std::size_t depth_before_step(std::span<const Observation> data, const TotalCount& total) {
  const double share = static_cast<double>(total.failed) / static_cast<double>(total.runs);
  std::size_t step = 0;
  double farthest = -1.0;
  double excess = 0.0;
  for (std::size_t d = 0; d + 1 < data.size(); ++d) {
    excess += data[d].failed - share * data[d].runs;
    if (std::abs(excess) <= farthest) continue;
    farthest = std::abs(excess);
    step = d;
  }
  return step;
}

/// Indices of depths whose pairs are worth a curve: all if they are few, else two on either side of
/// the step and some spread evenly from end to end. All pairs of many depths, each compared with
/// all data, would take the cube of their number.
std::vector<std::size_t> telling_depths(std::span<const Observation> data,
                                        const TotalCount& total) {
  constexpr std::size_t kAround = 4;
  constexpr std::size_t kSpread = 8;
  std::set<std::size_t> chosen;
  if (data.size() <= kAround + kSpread) {
    for (std::size_t d = 0; d < data.size(); ++d)
      chosen.insert(d);
  } else {
    for (std::size_t n = 0; n < kSpread; ++n)
      chosen.insert(n * (data.size() - 1) / (kSpread - 1));
    const std::size_t step = depth_before_step(data, total);
    const std::size_t first = std::clamp<std::size_t>(step, 1, data.size() - kAround + 1) - 1;
    for (std::size_t d = first; d < first + kAround; ++d)
      chosen.insert(d);
  }
  return {chosen.begin(), chosen.end()};
}

/// Curves to climb from. l* can have several maxima: its penalty is the logarithm of a sum over
/// pairs of depths, and each pair has a curve that leaves both of them uncertain. So the curves
/// through the data of any two of the telling depths are tried, and the best few are returned, with
/// the best level one. (In 5 of 16,000 random designs of 13 to 40 depths, all of them scatter with
/// a run or two at a depth, all pairs of depths led to a greater maximum; in 2 to a smaller one.)
std::vector<ShiftedCurve> promising_curves(std::span<const Observation> data,
                                           const TotalCount& total) {
  constexpr std::size_t kMost = 6;
  std::vector<std::pair<double, ShiftedCurve>> candidates;
  const auto logit = [](const Observation& at) {
    return std::log((at.failed + 0.5) / (at.runs - at.failed + 0.5));
  };
  const std::vector<std::size_t> chosen = telling_depths(data, total);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    for (std::size_t j = i + 1; j < chosen.size(); ++j) {
      const Observation& a = data[chosen[i]];
      const Observation& b = data[chosen[j]];
      const ShiftedCurve curve{a.depth, logit(a), (logit(b) - logit(a)) / (b.depth - a.depth)};
      candidates.emplace_back(evaluate(data, curve).value, curve);
    }
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<ShiftedCurve> curves = {{data.front().depth, best_level(total), 0.0}};
  for (const auto& [value, curve] : candidates) {
    if (curves.size() <= kMost && std::isfinite(value)) curves.push_back(curve);
  }
  return curves;
}

}  // namespace

FirthFit fit_firth_logistic(std::span<const DepthCount> counts) {
  const TotalCount total = total_count(counts);
  check_depths(total);
  const std::vector<Observation> data = observations(counts);
  FirthFit best;
  for (const ShiftedCurve& start : promising_curves(data, total)) {
    const std::optional<ShiftedCurve> curve = climb(data, start);
    if (!curve) continue;
    const double value = evaluate(data, *curve).value;
    if (std::isfinite(value) && !(value <= best.penalised_log_likelihood)) {
      best = {{curve->level - curve->slope * curve->origin, curve->slope},
              curve->origin - curve->level / curve->slope,
              value};
    }
  }
  return best;
}

FirthFit fit_rising_curve(std::span<const DepthCount> counts) {
  FirthFit fit = fit_firth_logistic(counts);
  if (!fit.settled() || fit.curve.slope > 0.0) return fit;
  const TotalCount total = total_count(counts);
  if (total.failed > 0 && total.failed < total.runs) {
    fit.depth50 = std::numeric_limits<double>::quiet_NaN();
    return fit;
  }
  const ShiftedCurve level{.level = best_level(total)};
  return {{level.level, 0.0},
          total.failed == 0 ? kInfinity : -kInfinity,
          evaluate(observations(counts), level).value};
}

double profile_penalised_log_likelihood(std::span<const DepthCount> counts, double depth50) {
  check_depths(total_count(counts));
  const std::vector<Observation> data = observations(counts);
  const auto at_slope = [&](double slope) { return evaluate(data, {depth50, 0.0, slope}); };
  const auto derivative = [&](double slope) { return at_slope(slope).gradient_about_origin(); };
  // Every maximum counts (see promising_curves): slopes are tried from one that is level over all
  // depths, each twice the last, to where the information vanishes.
  constexpr double kLevel = 1e-3;
  double best = at_slope(0.0).value;
  double low = 0.0;
  double at_low = derivative(low);
  double high =
      kLevel / (data.back().depth - data.front().depth + std::abs(data.front().depth - depth50));
  for (;; high *= 2.0) {
    const Likelihood at = at_slope(high);
    if (!std::isfinite(at.value)) break;
    const double at_high = at.gradient_about_origin();
    if (at_low > 0.0 && at_high <= 0.0) {
      std::uintmax_t most_steps = 200;
      const auto [below, above] = boost::math::tools::toms748_solve(
          derivative, low, high, at_low, at_high, boost::math::tools::eps_tolerance<double>(50),
          most_steps);
      best = std::max(best, at_slope(0.5 * (below + above)).value);
    }
    low = high;
    at_low = at_high;
  }
  return best;
}

}  // namespace vnsweep
