// Joining the files of shards, disturbed at every call that changes a file.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/faults/fault_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using testing::FaultTest;
using testing::Output;

class MergeFaultTest : public FaultTest {
 protected:
  /// Three shards of a sweep in "shards", and what the whole sweep exports.
  void SetUp() override {
    FaultTest::SetUp();
    const std::string manifest = quick_manifest();
    ASSERT_EQ(run({"run", manifest, "-o", "whole", "--threads", "1"}).exit_code, 0);
    expected_ = exported("whole");
    for (const char* shard : {"1/3", "2/3", "3/3"})
      ASSERT_EQ(run({"run", manifest, "-o", "shards", "--shard", shard}).exit_code, 0);
  }

  /// Merges the shards with a fault at one call after another, and again without.
  /// @param is_outcome  tells whether a merge ended as the fault demands
  /// @returns how many did
  template <class Predicate>
  int disturb(const char* kind, const Predicate& is_outcome) {
    const std::vector<std::string> merge = {"merge", "d"};
    const long calls = with_shards([&] { return calls_of(merge, "d"); });
    int outcomes = 0;
    for (long at = 1; at <= calls; at += setting("VNSWEEP_FAULT_STRIDE", 5)) {
      SCOPED_TRACE(std::string(kind) + " at call " + std::to_string(at) + " of " +
                   std::to_string(calls));
      outcomes += with_shards([&] {
        const Output disturbed = run_with({.kind = kind, .at = at, .folder = "d"}, merge);
        // Whatever has got where, it is all there to be read.
        EXPECT_TRUE(exported("d") == expected_);
        const Output again = run(merge);
        EXPECT_EQ(again.exit_code, 0) << again.err;
        EXPECT_TRUE(exported("d") == expected_);
        EXPECT_THAT(databases("d"), ElementsAre("runs-0.db"));
        return is_outcome(disturbed) ? 1 : 0;
      });
    }
    return outcomes;
  }

  std::vector<std::string> databases(const std::string& directory) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path(directory))) {
      if (entry.path().extension() == ".db") names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  template <class Action>
  auto with_shards(const Action& action) {
    std::filesystem::copy(path("shards"), path("d"), std::filesystem::copy_options::recursive);
    const auto result = action();
    std::filesystem::remove_all(path("d"));
    return result;
  }

  std::string expected_;
};

TEST_F(MergeFaultTest, KilledAtAnyCallNothingIsLostAndTheSameCommandEndsIt) {
  const auto was_killed = [](const Output& output) { return output.signal == SIGKILL; };

  EXPECT_GT(disturb("kill", was_killed), 5);
  EXPECT_GT(disturb("torn", was_killed), 2);  // most calls are no writes
}

TEST_F(MergeFaultTest, OnAFullDiskNothingIsLostAndTheSameCommandEndsIt) {
  const auto says_so = [](const Output& output) {
    EXPECT_THAT(output.exit_code, AnyOf(0, 75)) << output.err;
    return output.exit_code == 75;
  };

  EXPECT_GT(disturb("full", says_so), 5);
}

}  // namespace
}  // namespace vnsweep
