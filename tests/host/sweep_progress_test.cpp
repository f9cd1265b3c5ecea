#include "host/plan/sweep_progress.hpp"

#include <gmock/gmock.h>

#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using Outcomes = std::unordered_map<std::string, KnownOutcome>;

class SweepProgressTest : public ::testing::Test {
 protected:
  explicit SweepProgressTest(const std::string& grid =
                                 "{depth: [2, 30], width: 4, seed: {min: 20, "
                                 "max: 100, halfwidth: 0.1}}")
      : manifest_(parse_manifest(testing::manifest_text(grid), "m.yaml")),
        runs_(expand_grid(manifest_)) {}

  /// Deep networks fail, and every other of the shallow ones.
  static KnownOutcome outcome_of(const RunSpec& spec) {
    return spec.depth == 30 || spec.seed % 2 == 0 ? KnownOutcome::failed : KnownOutcome::succeeded;
  }

  Manifest manifest_;
  std::vector<RunSpec> runs_;
};

TEST_F(SweepProgressTest, EveryCellBeginsWithItsFirstSeeds) {
  const SweepProgress sweep(manifest_, runs_);

  const std::vector<RunSpec> missing = sweep.missing();

  ASSERT_EQ(missing.size(), 40U);
  EXPECT_EQ(missing[0].depth, 2);
  EXPECT_EQ(missing[19].seed, 19);
  EXPECT_EQ(missing[20].depth, 30);
  EXPECT_EQ(missing[20].seed, 0);
}

TEST_F(SweepProgressTest, OnlyCellsWithWideIntervalsGetMore) {
  SweepProgress sweep(manifest_, runs_);
  std::size_t made = 0;
  while (true) {
    Outcomes outcomes;
    for (const RunSpec& spec : sweep.missing())
      outcomes.emplace(run_id(spec), outcome_of(spec));
    if (outcomes.empty()) break;
    made += outcomes.size();
    sweep.learn(outcomes);
  }

  const SweepProgress::Counts counts = sweep.counts();
  EXPECT_EQ(counts.wanted, made);
  EXPECT_EQ(counts.missing, 0U);
  // Half-widths of Wilson's interval by statsmodels 0.13.5: 0.0806 for 20 of 20, 0.1001 for 46 of
  // 92 and 0.0991 for 47 of 94, so the shallow cell ends between 93 and 100.
  EXPECT_GE(made, 20U + 93U);
  EXPECT_LE(made, 20U + 100U);
}

TEST_F(SweepProgressTest, WhatACellNeedsDependsOnItsFirstSeedsAlone) {
  SweepProgress sweep(manifest_, runs_);
  Outcomes outcomes;
  for (const RunSpec& spec : runs_) {
    if (spec.seed != 5) outcomes.emplace(run_id(spec), outcome_of(spec));
  }

  sweep.learn(outcomes);

  // Later seeds are known, as if from an earlier sweep, but seed 5 decides with the first twenty.
  EXPECT_EQ(sweep.missing().size(), 2U);
  EXPECT_EQ(sweep.counts().wanted, 40U);
}

TEST_F(SweepProgressTest, ErrorsAreNeitherDataNorMissing) {
  SweepProgress sweep(manifest_, runs_);
  Outcomes outcomes;
  for (const RunSpec& spec : sweep.missing()) {
    outcomes.emplace(run_id(spec),
                     spec.depth == 30 && spec.seed < 10 ? KnownOutcome::error : outcome_of(spec));
  }

  sweep.learn(outcomes);

  // Ten failures of ten give a half-width of 0.139: the deep cell goes on.
  const std::vector<RunSpec> missing = sweep.missing();
  EXPECT_EQ(sweep.counts().errors, 10U);
  EXPECT_TRUE(std::any_of(missing.begin(), missing.end(),
                          [](const RunSpec& spec) { return spec.depth == 30; }));
}

TEST_F(SweepProgressTest, RunsOfOtherManifestsAreCountedApart) {
  SweepProgress sweep(manifest_, runs_);

  EXPECT_EQ(sweep.learn({{"no such run", KnownOutcome::failed}}), 1U);

  EXPECT_EQ(sweep.counts().failed, 0U);
}

class FixedSeedsTest : public SweepProgressTest {
 protected:
  FixedSeedsTest() : SweepProgressTest("{depth: [2, 30], width: 4, seed: {count: 3}}") {}
};

TEST_F(FixedSeedsTest, AllRunsAreWantedWhateverTheirOutcomes) {
  SweepProgress sweep(manifest_, runs_);
  sweep.learn({{run_id(runs_[0]), KnownOutcome::failed}});

  EXPECT_EQ(sweep.counts().wanted, 6U);
  EXPECT_EQ(sweep.counts().failed, 1U);
  EXPECT_EQ(sweep.missing(), std::vector<RunSpec>(runs_.begin() + 1, runs_.end()));
}

}  // namespace
}  // namespace vnsweep
