#include "host/plan/shard.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "host/plan/batch.hpp"
#include "host/plan/run_identity.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

std::vector<fs::path> shipped_sweeps() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(VNSWEEP_SOURCE_DIR) / "sweeps")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  return files;
}

/// What a shard can be from the mean at best: cost of what cannot be divided.
double largest_piece(const std::vector<RunSpec>& runs, CellSplit cells) {
  double largest = 0.0;
  std::map<std::string, double> of_cells;
  for (const RunSpec& spec : runs) {
    largest = std::max(largest, predicted_cost(spec));
    if (cells == CellSplit::whole) of_cells[cell_text(spec)] += predicted_cost(spec);
  }
  for (const auto& [cell, cost] : of_cells)
    largest = std::max(largest, cost);
  return largest;
}

TEST(ShardTest, IsWrittenAsItsNumberOfHowMany) {
  EXPECT_EQ(parse_shard("1/1"), (Shard{.index = 1, .count = 1}));
  EXPECT_EQ(parse_shard("16/16"), (Shard{.index = 16, .count = 16}));
  EXPECT_EQ(to_string(Shard{.index = 2, .count = 16}), "2/16");
  for (const char* wrong :
       {"", "1", "/", "1/", "/2", "0/2", "3/2", "-1/2", "1/0", "1/2/3", "1/2 ", " 1/2", "+1/2",
        "1.0/2", "a/b", "1/100001", "1/99999999999999999999999999"}) {
    EXPECT_FALSE(parse_shard(wrong)) << "'" << wrong << "'";
  }
}

TEST(ShardTest, EqualRunsAreDealtInBlocksOfThoseThatTrainSideBySide) {
  const auto runs = testing::runs_of("{depth: 1, width: 2, seed: {count: 64}}");

  const ShardPlan plan = plan_shards(RunTable(runs), 2, CellSplit::divisible);

  for (std::size_t k = 0; k < runs.size(); ++k)
    EXPECT_EQ(plan.shard_of_run[k], k / 16 % 2) << k;
  EXPECT_EQ(plan.imbalance(), 0.0);
}

TEST(ShardTest, BlocksAreCutSmallerWhereBalanceNeedsIt) {
  const auto runs = testing::runs_of("{depth: 1, width: 2, seed: {count: 16}}");

  const ShardPlan four = plan_shards(RunTable(runs), 4, CellSplit::divisible);
  const ShardPlan three = plan_shards(RunTable(runs), 3, CellSplit::divisible);

  for (std::size_t k = 0; k < runs.size(); ++k)
    EXPECT_EQ(four.shard_of_run[k], k / 4) << k;
  // 16 runs of equal cost are at best 6, 5 and 5.
  EXPECT_NEAR(three.imbalance(), 6.0 / (16.0 / 3.0) - 1.0, 1e-12);
}

TEST(ShardTest, TheCostliestRunsGoToTheShardWithTheLeastToDo) {
  // Costs go with the number of parameters, which grows with depth: 60 alone against the others.
  const auto runs = testing::runs_of("{depth: [2, 10, 20, 60], width: 8}");

  const ShardPlan plan = plan_shards(RunTable(runs), 2, CellSplit::divisible);

  EXPECT_THAT(plan.shard_of_run, ElementsAre(1, 1, 1, 0));
  EXPECT_DOUBLE_EQ(plan.costs[0], predicted_cost(runs[3]));
  EXPECT_DOUBLE_EQ(plan.share(1) + plan.share(2), 1.0);
}

TEST(ShardTest, EveryRunOfAShippedSweepIsOnOneShard) {
  for (const fs::path& file : shipped_sweeps()) {
    const Manifest manifest = load_manifest(file);
    const std::vector<RunSpec> runs = expand_grid(manifest);
    const ShardPlan plan = plan_shards(RunTable(runs), 5, cell_split(manifest));

    std::vector<RunSpec> all;
    for (std::size_t index = 1; index <= 5; ++index) {
      const std::vector<RunSpec> own = runs_of_shard(RunTable(runs), plan, index).to_vector();
      all.insert(all.end(), own.begin(), own.end());
    }

    EXPECT_THAT(all, ::testing::UnorderedElementsAreArray(runs)) << file;
  }
}

TEST(ShardTest, ShippedSweepsAreBalancedWithinFivePerCentOrOneRunThatCannotBeDivided) {
  for (const fs::path& file : shipped_sweeps()) {
    const Manifest manifest = load_manifest(file);
    const std::vector<RunSpec> runs = expand_grid(manifest);
    const double piece = largest_piece(runs, cell_split(manifest));
    for (std::size_t count = 2; count <= 16; ++count) {
      const ShardPlan plan = plan_shards(RunTable(runs), count, cell_split(manifest));

      EXPECT_LE(plan.imbalance(), std::max(0.05, piece / plan.mean_cost())) << file << " " << count;
    }
  }
}

TEST(ShardTest, ACellWhoseSeedsAreAddedByItsOutcomesStaysWhole) {
  const Manifest manifest = testing::manifest_with_grid(
      "{depth: [1, 2, 3], width: [2, 4], seed: {min: 10, max: 40, halfwidth: 0.1}}");
  const std::vector<RunSpec> runs = expand_grid(manifest);

  const ShardPlan plan = plan_shards(RunTable(runs), 4, cell_split(manifest));

  std::map<std::string, std::uint32_t> shards;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const auto [cell, is_new] = shards.emplace(cell_text(runs[k]), plan.shard_of_run[k]);
    EXPECT_EQ(cell->second, plan.shard_of_run[k]) << cell->first;
  }
  EXPECT_EQ(shards.size(), 6U);
}

TEST(ShardTest, MoreShardsThanRunsLeaveSomeWithNothing) {
  const auto runs = testing::runs_of("{depth: 1, width: 2, seed: {count: 3}}");

  const ShardPlan plan = plan_shards(RunTable(runs), 5, CellSplit::divisible);

  EXPECT_THAT(plan.shard_of_run, ElementsAre(0, 1, 2));
  EXPECT_TRUE(runs_of_shard(RunTable(runs), plan, 5).empty());
}

}  // namespace
}  // namespace vnsweep
