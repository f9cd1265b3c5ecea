#include "host/plan/batch_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "host/plan/run_identity.hpp"
#include "host/task/task.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

std::multiset<std::string> ids(const std::vector<PlannedBatch>& batches) {
  std::multiset<std::string> result;
  for (const PlannedBatch& batch : batches) {
    for (const RunSpec& run : batch.runs)
      result.insert(run_id(run));
  }
  return result;
}

TEST(BatchTest, EveryRunIsInExactlyOneBatch) {
  const auto runs = testing::runs_of(
      "{depth: [1, 5, 9], width: [2, 4], seed: {count: 7}, activation: [tanh, relu]}");

  const auto batches = plan_batches(runs, {.max_cost = 5.0 * predicted_cost(runs[0])});

  std::multiset<std::string> expected;
  for (const RunSpec& run : runs)
    expected.insert(run_id(run));
  EXPECT_EQ(ids(batches), expected);
}

TEST(BatchTest, BatchesAreDeepestFirstAndCostliestFirst) {
  const auto runs = testing::runs_of("{depth: [1, 5, 9], width: [2, 4], seed: {count: 3}}");

  const auto batches = plan_batches(runs, {.max_cost = 1e300, .max_runs = 4});

  for (std::size_t b = 0; b < batches.size(); ++b) {
    const auto& networks = batches[b].networks.networks;
    EXPECT_LE(networks.size(), 4U);
    EXPECT_TRUE(std::is_sorted(networks.begin(), networks.end(),
                               [](const auto& x, const auto& y) { return x.depth > y.depth; }));
    if (b > 0) {
      EXPECT_GE(batches[b - 1].cost, batches[b].cost);
    }
    for (std::size_t n = 0; n < networks.size(); ++n) {
      EXPECT_EQ(networks[n].run_key, run_key(batches[b].runs[n]));
      EXPECT_EQ(batches[b].networks.width, batches[b].runs[n].width);
    }
  }
}

/// Numbers of runs of each batch, by depth.
std::map<std::int64_t, std::vector<std::size_t>> sizes_by_depth(
    const std::vector<PlannedBatch>& batches) {
  std::map<std::int64_t, std::vector<std::size_t>> sizes;
  for (const PlannedBatch& batch : batches)
    sizes[batch.runs.front().depth].push_back(batch.runs.size());
  return sizes;
}

TEST(BatchTest, RunsOfEqualDepthStayTogetherInWholeVectors) {
  const auto runs = testing::runs_of("{depth: [3, 9], width: 4, seed: {count: 40}}");
  const double deep = predicted_cost(*std::ranges::max_element(runs, {}, &RunSpec::depth));

  const auto batches = plan_batches(
      runs,
      {.max_cost = 5.0 * deep, .max_runs = 256, .together = 16, .max_cost_together = 20.0 * deep});

  const auto sizes = sizes_by_depth(batches);
  EXPECT_EQ(sizes.at(9), (std::vector<std::size_t>{16, 16, 8}));
  EXPECT_EQ(sizes.at(3), (std::vector<std::size_t>{16, 16, 8}));
}

TEST(BatchTest, AsManyStayTogetherAsMayCost) {
  const auto runs = testing::runs_of("{depth: 9, width: 4, seed: {count: 40}}");

  const auto batches = plan_batches(runs, {.max_cost = 5.0 * predicted_cost(runs[0]),
                                           .max_runs = 256,
                                           .together = 16,
                                           .max_cost_together = 10.0 * predicted_cost(runs[0])});

  EXPECT_EQ(sizes_by_depth(batches).at(9), (std::vector<std::size_t>(4, 10)));
}

TEST(BatchTest, CheapRunsOfEqualDepthAreCutBetweenVectors) {
  const auto runs = testing::runs_of("{depth: 9, width: 4, seed: {count: 100}}");

  const auto batches = plan_batches(runs, {.max_cost = 40.0 * predicted_cost(runs[0]),
                                           .max_runs = 256,
                                           .together = 16,
                                           .max_cost_together = 80.0 * predicted_cost(runs[0])});

  EXPECT_EQ(sizes_by_depth(batches).at(9), (std::vector<std::size_t>{36, 32, 32}));
}

TEST(BatchTest, SmallRunsOfSeveralDepthsShareABatch) {
  const auto runs = testing::runs_of("{depth: [1, 2, 3], width: 2, seed: {count: 2}}");

  const auto batches = plan_batches(runs, {.max_cost = 1e300, .max_runs = 256, .together = 16});

  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].runs.size(), 6U);
}

TEST(BatchTest, RunsThatDifferInMoreThanABatchMayCannotBeMixed) {
  auto runs = testing::runs_of("{depth: 1, width: [2, 4]}");

  EXPECT_THROW(make_batch(runs, make_training_data(runs[0])), std::logic_error);
}

TEST(BatchTest, MomentumAndNoneDoNotShareABatch) {
  const auto runs = testing::runs_of("{depth: 1, width: 2, momentum: [0, 0.5, 0.9]}");

  const auto batches = plan_batches(runs, {.max_cost = 1e300, .max_runs = 9});

  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].runs.size() + batches[1].runs.size(), 3U);
  EXPECT_EQ(std::max(batches[0].runs.size(), batches[1].runs.size()), 2U);
}

TEST(BatchTest, PartsOfABatchHoldItsRuns) {
  const auto runs = testing::runs_of("{depth: [1, 2, 3], width: 2}");
  const PlannedBatch whole = make_batch(runs, make_training_data(runs[0]));

  const auto [first, second] = split_batch(whole, 2);

  EXPECT_EQ(first.runs.size(), 2U);
  EXPECT_EQ(second.runs.size(), 1U);
  EXPECT_DOUBLE_EQ(first.cost + second.cost, whole.cost);
}

TEST(BatchTest, CostGrowsWithDepthAndStepsAsTheWorkDoes) {
  RunSpec spec = testing::runs_of("{depth: 10, width: 32}")[0];
  spec.steps = 100'000;
  RunSpec deeper = spec;
  deeper.depth = 20;
  RunSpec longer = spec;
  longer.steps *= 2;

  EXPECT_NEAR(predicted_cost(deeper) / predicted_cost(spec), 2.0, 0.15);
  EXPECT_NEAR(predicted_cost(longer) / predicted_cost(spec), 2.0, 0.01);
}

TEST(BatchTest, EvaluationIsOnceAnEpochByDefault) {
  RunSpec spec = testing::runs_of("{depth: 1, width: 2}")[0];
  spec.task = TaskKind::parity;
  spec.bits = 4;
  EXPECT_EQ(make_batch({spec}, make_training_data(spec)).networks.success.every, StepCount(1));

  spec.minibatch = 3;
  EXPECT_EQ(make_batch({spec}, make_training_data(spec)).networks.success.every, StepCount(5));
}

}  // namespace
}  // namespace vnsweep
