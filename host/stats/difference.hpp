#pragma once

#include <limits>
#include <span>

#include "host/stats/interval.hpp"
#include "host/stats/two_samples.hpp"

namespace vnsweep {

/// Of two probabilities, second minus first.
struct Difference {
  double value = std::numeric_limits<double>::quiet_NaN();  ///< NaN: not known
  Interval interval = {-1.0, 1.0};
};

/// Shares of failed runs of independent samples; interval by Newcombe's hybrid score method, from
/// the Wilson intervals of both (Newcombe 1998, Statistics in Medicine 17:873, method 10). Not
/// known where a sample has no runs.
/// @param confidence  in (0, 1)
/// @throws std::invalid_argument if a count or the confidence is impossible
Difference newcombe_independent(const TwoSamples& samples, double confidence);

/// The same of pairs: from the two Wilson intervals and the correlation of the pairs' outcomes,
/// corrected for continuity where it is positive (Newcombe 1998, Statistics in Medicine 17:2635,
/// method 10). Not known without pairs.
Difference newcombe_paired(const PairCounts& pairs, double confidence);

/// Difference of one stratum, and what it counts in a mean.
struct WeightedDifference {
  Difference difference;
  double weight = 0.0;  ///< not negative
};

/// Weighted mean of the differences of independent strata. Its interval adds the squares of the
/// distances from the estimates to their intervals' ends (MOVER: Zou, Huang & Zhang 2009,
/// Computational Statistics & Data Analysis 53:1080), and so has a width where no run failed.
/// Strata whose difference is not known count nothing; not known without weight.
Difference mean_difference(std::span<const WeightedDifference> strata);

/// Interval of the mean difference of all pairs, where only their groups are independent: from the
/// spread of the groups (cluster-robust variance, Liang & Zeger 1986; Student's t with groups - 1
/// degrees of freedom). [-1, 1] with fewer than two groups; without a width where groups agree.
Interval grouped_interval(std::span<const PairGroup> groups, double confidence);

}  // namespace vnsweep
