#include "host/stats/mcnemar.hpp"

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>

#include "host/stats/integer_distribution.hpp"

namespace vnsweep {
namespace {

using GroupsBySize = std::map<std::int64_t, std::int64_t>;  // absolute sum: number of groups

std::int64_t exact_work(const GroupsBySize& groups) {
  std::int64_t length = 1;
  std::int64_t work = 0;
  for (const auto& [size, count] : groups) {
    if (size > kMostExactWork / count) return kMostExactWork + 1;
    // Of the values of these groups' sum only every other step is possible, and costs anything.
    if (count + 1 > kMostExactWork / length) return kMostExactWork + 1;
    work += length * (count + 1);
    length += 2 * size * count;
  }
  return work + length;
}

}  // namespace

double mcnemar(const PairCounts& pairs) {
  check_counts(pairs);
  if (pairs.pairs() == 0) return std::numeric_limits<double>::quiet_NaN();
  return sum_of_signs(pairs.first_only + pairs.second_only, 1)
      .p_value(pairs.second_only - pairs.first_only);
}

PooledTest mcnemar_by_group(std::span<const PairGroup> groups) {
  GroupsBySize by_size;
  std::int64_t total = 0;
  std::int64_t divisor = 0;
  double variance = 0.0;
  for (const auto& [sum, pairs] : groups) {
    total += sum;
    if (sum == 0) continue;
    ++by_size[std::abs(sum)];
    divisor = std::gcd(divisor, sum);
    variance += static_cast<double>(sum) * static_cast<double>(sum);
  }
  if (exact_work(by_size) > kMostExactWork) {
    // A changed sign moves the total by twice a group's sum.
    return {normal_p_value(static_cast<double>(total), variance, static_cast<double>(divisor)),
            false};
  }
  IntegerDistribution distribution{0, {1.0}};
  for (const auto& [size, count] : by_size)
    distribution = sum_of(sum_of_signs(count, size), distribution);
  return {distribution.p_value(total), true};
}

}  // namespace vnsweep
