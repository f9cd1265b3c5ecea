#include "host/store/directory_merge.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "host/plan/run_identity.hpp"
#include "host/report/export.hpp"
#include "host/store/run_directory.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kGrid = "{depth: [1, 2], width: 2, seed: {count: 4}}";

class DirectoryMergeTest : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return temporary_.path() / name; }

  /// Writes results as one shard does, or as a run of the whole sweep.
  void fill(const std::string& name, const std::vector<RunResult>& results,
            const std::optional<Shard>& shard = {}, const std::string& grid = kGrid) const {
    const Manifest manifest = testing::manifest_with_grid(grid);
    auto writer = RunDirectory(path(name)).open_for_writing(manifest, shard);
    writer.store.begin_session();
    writer.store.commit(results);
    writer.store.end_session();
  }

  /// Failed runs specs_[first], ..., specs_[last - 1].
  std::vector<RunResult> results(std::size_t first, std::size_t last) const {
    std::vector<RunResult> list;
    for (std::size_t k = first; k < last; ++k)
      list.push_back(testing::result_of(specs_[k], RunStatus::failed));
    return list;
  }

  MergeReport merge(const std::vector<std::string>& names, const std::string& output,
                    const std::string& prefer = {}) const {
    MergeRequest request{.output = path(output)};
    for (const std::string& name : names)
      request.directories.push_back(path(name));
    if (!prefer.empty()) request.prefer = path(prefer);
    return merge_directories(request);
  }

  std::string merge_error(const std::vector<std::string>& names, const std::string& output,
                          const std::string& prefer = {}) const {
    try {
      merge(names, output, prefer);
    } catch (const std::exception& e) {
      return e.what();
    }
    return "no error";
  }

  std::string exported(const std::string& name) const {
    std::vector<Store> stores = RunDirectory(path(name)).open_for_reading();
    std::ostringstream out;
    export_runs(stores, ExportFormat::csv, ExportDetail::reproducible, out);
    export_probes(stores, ExportFormat::csv, out);
    return out.str();
  }

  std::vector<std::string> files(const std::string& name) const {
    std::vector<std::string> list;
    for (const auto& entry : fs::directory_iterator(path(name)))
      list.push_back(entry.path().filename());
    std::sort(list.begin(), list.end());
    return list;
  }

  testing::TemporaryDirectory temporary_;
  std::vector<RunSpec> specs_ = testing::runs_of(kGrid);
};

TEST_F(DirectoryMergeTest, OverlappingPartsBecomeTheWholeAndMergingAgainChangesNothing) {
  fill("whole", results(0, 8));
  fill("a", results(0, 5));
  fill("b", results(3, 8), Shard{.index = 2, .count = 2});

  const MergeReport first = merge({"a", "b", "a"}, "out");
  const MergeReport again = merge({"b", "a"}, "out");

  EXPECT_EQ(first.databases, 2U);
  EXPECT_EQ(first.counts.added, 8U);
  EXPECT_EQ(first.counts.present, 2U);
  EXPECT_EQ(again.counts.added, 0U);
  EXPECT_EQ(again.counts.present, 10U);
  EXPECT_EQ(exported("out"), exported("whole"));
  EXPECT_EQ(exported("a") == exported("whole"), false);
  EXPECT_EQ(RunDirectory(path("out")).open_for_reading()[0].sessions().size(), 2U);
  EXPECT_EQ(expand_grid(RunDirectory(path("out")).manifest()).size(), 8U);
}

TEST_F(DirectoryMergeTest, ADirectoryOfShardsIsJoinedInPlace) {
  fill("whole", results(0, 8));
  for (std::size_t shard = 1; shard <= 4; ++shard)
    fill("d", results(2 * (shard - 1), 2 * shard), Shard{.index = shard, .count = 4});
  const std::string before = exported("d");

  const MergeReport report = merge({"d"}, "d");

  EXPECT_EQ(report.counts.added, 8U);
  EXPECT_THAT(files("d"), ElementsAre("manifest.json", "manifest.lock", "manifest.yaml",
                                      "runs-0.db", "runs-0.lock"));
  EXPECT_EQ(before, exported("whole"));
  EXPECT_EQ(exported("d"), before);
}

TEST_F(DirectoryMergeTest, AMergeThatWasCutOffWhileRemovingShardsEndsTheSame) {
  fill("d", results(0, 4), Shard{.index = 1, .count = 2});
  fill("d", results(4, 8), Shard{.index = 2, .count = 2});
  fs::copy(path("d"), path("copy"));
  merge({"copy"}, "d");
  // What is left if it ended after one database was removed, but not its lock.
  fs::remove(path("d") / "runs-1.db");
  std::ofstream(path("d") / "runs-1.lock") << "process 1 on a machine that is gone";
  fs::copy_file(path("copy") / "runs-2.db", path("d") / "runs-2.db",
                fs::copy_options::overwrite_existing);

  const MergeReport report = merge({"d"}, "d");

  EXPECT_EQ(report.counts.added, 0U);
  EXPECT_EQ(report.counts.present, 4U);
  EXPECT_THAT(files("d"), ElementsAre("manifest.json", "manifest.lock", "manifest.yaml",
                                      "runs-0.db", "runs-0.lock"));
  EXPECT_EQ(exported("d"), exported("copy"));
}

TEST_F(DirectoryMergeTest, DifferentResultsAreRefusedByNameAndNothingIsWritten) {
  fill("a", results(0, 4));
  std::vector<RunResult> other = results(2, 6);
  other[0].loss = 0.5;
  other[0].engine = "cuda";
  other[1].probes[1].layers[0].q = 0.125;
  fill("b", other);
  fill("out", results(0, 1));
  const std::string before = exported("out");

  const std::string error = merge_error({"a", "b"}, "out");

  EXPECT_THAT(error, HasSubstr("2 runs have different results (nothing was written)"));
  EXPECT_THAT(
      error,
      HasSubstr("run " + run_id(specs_[2]) + " in " + (path("a") / "runs-0.db").string() + " and " +
                (path("b") / "runs-0.db").string() + ": loss 0.25 (cpu) and 0.5 (cuda)"));
  EXPECT_THAT(error, HasSubstr("run " + run_id(specs_[3])));
  EXPECT_THAT(error, HasSubstr("q of the probe at step 50"));
  EXPECT_EQ(exported("out"), before);
}

TEST_F(DirectoryMergeTest, ARefusedMergeLeavesNoNewDirectory) {
  fill("a", results(0, 1));
  std::vector<RunResult> other = results(0, 1);
  other[0].steps = StepCount(49);
  fill("b", other);

  EXPECT_THAT(merge_error({"a", "b"}, "out"), HasSubstr("steps 50 (cpu) and 49 (cpu)"));

  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(DirectoryMergeTest, TheResultsOfAPreferredDirectoryWin) {
  fill("a", results(0, 4));
  std::vector<RunResult> other = results(2, 6);
  for (RunResult& result : other)
    result.loss = 0.5;
  fill("b", other);
  fill("expected", results(0, 2));
  fill("expected", other);

  const MergeReport report = merge({"a", "b"}, "out", "b");
  merge({"a", "b"}, "a", "b");

  EXPECT_EQ(report.counts.replaced, 0U);  // b came first
  EXPECT_EQ(exported("out"), exported("expected"));
  EXPECT_EQ(exported("a"), exported("expected"));
  EXPECT_EQ(merge({"a", "b"}, "a", "a").counts.added, 0U);
  EXPECT_THAT(merge_error({"a", "b"}, "out", "c"), HasSubstr("none of the directories"));
}

TEST_F(DirectoryMergeTest, ResultsThatDifferInTimeAndPlaceAloneAreTheSame) {
  fill("a", results(0, 1));
  std::vector<RunResult> later = results(0, 1);
  later[0].seconds = 9.0;
  later[0].device = "cpu:7";
  later[0].engine = "cuda";
  fill("b", later);

  const MergeReport report = merge({"a", "b"}, "out");

  EXPECT_EQ(report.counts.present, 1U);
  EXPECT_EQ(RunDirectory(path("out")).open_for_reading()[0].runs()[0].device, "cpu:0");
}

TEST_F(DirectoryMergeTest, AnErrorGivesWayToAResultWhicheverComesFirst) {
  fill("error", {testing::result_of(specs_[0], RunStatus::error)});
  fill("result", results(0, 1));

  EXPECT_EQ(merge({"error", "result"}, "out").counts.mended, 1U);
  EXPECT_EQ(merge({"result", "error"}, "other").counts.mended, 0U);

  EXPECT_EQ(exported("out"), exported("result"));
  EXPECT_EQ(exported("other"), exported("result"));
}

TEST_F(DirectoryMergeTest, AShardThatIsBeingWrittenIsLeftAlone) {
  fill("d", results(0, 4), Shard{.index = 1, .count = 2});
  const Manifest manifest = testing::manifest_with_grid(kGrid);
  const auto writer =
      RunDirectory(path("d")).open_for_writing(manifest, Shard{.index = 2, .count = 2});

  const std::string error = merge_error({"d"}, "d");

  EXPECT_THAT(error, AllOf(HasSubstr("is in use by process"), HasSubstr("shard 2/2")));
  EXPECT_THAT(files("d"), ElementsAre("manifest.json", "manifest.lock", "manifest.yaml",
                                      "runs-1.db", "runs-1.lock", "runs-2.db", "runs-2.lock"));
  EXPECT_EQ(merge({"d"}, "out").writers.size(), 1U);
}

TEST_F(DirectoryMergeTest, AnotherSweepIsRefused) {
  fill("a", results(0, 1));
  const std::string text = testing::manifest_text("{depth: 9, width: 9}");
  const Manifest other = parse_manifest("name: other" + text.substr(text.find('\n')), "m.yaml");
  RunDirectory(path("b")).open_for_writing(other);

  EXPECT_THAT(merge_error({"a", "b"}, "out"), HasSubstr("holds another sweep ('other') than"));

  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(DirectoryMergeTest, ManifestsThatExtendTheSweepAreKept) {
  fill("a", results(0, 1));
  fill("b", results(1, 2), {}, "{depth: [1, 2, 3], width: 2, seed: {count: 4}}");

  merge({"a", "b"}, "out");
  merge({"a", "b"}, "out");

  EXPECT_THAT(files("out"), ElementsAre("manifest-1.yaml", "manifest.json", "manifest.lock",
                                        "manifest.yaml", "runs-0.db", "runs-0.lock"));
  EXPECT_EQ(expand_grid(RunDirectory(path("out")).manifest()).size(), 8U);
}

TEST_F(DirectoryMergeTest, DoubleAndSinglePrecisionDoNotMix) {
  fill("a", results(0, 1));
  std::vector<RunResult> reference = results(1, 2);
  reference[0].engine = "reference";
  fill("b", reference);

  EXPECT_THAT(merge_error({"a", "b"}, "out"), HasSubstr("double and single precision do not mix"));
}

TEST_F(DirectoryMergeTest, WhatIsNotARunDirectoryIsExplained) {
  fill("a", results(0, 1));
  fs::create_directory(path("empty"));

  EXPECT_THAT(merge_error({"a", "missing"}, "out"), HasSubstr("is not a directory"));
  EXPECT_THAT(merge_error({"a", "empty"}, "out"), HasSubstr("holds no results"));
}

}  // namespace
}  // namespace vnsweep
