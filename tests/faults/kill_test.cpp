// The program killed at every call that changes a file, and at random moments.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/faults/fault_fixture.hpp"

namespace vnsweep {
namespace {

using testing::FaultTest;
using ::testing::IsSupersetOf;
using testing::Output;

using KillTest = FaultTest;

TEST_F(KillTest, KilledAtAnyCallThatChangesAFileTheSameCommandEndsInTheSameResults) {
  const std::string manifest = quick_manifest();
  const std::vector<std::string> undisturbed = {"run", manifest, "-o", "whole", "--threads", "1"};
  const long calls = calls_of(undisturbed, "whole");
  const std::string expected = exported("whole");
  ASSERT_GT(calls, 40);
  // A prime stride meets every kind of call; VNSWEEP_FAULT_STRIDE=1 tries each.
  const long stride = setting("VNSWEEP_FAULT_STRIDE", 3);
  int killed = 0;

  for (const char* kind : {"kill", "torn"}) {
    for (long at = 1; at <= calls; at += stride) {
      SCOPED_TRACE(std::string(kind) + " at call " + std::to_string(at));
      const std::vector<std::string> command = {"run", manifest, "-o", "d", "--threads", "1"};
      killed +=
          run_with({.kind = kind, .at = at, .folder = "d"}, command).signal == SIGKILL ? 1 : 0;

      expect_the_rest_is_made(command, "d", kQuickRuns);
      EXPECT_TRUE(exported("d") == expected);
      std::filesystem::remove_all(path("d"));
    }
  }

  EXPECT_GT(killed, calls / stride);
}

TEST_F(KillTest, KilledAtRandomMomentsAgainAndAgainTheSweepEndsInTheSameResults) {
  const std::string manifest = sweep_manifest();
  const std::vector<std::string> command = {"run", manifest, "-o", "d"};
  const auto start_time = std::chrono::steady_clock::now();
  ASSERT_EQ(run({"run", manifest, "-o", "whole"}).exit_code, 0);
  const double whole_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  const std::string expected = exported("whole");
  const auto seed = static_cast<unsigned>(setting("VNSWEEP_FAULT_SEED", 20261126));
  const long rounds = setting("VNSWEEP_FAULT_ROUNDS", 40);
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("VNSWEEP_FAULT_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  // Starting up, training and the end of a rest of any length.
  std::exponential_distribution<double> early(1.0 / 0.02);
  std::uniform_real_distribution<double> anywhere(0.0, whole_seconds);
  int killed = 0;
  std::set<std::string> rows;

  for (long round = 0; round < rounds; ++round) {
    const double seconds = round % 3 == 0 ? early(random) : anywhere(random);
    const pid_t child = start(command);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    kill(child, SIGKILL);
    killed += wait(child).signal == SIGKILL ? 1 : 0;

    const std::set<std::string> now = stored_rows("d");
    ASSERT_THAT(now, IsSupersetOf(rows)) << "round " << round;
    rows = now;
    if (rows.size() < kSweepRuns) continue;
    EXPECT_TRUE(exported("d") == expected) << "round " << round;
    std::filesystem::remove_all(path("d"));
    rows.clear();
  }

  EXPECT_GT(killed, rounds / 4);
  expect_the_rest_is_made(command, "d", kSweepRuns);
  EXPECT_TRUE(exported("d") == expected);
}

TEST_F(KillTest, TheLockOfAProcessThatWasKilledIsFree) {
  const std::vector<std::string> command = {"run", sweep_manifest(kLongSteps), "-o", "d"};
  const pid_t first = start(command);
  ASSERT_TRUE(wait_for_results(first, "d"));
  kill(first, SIGSTOP);  // it holds its lock for as long as the second takes to start
  const Output refused = run(command);
  kill(first, SIGKILL);
  wait(first);

  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, ::testing::HasSubstr("in use by process " + std::to_string(first)));
  expect_the_rest_is_made(command, "d", kSweepRuns);
}

}  // namespace
}  // namespace vnsweep
