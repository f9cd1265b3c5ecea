#include "host/stats/difference.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace vnsweep {
namespace {

/// Share of failures of one side, and how far its Wilson interval reaches down and up.
struct Reach {
  double share = 0.0;
  double down = 0.0;
  double up = 0.0;
};

Reach wilson_reach(std::int64_t failed, std::int64_t runs, double confidence) {
  const Interval interval = binomial_interval(IntervalMethod::wilson, failed, runs, confidence);
  const double share = static_cast<double>(failed) / static_cast<double>(runs);
  return {share, share - interval.low, interval.high - share};
}

/// @param correlation  of the two shares; 0 if they are independent
Difference square_and_add(const Reach& first, const Reach& second, double correlation) {
  const auto reach = [correlation](double a, double b) {
    // Not negative but for rounding.
    return std::sqrt(std::max(0.0, a * a - 2.0 * correlation * a * b + b * b));
  };
  const double value = second.share - first.share;
  return {value,
          {std::max(-1.0, value - reach(second.down, first.up)),
           std::min(1.0, value + reach(second.up, first.down))}};
}

/// Of the outcomes within pairs, moved towards 0 by half a pair where it is positive.
double phi(const PairCounts& pairs) {
  const auto both = static_cast<double>(pairs.both);
  const auto first_only = static_cast<double>(pairs.first_only);
  const auto second_only = static_cast<double>(pairs.second_only);
  const auto neither = static_cast<double>(pairs.neither);
  const double margins =
      (both + first_only) * (second_only + neither) * (both + second_only) * (first_only + neither);
  if (margins == 0.0) return 0.0;
  const double covariance = both * neither - first_only * second_only;
  const double corrected =
      covariance > 0.0 ? std::max(0.0, covariance - static_cast<double>(pairs.pairs()) / 2.0)
                       : covariance;
  return corrected / std::sqrt(margins);
}

}  // namespace

Difference newcombe_independent(const TwoSamples& samples, double confidence) {
  check_counts(samples);
  if (samples.first.runs == 0 || samples.second.runs == 0) return {};
  return square_and_add(wilson_reach(samples.first.failed, samples.first.runs, confidence),
                        wilson_reach(samples.second.failed, samples.second.runs, confidence), 0.0);
}

Difference newcombe_paired(const PairCounts& pairs, double confidence) {
  check_counts(pairs);
  const std::int64_t count = pairs.pairs();
  if (count == 0) return {};
  return square_and_add(wilson_reach(pairs.both + pairs.first_only, count, confidence),
                        wilson_reach(pairs.both + pairs.second_only, count, confidence),
                        phi(pairs));
}

Difference mean_difference(std::span<const WeightedDifference> strata) {
  double weight = 0.0;
  double sum = 0.0;
  double down = 0.0;
  double up = 0.0;
  for (const WeightedDifference& stratum : strata) {
    const Difference& difference = stratum.difference;
    if (std::isnan(difference.value)) continue;
    weight += stratum.weight;
    sum += stratum.weight * difference.value;
    down += std::pow(stratum.weight * (difference.value - difference.interval.low), 2);
    up += std::pow(stratum.weight * (difference.interval.high - difference.value), 2);
  }
  if (weight == 0.0) return {};
  const double value = sum / weight;
  return {value,
          {std::max(-1.0, value - std::sqrt(down) / weight),
           std::min(1.0, value + std::sqrt(up) / weight)}};
}

Interval grouped_interval(std::span<const PairGroup> groups, double confidence) {
  double sum = 0.0;
  double pairs = 0.0;
  for (const PairGroup& group : groups) {
    sum += static_cast<double>(group.sum);
    pairs += static_cast<double>(group.pairs);
  }
  if (groups.size() < 2 || pairs == 0.0) return {-1.0, 1.0};
  const double mean = sum / pairs;
  double squares = 0.0;
  for (const PairGroup& group : groups)
    squares +=
        std::pow(static_cast<double>(group.sum) - mean * static_cast<double>(group.pairs), 2);
  const auto count = static_cast<double>(groups.size());
  const double t =
      boost::math::quantile(boost::math::students_t(count - 1.0), 0.5 + confidence / 2.0);
  const double reach = t * std::sqrt(squares * count / (count - 1.0)) / pairs;
  return {std::max(-1.0, mean - reach), std::min(1.0, mean + reach)};
}

}  // namespace vnsweep
