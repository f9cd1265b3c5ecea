// A sweep in parts, and joined again, as a user meets it.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class ShardCliTest : public testing::CliTest {
 protected:
  static constexpr int kShards = 16;

  static std::string shard(int index, int count = kShards) {
    return std::to_string(index) + "/" + std::to_string(count);
  }

  void run_whole(const std::string& manifest) const {
    EXPECT_EQ(run({"run", manifest, "-o", "whole", "-q"}).exit_code, 0);
  }

  /// Runs every shard, in directories of their own and all in one, and joins them.
  void expect_shards_equal_the_whole(const std::string& manifest) const {
    run_whole(manifest);
    std::vector<std::string> merge = {"merge"};
    for (int k = 1; k <= kShards; ++k) {
      merge.push_back("apart/" + std::to_string(k));
      EXPECT_EQ(run({"run", manifest, "-o", merge.back(), "--shard", shard(k)}).exit_code, 0);
      EXPECT_EQ(run({"run", manifest, "-o", "together", "--shard", shard(k)}).exit_code, 0);
    }
    merge.insert(merge.end(), {"-o", "joined"});
    const std::string whole = exported("whole");

    EXPECT_TRUE(exported("together") == whole);
    EXPECT_EQ(run(merge).exit_code, 0);
    EXPECT_TRUE(exported("joined") == whole);
    EXPECT_EQ(run({"merge", "together"}).exit_code, 0);
    EXPECT_TRUE(exported("together") == whole);
    EXPECT_FALSE(fs::exists(path("together/runs-1.db")));
    EXPECT_EQ(run({"summary", "joined"}).out, run({"summary", "whole"}).out);
    EXPECT_THAT(run({"run", manifest, "-o", "joined"}).err, HasSubstr("nothing to run"));
  }
};

TEST_F(ShardCliTest, TheQuickStartInSixteenShardsEqualsOneRun) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "takes many minutes under sanitizers; the sweeps below are split as well";
#endif
  expect_shards_equal_the_whole(std::string(VNSWEEP_SOURCE_DIR) + "/sweeps/quickstart.yaml");
}

TEST_F(ShardCliTest, AdaptiveSeedsInSixteenShardsEqualOneRun) {
  expect_shards_equal_the_whole(small_manifest(
      "{depth: [1, 3, 6], width: [2, 3, 4], seed: {min: 10, max: 60, halfwidth: 0.12}}"));
}

TEST_F(ShardCliTest, ZippedPairedAndAmendedGridsInSixteenShardsEqualOneRun) {
  const std::string grid =
      "{depth: [1, 4, 8], width: [3, 5], lr: [0.1, 0.5], zip: [width, lr], seed: {count: 20}, "
      "exclude: [{depth: 8, width: 3}], include: [{depth: 12, seed: 3}]}";
  const std::string text =
      "name: amended\nseeding: paired\ntask: xor\ngrid: " + grid +
      "\ntrain: {steps: 60}\nsuccess: {accuracy: 1.0, loss: 0.1}\nprobe: {every: 20}\n";

  expect_shards_equal_the_whole(write_manifest("amended.yaml", text));
}

TEST_F(ShardCliTest, WhatIsStoredUnderAnotherSplitIsNotMadeAgain) {
  const std::string manifest = small_manifest("{depth: [1, 3], width: 6, seed: {count: 20}}");
  run({"run", small_manifest("{depth: 1, width: 6, seed: {count: 20}}", "part.yaml"), "-o", "d"});
  run({"run", manifest, "-o", "d", "--shard", "1/2"});
  run({"run", manifest, "-o", "d", "--shard", "2/2"});

  for (int k = 1; k <= 3; ++k) {
    EXPECT_THAT(run({"run", manifest, "-o", "d", "--shard", shard(k, 3)}).err,
                AllOf(HasSubstr("shard " + shard(k, 3)), HasSubstr("nothing to run")));
  }
  EXPECT_THAT(run({"run", manifest, "-o", "d"}).err,
              HasSubstr("40 runs, 40 stored already, 0 to make"));
  EXPECT_EQ(run({"merge", "d"}).exit_code, 0);
  run_whole(manifest);
  EXPECT_TRUE(exported("d") == exported("whole"));
}

TEST_F(ShardCliTest, StatusAndSummaryReadShardsAsOne) {
  const std::string manifest = small_manifest("{depth: [1, 3], width: 6, seed: {count: 20}}");
  run({"run", manifest, "-o", "d", "--shard", "1/4"});
  EXPECT_THAT(run({"status", "d"}).out,
              AllOf(HasSubstr("runs     40\n"), HasSubstr("writer   none"),
                    Not(HasSubstr("pending  0\n"))));
  for (int k = 2; k <= 4; ++k)
    run({"run", manifest, "-o", "d", "--shard", shard(k, 4)});
  run_whole(manifest);

  EXPECT_THAT(run({"status", "d"}).out, HasSubstr("pending  0\n"));
  EXPECT_EQ(run({"summary", "d"}).out, run({"summary", "whole"}).out);
  EXPECT_EQ(run({"report", "d"}).exit_code, 0);
}

TEST_F(ShardCliTest, StatusCountsTheShardsThatAreBeingWritten) {
  const std::string manifest = write_manifest(
      "endless.yaml", testing::manifest_text("{depth: 40, width: 8, seed: {count: 6}}",
                                             "{lr: 1.0e-9, steps: 1000000000}"));
  std::vector<pid_t> shards;
  for (const char* index : {"2", "5"}) {
    shards.push_back(start({"run", manifest, "-o", "d", "--shard", std::string(index) + "/6",
                            "--quiet", "--log-json", std::string("events-") + index}));
    ASSERT_TRUE(wait_for_file(shards.back(), std::string("events-") + index));
  }

  const std::string status = run({"status", "d"}).out;
  const testing::Output merge = run({"merge", "d"});

  EXPECT_THAT(status, AllOf(HasSubstr("shards   2 of 6 writing"), HasSubstr("(shard 2/6)"),
                            HasSubstr("(shard 5/6)")));
  EXPECT_EQ(merge.exit_code, 2);
  EXPECT_THAT(merge.err, HasSubstr("is in use by process " + std::to_string(shards[0])));
  for (const pid_t shard : shards) {
    kill(shard, SIGKILL);
    wait(shard);
  }
}

TEST_F(ShardCliTest, PlanShowsAShardBesideTheOthers) {
  const std::string manifest = small_manifest("{depth: 1, width: 2, seed: {count: 64}}");

  const auto plan =
      nlohmann::json::parse(run({"plan", manifest, "--shard", "3/4", "--format", "json"}).out);

  EXPECT_EQ(plan["runs"], 16);
  EXPECT_EQ(plan["shard"]["sweep_runs"], 64);
  EXPECT_EQ(plan["shard"]["share"], 0.25);
  EXPECT_EQ(plan["shard"]["imbalance"], 0.0);
  EXPECT_THAT(run({"plan", manifest, "--shard", "3/4"}).out,
              HasSubstr("shard 3/4: 16 of 64 runs, 25 % of the predicted work"));
}

TEST_F(ShardCliTest, AnEmptyShardIsComplete) {
  const std::string manifest = small_manifest("{depth: 1, width: 2, seed: {count: 2}}");

  EXPECT_EQ(run({"run", manifest, "-o", "d", "--shard", "3/3"}).exit_code, 0);
  EXPECT_EQ(run({"plan", manifest, "--shard", "3/3"}).exit_code, 0);
  EXPECT_THAT(run({"status", "d"}).out, HasSubstr("pending  2\n"));
}

TEST_F(ShardCliTest, WrongUseIsExplained) {
  const std::string manifest = small_manifest("{depth: 1, width: 2}");
  run({"run", manifest, "-o", "a"});
  run({"run", manifest, "-o", "b"});

  const testing::Output wrong_shard = run({"run", manifest, "--shard", "3/2"});
  const testing::Output no_output = run({"merge", "a", "b"});

  EXPECT_EQ(wrong_shard.exit_code, 2);
  EXPECT_THAT(wrong_shard.err, HasSubstr("must be i/n with 1 <= i <= n"));
  EXPECT_EQ(no_output.exit_code, 2);
  EXPECT_THAT(no_output.err, HasSubstr("name it with -o"));
}

}  // namespace
}  // namespace vnsweep
