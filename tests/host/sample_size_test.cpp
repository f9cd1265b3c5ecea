#include "host/stats/sample_size.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/stats/interval.hpp"

namespace vnsweep {
namespace {

TEST(SampleSizeTest, EveryCellStartsWithTheLeast) {
  const PrecisionGoal goal{.least = 20, .most = 1000, .halfwidth = 0.05};

  EXPECT_EQ(trials_wanted(goal, 0, 0, 0), 20);
}

TEST(SampleSizeTest, ACellWithoutFailuresEndsWhenItsWilsonIntervalIsNarrow) {
  // By hand: without failures the interval is [0, z^2 / (n + z^2)], z^2 = 3.841459, so its
  // half-width is 0.08058 for n = 20 and 0.04382 for n = 40.
  const PrecisionGoal goal{.least = 20, .most = 1000, .halfwidth = 0.05};

  EXPECT_GT(trials_wanted(goal, 20, 0, 20), 20);
  EXPECT_EQ(trials_wanted(goal, 40, 0, 40), 40);
}

TEST(SampleSizeTest, StagesGrowByATenthToAFactorOfTwoAndEndAtTheMost) {
  const PrecisionGoal goal{.least = 20, .most = 390, .halfwidth = 0.05};

  EXPECT_EQ(trials_wanted(goal, 20, 10, 20), 40);
  // Half-widths by statsmodels 0.13.5: 0.0507 for 185 of 370, 0.0494 for 195 of 390.
  EXPECT_EQ(trials_wanted(goal, 370, 185, 370), 390);
  EXPECT_EQ(trials_wanted(goal, 390, 195, 390), 390);
}

TEST(SampleSizeTest, TheFinalSizeIsNearTheFormulaForAFixedSample) {
  // n = z^2 p (1 - p) / h^2 is 384 for p = 1/2, h = 0.05.
  const PrecisionGoal goal{.least = 10, .most = 100'000, .halfwidth = 0.05};
  std::int64_t trials = 0;
  while (true) {
    const std::int64_t next = trials_wanted(goal, trials, trials / 2, trials);
    if (next == trials) break;
    trials = next;
  }

  EXPECT_NEAR(static_cast<double>(trials), 384.0, 20.0);
}

TEST(SampleSizeTest, ACellWhoseRunsAllErroredGoesOn) {
  const PrecisionGoal goal{.least = 10, .most = 15, .halfwidth = 0.05};

  EXPECT_EQ(trials_wanted(goal, 10, 0, 0), 15);
  EXPECT_EQ(trials_wanted(goal, 15, 0, 0), 15);
}

/// Share of simulated cells whose interval, when the cell ends, covers the true probability.
double coverage(const PrecisionGoal& goal, double probability) {
  constexpr int kCells = 4000;
  std::mt19937_64 generator(7);
  int covered = 0;
  for (int cell = 0; cell < kCells; ++cell) {
    std::int64_t trials = 0;
    std::int64_t failures = 0;
    while (true) {
      const std::int64_t next = trials_wanted(goal, trials, failures, trials);
      if (next == trials) break;
      failures += std::binomial_distribution<std::int64_t>(next - trials, probability)(generator);
      trials = next;
    }
    const Interval interval = binomial_interval(IntervalMethod::wilson, failures, trials, 0.95);
    covered += interval.low <= probability && probability <= interval.high ? 1 : 0;
  }
  return static_cast<double>(covered) / kCells;
}

TEST(SampleSizeTest, IntervalsOfCellsThatEndByWidthStillCoverTheTruth) {
  // One standard error of a simulated coverage of 0.95 is 0.0034. Wilson's own coverage with fixed
  // samples swings by some 0.02 about its nominal value.
  const PrecisionGoal goal{.least = 20, .most = 1000, .halfwidth = 0.06};

  for (const double probability : {0.02, 0.05, 0.1, 0.3, 0.5, 0.8, 0.97}) {
    EXPECT_GT(coverage(goal, probability), 0.93) << probability;
  }
}

}  // namespace
}  // namespace vnsweep
