#include "host/stats/depth50.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "host/stats/firth_logistic.hpp"

namespace vnsweep {
namespace {

/// Loss of penalised likelihood at a depth, less what the interval allows: <= 0 inside.
using Excess = std::function<double(double)>;

/// Depth at the end of the interval, from a depth inside it towards `limit`, which is outside. The
/// profile can have more than one minimum, so the end nearest to the limit is taken.
double interval_end(const Excess& excess, double inside, double limit) {
  // A gap in the interval, or a part of it, that is narrower is overlooked.
  constexpr int kParts = 64;
  double outside = limit;
  for (int part = 1; part < kParts; ++part) {
    const double depth = limit + (inside - limit) * part / kParts;
    if (excess(depth) <= 0.0) {
      inside = depth;
      break;
    }
    outside = depth;
  }
  std::uintmax_t most_steps = 200;
  const auto [below, above] = boost::math::tools::toms748_solve(
      excess, std::min(inside, outside), std::max(inside, outside),
      boost::math::tools::eps_tolerance<double>(48), most_steps);
  return 0.5 * (below + above);
}

}  // namespace

std::string_view to_string(Crossing crossing) {
  switch (crossing) {
    case Crossing::within:
      return "within";
    case Crossing::deeper:
      return "deeper";
    case Crossing::shallower:
      return "shallower";
    case Crossing::unsettled:
      return "unsettled";
    case Crossing::none:
      break;
  }
  return "none";
}

DepthRange measured_range(std::span<const DepthCount> counts) {
  const auto has_runs = [](const DepthCount& count) { return count.runs > 0; };
  const auto first = std::find_if(counts.begin(), counts.end(), has_runs);
  const auto last = std::find_if(counts.rbegin(), counts.rend(), has_runs);
  if (first == counts.end()) throw std::invalid_argument("measured_range: no depth has runs");
  return {first->depth, last->depth};
}

Depth50 place_crossing(double depth50, const DepthRange& range) {
  if (std::isnan(depth50)) return {.crossing = Crossing::none};
  if (depth50 > range.deepest) return {.crossing = Crossing::deeper};
  if (depth50 < range.shallowest) return {.crossing = Crossing::shallower};
  return {.crossing = Crossing::within, .estimate = depth50};
}

Depth50 depth50_by_profile(std::span<const DepthCount> counts, double confidence) {
  if (!(confidence > 0.0 && confidence < 1.0)) {
    throw std::invalid_argument("depth50: confidence must be between 0 and 1");
  }
  if (total_count(counts).depths < 2) return {};
  const DepthRange range = measured_range(counts);
  const FirthFit fit = fit_rising_curve(counts);
  if (!fit.settled()) return {.crossing = Crossing::unsettled};
  Depth50 result = place_crossing(fit.depth50, range);
  if (result.crossing == Crossing::none) return result;

  const double allowed = 0.5 * boost::math::quantile(boost::math::chi_squared(1.0), confidence);
  const Excess excess = [&](double depth50) {
    return fit.penalised_log_likelihood - profile_penalised_log_likelihood(counts, depth50) -
           allowed;
  };
  // Depths that the data allow reach from the estimate to either side. What is left to find is
  // whether they reach into the measured range, and where they end there.
  const double nearest = std::clamp(fit.depth50, range.shallowest, range.deepest);
  const bool reaches_range = excess(nearest) <= 0.0;
  const auto end_towards = [&](double limit) -> std::optional<double> {
    if (nearest == limit || excess(limit) <= 0.0) return std::nullopt;
    return reaches_range ? interval_end(excess, nearest, limit) : nearest;
  };
  result.ci_low = end_towards(range.shallowest);
  result.ci_high = end_towards(range.deepest);
  return result;
}

}  // namespace vnsweep
