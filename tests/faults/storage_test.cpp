// Disks that are full, read-only, broken or gone while a sweep runs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/faults/fault_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::AnyOf;
using testing::FaultTest;
using ::testing::HasSubstr;
using testing::lines_of;
using testing::Output;
using testing::read;
namespace fs = std::filesystem;

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): a fixture, never deleted by name
class StorageTest : public FaultTest {
 protected:
  ~StorageTest() override {
    if (has_disk_) umount2(path("disk").c_str(), MNT_DETACH);
  }

  /// Mounts a small disk at "disk". @returns false if this process may not mount
  bool has_small_disk() {
    fs::create_directory(path("disk"));
    // Nobody but root may mount, except in a namespace of his own.
    if (geteuid() != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    has_disk_ = mount("none", path("disk").c_str(), "tmpfs", 0, "size=4m") == 0;
    return has_disk_;
  }

  /// Fills the small disk but for some bytes.
  void fill_disk_but(std::size_t bytes) const {
    const std::size_t free = fs::space(path("disk")).available;
    std::ofstream(path("disk/ballast")) << std::string(free - bytes, 'x');
    ASSERT_LE(fs::space(path("disk")).available, bytes);
  }

  void make_room() const { fs::remove(path("disk/ballast")); }

  std::vector<std::string> command(const std::string& directory) const {
    return {"run", sweep_manifest(), "-o", directory};
  }

  std::string undisturbed() const {
    EXPECT_EQ(run(command("whole")).exit_code, 0);
    return exported("whole");
  }

 private:
  bool has_disk_ = false;
};

#define SKIP_WITHOUT_SMALL_DISK() \
  if (!has_small_disk()) GTEST_SKIP() << "neither root nor a user namespace: cannot mount a disk"

TEST_F(StorageTest, AFullDiskStopsTheSweepAndNothingCommittedIsLost) {
  SKIP_WITHOUT_SMALL_DISK();
  const std::string expected = undisturbed();
  fill_disk_but(400'000);

  const Output full = run(command("disk/d"));
  const std::size_t kept = stored_rows("disk/d").size();
  make_room();

  EXPECT_EQ(full.exit_code, 75);
  EXPECT_THAT(full.err, HasSubstr("make room or mend the file system and run the same command"));
  EXPECT_GT(kept, 0U);
  EXPECT_LT(kept, kSweepRuns);
  expect_the_rest_is_made(command("disk/d"), "disk/d", kSweepRuns);
  EXPECT_TRUE(exported("disk/d") == expected);
}

TEST_F(StorageTest, ASweepGoesOnWhenItsLogFillsTheDiskAndTheLogKeepsWholeLines) {
  SKIP_WITHOUT_SMALL_DISK();
  std::vector<std::string> logged = {"run", quick_manifest(), "-o", "d", "--log-json", "disk/log"};
  run({"run", quick_manifest(), "-o", "d", "--log-json", "disk/log"});
  const std::size_t lines_before = lines_of(read(path("disk/log"))).size();
  fs::remove_all(path("d"));
  // The rest of the page that the log is in, so that a line is cut in its middle.
  fill_disk_but(0);
  std::ofstream(path("disk/log"), std::ios::app)
      << nlohmann::json{{"event", std::string(4050 - fs::file_size(path("disk/log")) % 4096, 'x')}}
      << std::endl;

  const Output full = run(logged);
  const std::string torn = read(path("disk/log"));
  make_room();
  const Output later = run(logged);

  EXPECT_EQ(full.exit_code, 0);
  EXPECT_THAT(full.err, HasSubstr("ends here (no room to write?); the sweep goes on"));
  EXPECT_EQ(torn.back(), '\n');
  EXPECT_EQ(later.exit_code, 0);
  EXPECT_GT(lines_of(read(path("disk/log"))).size(), lines_before);
  for (const std::string& line : lines_of(read(path("disk/log"))))
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST_F(StorageTest, AReportThatDoesNotFitLeavesTheEarlierOne) {
  SKIP_WITHOUT_SMALL_DISK();
  ASSERT_EQ(run({"run", quick_manifest(), "-o", "disk/d"}).exit_code, 0);
  ASSERT_EQ(run({"report", path("disk/d")}).exit_code, 0);
  const std::string page = read(path("disk/d/report/index.html"));
  fill_disk_but(100'000);

  const Output full = run({"report", path("disk/d")});

  EXPECT_EQ(full.exit_code, 75);
  EXPECT_THAT(full.err, HasSubstr("cannot write"));
  EXPECT_TRUE(read(path("disk/d/report/index.html")) == page);
  std::size_t folders = 0;
  for (const auto& entry : fs::directory_iterator(path("disk/d")))
    folders += entry.is_directory() ? 1 : 0;
  EXPECT_EQ(folders, 1U);
  make_room();
  EXPECT_EQ(run({"report", path("disk/d")}).exit_code, 0);
}

TEST_F(StorageTest, ExportsAndTracesThatDoNotFitAreErrors) {
  SKIP_WITHOUT_SMALL_DISK();
  ASSERT_EQ(run(command("d")).exit_code, 0);
  fill_disk_but(4096);

  const pid_t child = start_in({"export", path("d"), "--table", "probes"}, [&] {
    dup2(open(path("disk/probes.csv").c_str(), O_WRONLY | O_CREAT, 0644), STDOUT_FILENO);
  });
  const Output exported = wait(child);
  fs::remove(path("disk/probes.csv"));
  const Output trace = run({"trace", sweep_manifest(), "-o", "disk/t"});

  EXPECT_EQ(exported.exit_code, 75);
  EXPECT_THAT(exported.err, HasSubstr("cannot write to standard output (No space left on device)"));
  EXPECT_EQ(trace.exit_code, 75);
  EXPECT_THAT(trace.err, HasSubstr("cannot write disk/t"));
  EXPECT_FALSE(fs::exists(path("disk/t")));
}

/// A file system that refuses from some moment on, and is mended later.
class RefusalTest : public StorageTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(RefusalTest, FromAnyCallOnTheSameCommandEndsInTheSameResultsLater) {
  const std::string manifest = quick_manifest();
  const long calls = calls_of({"run", manifest, "-o", "whole", "--threads", "1"}, "whole");
  const std::string expected = exported("whole");
  const std::vector<std::string> quick = {"run", manifest, "-o", "d", "--threads", "1"};

  // The first call makes the directory: where that fails there is nothing to go on with.
  for (long at = 2; at <= calls; at += 11) {
    SCOPED_TRACE(std::string(GetParam()) + " from call " + std::to_string(at));
    const Output refused = run_with({.kind = GetParam(), .at = at, .folder = "d"}, quick);

    // Nothing more may have been needed, or less room than there was.
    EXPECT_THAT(refused.exit_code, AnyOf(75, 0)) << refused.err;
    if (refused.exit_code == 75) {
      EXPECT_THAT(refused.err, HasSubstr("run the same command again"));
    }
    expect_the_rest_is_made(quick, "d", kQuickRuns);
    EXPECT_TRUE(exported("d") == expected);
    fs::remove_all(path("d"));
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, RefusalTest, ::testing::Values("full", "io", "readonly"),
                         [](const auto& fault) { return std::string(fault.param); });

TEST_F(StorageTest, ADirectoryThatMayNotBeWrittenAnyMoreStopsTheSweep) {
  const std::string expected = undisturbed();
  // Root obeys permissions only without this capability.
  const pid_t child = start_in(command("d"), [] {
    if (geteuid() == 0) prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
  });
  ASSERT_TRUE(wait_for_results(child, "d"));

  fs::permissions(path("d"), fs::perms::owner_read | fs::perms::owner_exec);
  const Output refused = wait(child);
  fs::permissions(path("d"), fs::perms::owner_all);

  EXPECT_EQ(refused.exit_code, 75);
  EXPECT_THAT(refused.err, HasSubstr("cannot write"));
  expect_the_rest_is_made(command("d"), "d", kSweepRuns);
  EXPECT_TRUE(exported("d") == expected);
}

TEST_F(StorageTest, ResultsOfADirectoryThatIsGoneAreNotClaimed) {
  const std::string expected = undisturbed();
  const pid_t child = start(command("d"));
  ASSERT_TRUE(wait_for_results(child, "d"));

  fs::rename(path("d"), path("gone"));
  const Output output = wait(child);

  EXPECT_EQ(output.exit_code, 75);
  EXPECT_THAT(output.err, HasSubstr("was moved, removed or replaced"));
  EXPECT_FALSE(fs::exists(path("d")));
  expect_the_rest_is_made(command("d"), "d", kSweepRuns);
  EXPECT_TRUE(exported("d") == expected);
  // What was stored before is sound, too.
  expect_the_rest_is_made(command("gone"), "gone", kSweepRuns);
  EXPECT_TRUE(exported("gone") == expected);
}

TEST_F(StorageTest, ResultsOfADatabaseThatWasRemovedAreNotClaimed) {
  const std::string expected = undisturbed();
  const pid_t child = start(command("d"));
  ASSERT_TRUE(wait_for_results(child, "d"));

  fs::remove(database("d"));
  const Output output = wait(child);

  EXPECT_EQ(output.exit_code, 75);
  EXPECT_THAT(output.err, HasSubstr("was moved, removed or replaced"));
  expect_the_rest_is_made(command("d"), "d", kSweepRuns);
  EXPECT_TRUE(exported("d") == expected);
}

}  // namespace
}  // namespace vnsweep
