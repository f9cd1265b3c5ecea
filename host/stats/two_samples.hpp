#pragma once

#include <cstdint>

namespace vnsweep {

/// Runs of one configuration and how many of them failed.
struct FailureCount {
  std::int64_t failed = 0;
  std::int64_t runs = 0;

  double share() const;  ///< NaN without runs
};

/// Runs of two configurations, independent of each other: a table of two by two.
/// Differences are second minus first throughout.
struct TwoSamples {
  FailureCount first;
  FailureCount second;
};

/// Runs of two configurations in pairs that share random numbers, by which of the two failed.
struct PairCounts {
  std::int64_t both = 0;
  std::int64_t first_only = 0;
  std::int64_t second_only = 0;
  std::int64_t neither = 0;

  std::int64_t pairs() const { return both + first_only + second_only + neither; }
};

/// Pairs that depend on one another: they have random numbers in common beyond those of each pair.
struct PairGroup {
  std::int64_t sum = 0;  ///< pairs of which the second alone failed minus those of the first alone
  std::int64_t pairs = 0;
};

/// @throws std::invalid_argument if a count is negative or there are more failures than runs
void check_counts(const TwoSamples& samples);
/// @throws std::invalid_argument if a count is negative
void check_counts(const PairCounts& pairs);

}  // namespace vnsweep
