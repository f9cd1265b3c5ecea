#include "host/stats/expected_trials.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace vnsweep {
namespace {

constexpr PrecisionGoal kGoal{.least = 20, .most = 80, .halfwidth = 0.1};

TEST(ExpectedTrialsTest, ACellThatNeverFailsEndsAtOnce) {
  // Wilson's half-width without failures is z^2 / (2 (n + z^2)): 0.081 for n = 20.
  ExpectedTrials expected(kGoal);

  EXPECT_NEAR(expected(0.0), 20.0, 1e-6);
  EXPECT_NEAR(expected(1.0), 20.0, 1e-6);
}

TEST(ExpectedTrialsTest, AGoalOutOfReachTakesAllTrials) {
  ExpectedTrials expected({.least = 20, .most = 80, .halfwidth = 1e-4});

  EXPECT_NEAR(expected(0.3), 80.0, 1e-5);
}

TEST(ExpectedTrialsTest, TwoStagesByHand) {
  // Half-widths after two trials: 0.329 with 0 or 2 failures, z^2 / (2 (2 + z^2)); with 1 failure
  // 0.405, z sqrt(1/8 + z^2 / 16) / (1 + z^2 / 2). So the goal of 0.35 makes one pair in
  // 2 p (1 - p) take the third trial.
  ExpectedTrials expected({.least = 2, .most = 3, .halfwidth = 0.35});

  EXPECT_NEAR(expected(0.5), 2.5, 1e-9);
  EXPECT_NEAR(expected(0.1), 2.18, 1e-9);
}

TEST(ExpectedTrialsTest, AgreesWithSimulatedCells) {
  constexpr double kFailure = 0.15;
  constexpr int kCells = 20'000;
  std::mt19937_64 generator(3);
  std::bernoulli_distribution fails(kFailure);
  double total = 0.0;
  for (int cell = 0; cell < kCells; ++cell) {
    std::int64_t trials = 0;
    std::int64_t failures = 0;
    while (true) {
      const std::int64_t next = trials_wanted(kGoal, trials, failures, trials);
      if (next == trials) break;
      for (; trials < next; ++trials)
        failures += fails(generator) ? 1 : 0;
    }
    total += static_cast<double>(trials);
  }
  ExpectedTrials expected(kGoal);

  // The standard deviation of a cell is below 30, so that of the mean is below 0.22.
  EXPECT_NEAR(expected(kFailure), total / kCells, 0.8);
}

TEST(SpreadOfPairsTest, WithoutPairsSpreadsEvenly) {
  const BetaSpread spread = spread_of_pairs({});

  EXPECT_NEAR(spread.a, 1.0, 1e-12);
  EXPECT_NEAR(spread.b, 1.0, 1e-12);
}

TEST(SpreadOfPairsTest, ReproducesTheMeanAndTheDisagreementOfItsPairs) {
  // 299 pairs and the one that is added: mean 1/4, 30 in 300 disagree. A beta distribution's pairs
  // disagree with 2 a b / ((a + b) (a + b + 1)).
  std::vector<int> failures;
  failures.insert(failures.end(), 30, 1);
  failures.insert(failures.end(), 59, 2);
  failures.insert(failures.end(), 210, 0);

  const auto [a, b] = spread_of_pairs(failures);

  EXPECT_NEAR(a / (a + b), 74.5 / 300.0, 1e-12);
  EXPECT_NEAR(2.0 * a * b / ((a + b) * (a + b + 1.0)), (30.0 + 1.0 / 3.0) / 300.0, 1e-12);
}

TEST(SpreadOfPairsTest, PairsThatAllDisagreeAreOfNearlyOneProbability) {
  const auto [a, b] = spread_of_pairs(std::vector<int>(50, 1));

  EXPECT_DOUBLE_EQ(a, b);
  EXPECT_GT(a, 20.0);
}

TEST(ExpectedGrowthTest, IsTheRatioOfTheSizesWhereEveryCellTakesThemAll) {
  const PrecisionGoal goal{.least = 20, .most = 80, .halfwidth = 1e-4};

  EXPECT_NEAR(expected_growth(goal, {.a = 0.3, .b = 0.7}, 5.0, 2.0), 4.0, 1e-4);
}

TEST(ExpectedGrowthTest, TwoStagesByHand) {
  // n = 2 + 2 p (1 - p), p even: E[n] / 2 = 1 + 1/6. With successes that cost nothing,
  // E[n p] / (2 E[p]) = (1 + 2 (1/3 - 1/4)) / 1, the same by symmetry.
  const PrecisionGoal goal{.least = 2, .most = 3, .halfwidth = 0.35};

  EXPECT_NEAR(expected_growth(goal, {}, 1.0, 1.0), 7.0 / 6.0, 1e-4);
  EXPECT_NEAR(expected_growth(goal, {}, 1.0, 0.0), 7.0 / 6.0, 1e-4);
}

TEST(ExpectedGrowthTest, WeighsCellsByWhatTheyCost) {
  // p ~ Beta(1, 2), density 2 (1 - p): E[p] = 1/3, E[p^2] = 1/6, E[p^3] = 1/10. Where only failures
  // cost: (2 E[p] + 2 E[p^2] - 2 E[p^3]) / (2 E[p]) = 1 + (1/6 - 1/10) / (1/3).
  const PrecisionGoal goal{.least = 2, .most = 3, .halfwidth = 0.35};

  EXPECT_NEAR(expected_growth(goal, {.a = 1.0, .b = 2.0}, 1.0, 0.0), 1.2, 1e-3);
}

TEST(GrowthOfPairsTest, IsTheGrowthOfTheirSpread) {
  const PrecisionGoal goal{.least = 20, .most = 60, .halfwidth = 0.1};
  const std::vector<int> failures = {0, 1, 2, 0, 1, 0};

  const GrowthEstimate growth = growth_of_pairs(goal, failures, 2.0, 1.0);

  EXPECT_DOUBLE_EQ(growth.value, expected_growth(goal, spread_of_pairs(failures), 2.0, 1.0));
}

TEST(GrowthOfPairsTest, ErrorIsTheJackknifesByHand) {
  // n = 2 + 2 p (1 - p) as above: the growth is 1 + E[p (1 - p)], half the share of pairs that
  // disagree. With the pair that is added, d of n pairs make it 1 + (d + 1/3) / (2 (n + 1)).
  // 3 of 12 disagree: (3 + 1/3) / 26; without one that does (2 + 1/3) / 24, without another
  // (3 + 1/3) / 24. These differ by 1/24, so that 11/12 * (12 * 1/4 * 3/4) / 24^2 is the variance.
  const PrecisionGoal goal{.least = 2, .most = 3, .halfwidth = 0.35};
  const std::vector<int> failures = {0, 2, 1, 0, 2, 0, 1, 2, 0, 1, 2, 0};

  const GrowthEstimate growth = growth_of_pairs(goal, failures, 1.0, 1.0);

  EXPECT_NEAR(growth.value, 1.0 + (10.0 / 3.0) / 26.0, 2e-3);
  EXPECT_NEAR(growth.error, std::sqrt(11.0 / 12.0 * 2.25) / 24.0, 2e-3);
}

TEST(GrowthOfPairsTest, PairsThatAreAllAlikeDoNotVary) {
  const PrecisionGoal goal{.least = 20, .most = 60, .halfwidth = 0.1};

  EXPECT_NEAR(growth_of_pairs(goal, std::vector<int>(10, 0), 1.0, 1.0).error, 0.0, 1e-12);
}

}  // namespace
}  // namespace vnsweep
