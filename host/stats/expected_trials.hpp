#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "host/stats/sample_size.hpp"

namespace vnsweep {

/// Expected number of trials of a cell whose trials are added by trials_wanted().
class ExpectedTrials {
 public:
  explicit ExpectedTrials(const PrecisionGoal& goal) : goal_(goal) {}

  /// @param p  the cell's probability of failure, in [0, 1]
  double operator()(double p);

 private:
  std::int64_t wanted(std::int64_t trials, std::int64_t failures);

  PrecisionGoal goal_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> wanted_;
};

/// How probabilities of failure spread over cells: a beta distribution.
struct BetaSpread {
  double a = 1.0;
  double b = 1.0;
};

/// Spread of p over cells, from two trials of each by the method of moments for the beta-binomial
/// distribution: with m = E[p], two trials disagree with probability 2 m (1 - m) (a + b) /
/// (a + b + 1). One pair is added as if p were spread evenly, so that no spread is infinitely wide.
/// @param failures  of the two trials of each cell: 0, 1 or 2
BetaSpread spread_of_pairs(std::span<const int> failures);

/// Cost of all trials that cells end up with, over that of their first ones: E[n (p F + (1 - p) S)]
/// over goal.least E[p F + (1 - p) S], p spread as given. Exact for sequential trials: their
/// failures are p E[n] (Wald).
/// @param cost_of_failure  F, mean cost of a trial that fails; any unit
/// @param cost_of_success  S, in the same unit
double expected_growth(const PrecisionGoal& goal, const BetaSpread& spread, double cost_of_failure,
                       double cost_of_success);

/// An expected_growth() and its standard error.
struct GrowthEstimate {
  double value = 0.0;
  double error = 0.0;
};

/// expected_growth() with the spread of these pairs. Its error is the jackknife's: how it changes
/// as one pair after the other is left out. Costs are taken to be exact.
/// @param failures  of the two trials of each cell: 0, 1 or 2
GrowthEstimate growth_of_pairs(const PrecisionGoal& goal, std::span<const int> failures,
                               double cost_of_failure, double cost_of_success);

}  // namespace vnsweep
