#include "host/stats/seed_bootstrap.hpp"

#include <xxhash.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "host/stats/firth_logistic.hpp"
#include "kernels/math/philox.hpp"

namespace vnsweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Outcomes of one seed at each depth; many seeds share a row.
struct Row {
  std::vector<std::int64_t> failed;  ///< (depths)
  std::vector<std::int64_t> runs;    ///< (depths)
  bool operator<(const Row& other) const {
    return std::tie(failed, runs) < std::tie(other.failed, other.runs);
  }
};

/// Seeds in ascending order, each by its row among the distinct ones.
struct SeedRows {
  std::vector<DepthCount> counts;  ///< over all seeds
  std::vector<Row> distinct;
  std::vector<std::size_t> row_of;  ///< (seeds) index into `distinct`
};

SeedRows rows_of_seeds(std::span<const Outcome> outcomes) {
  SeedRows rows{.counts = count_by_depth(outcomes)};
  const std::size_t depths = rows.counts.size();
  std::map<std::int64_t, Row> by_seed;
  for (const Outcome& outcome : outcomes) {
    const auto at =
        std::lower_bound(rows.counts.begin(), rows.counts.end(), outcome.depth,
                         [](const DepthCount& count, double depth) { return count.depth < depth; });
    const auto d = static_cast<std::size_t>(at - rows.counts.begin());
    Row& row = by_seed
                   .try_emplace(outcome.seed, Row{std::vector<std::int64_t>(depths),
                                                  std::vector<std::int64_t>(depths)})
                   .first->second;
    ++row.runs[d];
    if (outcome.failed) ++row.failed[d];
  }
  std::map<Row, std::size_t> index_of;
  for (const auto& [seed, row] : by_seed) {
    const auto [at, is_new] = index_of.try_emplace(row, rows.distinct.size());
    if (is_new) rows.distinct.push_back(row);
    rows.row_of.push_back(at->second);
  }
  return rows;
}

/// Counts by depth of as many seeds as there are, drawn with replacement. Draw e is element e of
/// the sequence; scaling a 32-bit word to the seeds is uneven by less than seeds / 2^32.
std::vector<DepthCount> resample(const SeedRows& rows, const RandomSequence& sequence) {
  const std::size_t seeds = rows.row_of.size();
  std::vector<std::int64_t> times(rows.distinct.size(), 0);
  for (std::size_t e = 0; e < seeds; e += 4) {
    const auto words = sequence.block(e / 4);
    for (std::size_t lane = 0; lane < std::min<std::size_t>(4, seeds - e); ++lane) {
      ++times[rows.row_of[(words[lane] * static_cast<std::uint64_t>(seeds)) >> 32]];
    }
  }
  std::vector<DepthCount> counts = rows.counts;
  for (std::size_t d = 0; d < counts.size(); ++d) {
    counts[d].failed = 0;
    counts[d].runs = 0;
    for (std::size_t r = 0; r < times.size(); ++r) {
      counts[d].failed += times[r] * rows.distinct[r].failed[d];
      counts[d].runs += times[r] * rows.distinct[r].runs[d];
    }
  }
  return counts;
}

/// Crossings of the resamples: NaN if the curve does not rise, its fit did not settle or it has a
/// single depth.
struct Crossings {
  std::vector<double> depths;
  std::int64_t unsettled = 0;

  void add(std::span<const DepthCount> counts) {
    FirthFit fit;
    if (total_count(counts).depths >= 2) {
      fit = fit_rising_curve(counts);
      if (!fit.settled()) ++unsettled;
    }
    depths.push_back(fit.depth50);
  }
};

/// Ends of the interval among resampled crossings, infinite ones included.
struct Ends {
  double low = -kInfinity;
  double high = kInfinity;
};

/// @param crossings  NaN counts as before the lower end and as beyond the upper one
Ends percentiles(const std::vector<double>& crossings, std::size_t seeds, double confidence) {
  if (seeds < 2) return {};
  const auto n = static_cast<double>(seeds);
  const double t = boost::math::quantile(boost::math::students_t(n - 1.0), 0.5 - confidence / 2.0);
  const double tail = boost::math::cdf(boost::math::normal(), t * std::sqrt(n / (n - 1.0)));
  // Ranks from 1 to B of B resamples; a rank of 0 is beyond them.
  const auto rank =
      static_cast<std::size_t>(std::floor(tail * (static_cast<double>(crossings.size()) + 1.0)));
  if (rank == 0) return {};
  const auto with_nan_as = [&](double stand_in) {
    std::vector<double> sorted = crossings;
    std::replace_if(
        sorted.begin(), sorted.end(), [](double value) { return std::isnan(value); }, stand_in);
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  };
  return {with_nan_as(-kInfinity)[rank - 1], with_nan_as(kInfinity)[crossings.size() - rank]};
}

}  // namespace

std::uint64_t resampling_key(std::span<const Outcome> outcomes) {
  std::vector<Outcome> sorted(outcomes.begin(), outcomes.end());
  std::sort(sorted.begin(), sorted.end());
  XXH64_hash_t hash = 0;
  for (const Outcome& outcome : sorted) {
    const double fields[] = {outcome.depth, outcome.failed ? 1.0 : 0.0};
    hash = XXH3_64bits_withSeed(&outcome.seed, sizeof outcome.seed, hash);
    hash = XXH3_64bits_withSeed(fields, sizeof fields, hash);
  }
  return hash;
}

Depth50 depth50_over_seeds(std::span<const Outcome> outcomes, double confidence,
                           const Resampling& resampling) {
  if (resampling.resamples < 1 || resampling.resamples > kMostResamples) {
    throw std::invalid_argument("depth50_over_seeds: resamples must be between 1 and 10^6");
  }
  const SeedRows rows = rows_of_seeds(outcomes);
  Depth50 result = depth50_by_profile(rows.counts, confidence);
  if (result.crossing == Crossing::none || result.crossing == Crossing::unsettled) return result;

  Crossings crossings;
  for (std::int64_t b = 0; b < resampling.resamples; ++b) {
    const RandomSequence sequence{.run_key = resampling.key,
                                  .tensor = static_cast<std::uint32_t>(b),
                                  .stream = Stream::resampling};
    crossings.add(resample(rows, sequence));
  }
  result.unsettled_resamples = crossings.unsettled;
  const Ends ends = percentiles(crossings.depths, rows.row_of.size(), confidence);
  const DepthRange range = measured_range(rows.counts);
  if (result.ci_low) {
    *result.ci_low = std::min(*result.ci_low, ends.low);
    if (*result.ci_low <= range.shallowest) result.ci_low.reset();
  }
  if (result.ci_high) {
    *result.ci_high = std::max(*result.ci_high, ends.high);
    if (*result.ci_high >= range.deepest) result.ci_high.reset();
  }
  return result;
}

}  // namespace vnsweep
