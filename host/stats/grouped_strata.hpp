#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "host/stats/difference.hpp"
#include "host/stats/pooled_test.hpp"

namespace vnsweep {

/// A run of two samples in strata, where runs of one group may depend on one another, in whatever
/// stratum and sample.
struct StratifiedRun {
  std::size_t stratum = 0;
  std::uint64_t group = 0;
  bool is_second = false;  ///< sample
  bool failed = false;
};

/// mantel_haenszel() for runs of which only groups are independent:
///   z = sum_g U_g / sqrt(sum_g U_g^2),  U_g = sum over the runs of group g of (t - tbar)(x - p),
/// t = 1 in the second sample, else 0; tbar and p are the means of t and of failures x in the run's
/// stratum. Source: generalized score test of a common log odds ratio with working independence
/// (Boos 1992; Rotnitzky & Jewell 1990). Strata that lack a sample add nothing.
/// @returns nothing with fewer than two groups that say something
std::optional<PooledTest> mantel_haenszel_by_group(std::span<const StratifiedRun> runs);

/// Interval of the mean of the strata's differences, weighted by n_1 n_2 / (n_1 + n_2): from the
/// spread of the groups (cluster-robust variance, Liang & Zeger 1986; Student's t with groups - 1
/// degrees of freedom). [-1, 1] with fewer than two groups; without a width where groups agree.
Interval grouped_interval(std::span<const StratifiedRun> runs, double confidence);

}  // namespace vnsweep
