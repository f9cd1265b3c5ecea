#pragma once

#include <cstdint>
#include <vector>

#include "host/stats/two_samples.hpp"

namespace vnsweep {

/// Probabilities of consecutive integers, which sum to 1. Those below 1e-308 of the greatest are
/// 0, so that a p value made of them is too.
struct IntegerDistribution {
  std::int64_t least = 0;           ///< the integer of probability[0]
  std::vector<double> probability;  ///< (values), at least one

  /// Probability of all values that are at most as likely as `observed`: the two-sided p value of
  /// an exact test. Values that are as likely but for rounding count (relative 1e-7, as in R).
  /// @throws std::invalid_argument if `observed` is not among the values
  double p_value(std::int64_t observed) const;
};

/// Failures of the first sample, given how many failed in both together, if both are equally
/// likely to fail: hypergeometric.
IntegerDistribution failures_of_first(const TwoSamples& samples);

/// `step` times the sum of `count` signs that are + or - with probability 1/2 each.
/// @param count  not negative  @param step  positive
IntegerDistribution sum_of_signs(std::int64_t count, std::int64_t step);

/// Of the sum of two independent values. Takes time in proportion to the product of the lengths.
IntegerDistribution sum_of(const IntegerDistribution& a, const IntegerDistribution& b);

}  // namespace vnsweep
