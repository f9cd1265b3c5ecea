#include "host/stats/trend.hpp"

#include <cmath>
#include <map>

namespace vnsweep {
namespace {

Trend two_sided(double z) {
  return {z, std::erfc(std::abs(z) / std::sqrt(2.0))};
}

/// What both tests share: overall probability of failure and mean depth of the runs.
struct Pooled {
  double p_fail = 0.0;
  double mean_depth = 0.0;
};

std::optional<Pooled> pool(std::span<const DepthCount> counts) {
  const TotalCount total = total_count(counts);
  if (total.depths < 2 || total.failed == 0 || total.failed == total.runs) return std::nullopt;
  const auto runs = static_cast<double>(total.runs);
  Pooled pooled{.p_fail = static_cast<double>(total.failed) / runs};
  for (const DepthCount& count : counts)
    pooled.mean_depth += count.depth * (static_cast<double>(count.runs) / runs);
  return pooled;
}

}  // namespace

std::optional<Trend> cochran_armitage(std::span<const DepthCount> counts) {
  const std::optional<Pooled> pooled = pool(counts);
  if (!pooled) return std::nullopt;
  double statistic = 0.0;
  double spread = 0.0;
  for (const DepthCount& count : counts) {
    const double score = count.depth - pooled->mean_depth;
    const auto runs = static_cast<double>(count.runs);
    statistic += score * (static_cast<double>(count.failed) - runs * pooled->p_fail);
    spread += runs * score * score;
  }
  return two_sided(statistic / std::sqrt(pooled->p_fail * (1.0 - pooled->p_fail) * spread));
}

std::optional<Trend> cochran_armitage_by_seed(std::span<const Outcome> outcomes) {
  const std::optional<Pooled> pooled = pool(count_by_depth(outcomes));
  if (!pooled) return std::nullopt;
  std::map<std::int64_t, double> contributions;  // U_s of each seed
  double sum_of_squares = 0.0;                   // of the terms, to tell rounding from a variance
  for (const Outcome& outcome : outcomes) {
    const double residual = (outcome.failed ? 1.0 : 0.0) - pooled->p_fail;
    const double term = (outcome.depth - pooled->mean_depth) * residual;
    contributions[outcome.seed] += term;
    sum_of_squares += term * term;
  }
  double statistic = 0.0;
  double variance = 0.0;
  for (const auto& [seed, contribution] : contributions) {
    statistic += contribution;
    variance += contribution * contribution;
  }
  // Where the terms of every seed cancel, only rounding is left of them.
  constexpr double kRounding = 1e-20;
  if (contributions.size() < 2 || variance <= kRounding * sum_of_squares) return std::nullopt;
  return two_sided(statistic / std::sqrt(variance));
}

}  // namespace vnsweep
