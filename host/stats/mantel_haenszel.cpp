#include "host/stats/mantel_haenszel.hpp"

#include <algorithm>
#include <cstdint>

#include "host/stats/integer_distribution.hpp"

namespace vnsweep {
namespace {

/// Whether its margins leave more than one table.
bool says_something(const TwoSamples& stratum) {
  const std::int64_t failed = stratum.first.failed + stratum.second.failed;
  return stratum.first.runs > 0 && stratum.second.runs > 0 && failed > 0 &&
         failed < stratum.first.runs + stratum.second.runs;
}

/// Numbers of failures of the first sample that the margins allow, but for one.
std::int64_t spread(const TwoSamples& stratum) {
  const std::int64_t failed = stratum.first.failed + stratum.second.failed;
  return std::min(failed, stratum.first.runs) -
         std::max<std::int64_t>(0, failed - stratum.second.runs);
}

std::int64_t exact_work(std::span<const TwoSamples> strata) {
  std::int64_t length = 1;
  std::int64_t work = 0;
  for (const TwoSamples& stratum : strata) {
    if (!says_something(stratum)) continue;
    const std::int64_t values = spread(stratum) + 1;
    if (values > kMostExactWork / length) return kMostExactWork + 1;
    work += length * values;
    length += values - 1;
  }
  return work;
}

}  // namespace

PooledTest mantel_haenszel_by_normal(std::span<const TwoSamples> strata) {
  double sum = 0.0;
  double variance = 0.0;
  for (const TwoSamples& stratum : strata) {
    check_counts(stratum);
    if (!says_something(stratum)) continue;
    const auto first = static_cast<double>(stratum.first.runs);
    const auto second = static_cast<double>(stratum.second.runs);
    const double runs = first + second;
    const auto failed = static_cast<double>(stratum.first.failed + stratum.second.failed);
    sum += static_cast<double>(stratum.first.failed) - first * failed / runs;
    variance += (first / runs) * (second / runs) * failed * ((runs - failed) / (runs - 1.0));
  }
  constexpr double kHalfAFailure = 0.5;
  return {normal_p_value(sum, variance, kHalfAFailure), false};
}

PooledTest mantel_haenszel(std::span<const TwoSamples> strata) {
  for (const TwoSamples& stratum : strata)
    check_counts(stratum);
  if (exact_work(strata) > kMostExactWork) return mantel_haenszel_by_normal(strata);
  IntegerDistribution distribution{0, {1.0}};
  std::int64_t observed = 0;
  for (const TwoSamples& stratum : strata) {
    if (!says_something(stratum)) continue;
    distribution = sum_of(distribution, failures_of_first(stratum));
    observed += stratum.first.failed;
  }
  return {distribution.p_value(observed), true};
}

}  // namespace vnsweep
