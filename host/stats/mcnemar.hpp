#pragma once

#include <span>

#include "host/stats/pooled_test.hpp"
#include "host/stats/two_samples.hpp"

namespace vnsweep {

/// Two-sided p value of McNemar's exact test on pairs that are independent of each other: of those
/// that ended differently, either member is as likely to be the one that failed (McNemar 1947;
/// binomial with probability 1/2). 1 without such pairs, NaN without any.
/// @throws std::invalid_argument if a count is impossible
double mcnemar(const PairCounts& pairs);

/// The same where pairs fall into groups, within which they may depend on one another in whatever
/// way: if nothing differs, first and second can be exchanged in a whole group, which turns the
/// sign of its sum. The p value is that of the total among all choices of signs (Fisher 1935, "The
/// design of experiments", section 21). Equal to mcnemar() where each group is one pair.
PooledTest mcnemar_by_group(std::span<const PairGroup> groups);

}  // namespace vnsweep
