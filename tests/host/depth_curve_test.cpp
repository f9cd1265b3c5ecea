#include "host/report/depth_curve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string_view>

#include "host/stats/seed_bootstrap.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

/// Runs of a grid with depths 2, 5, 10, 20 by seed: 'F' failed, 's' succeeded, 'e' errored, ' ' not
/// run.
std::vector<StoredRun> stored(const std::vector<std::string_view>& seeds, Seeding seeding,
                              std::int64_t width = 3) {
  constexpr std::int64_t kDepths[] = {2, 5, 10, 20};
  std::vector<StoredRun> runs;
  for (std::size_t s = 0; s < seeds.size(); ++s) {
    for (std::size_t d = 0; d < seeds[s].size(); ++d) {
      const char outcome = seeds[s][d];
      if (outcome == ' ') continue;
      StoredRun run;
      run.spec = testing::runs_of("{depth: 2, width: 3, seed: 0}").front();
      run.spec.depth = kDepths[d];
      run.spec.width = width;
      run.spec.seed = static_cast<std::int64_t>(s);
      run.spec.seeding = seeding;
      run.status = outcome == 'F'   ? RunStatus::failed
                   : outcome == 's' ? RunStatus::succeeded
                                    : RunStatus::error;
      runs.push_back(run);
    }
  }
  return runs;
}

// Failures of 6 at each depth: 1, 2, 3, 5; and the same of seeds that lack depths or errored there.
const std::vector<std::string_view> kComplete = {"sssF", "ssFF", "FFFF", "ssss", "sFsF", "ssFF"};
const std::vector<std::string_view> kRagged = {"sssF", "seFF", "FFFe", "ss",
                                               " FsF", "   F", "ssss"};

TEST(DepthCurveTest, IndependentRunsAreCountedByDepth) {
  const auto curves = measure_depth_curves(stored(kComplete, Seeding::independent), 0.95);

  ASSERT_EQ(curves.size(), 1U);
  ASSERT_TRUE(curves[0].trend);
  // By hand: 11 of 24 failed, the depths add up to 37.
  const double statistic = 1 * 2 + 2 * 5 + 3 * 10 + 5 * 20 - 11 * 37.0 / 4;
  const double spread = 6 * (4 + 25 + 100 + 400 - 37.0 * 37.0 / 4);
  EXPECT_NEAR(curves[0].trend->z, statistic / std::sqrt(11.0 * 13.0 / 576.0 * spread), 1e-12);
  EXPECT_EQ(curves[0].measured.shallowest, 2.0);
  EXPECT_EQ(curves[0].measured.deepest, 20.0);
  const std::vector<DepthCount> counts = {{2, 1, 6}, {5, 2, 6}, {10, 3, 6}, {20, 5, 6}};
  EXPECT_EQ(curves[0].depth50.ci_low, depth50_by_profile(counts, 0.95).ci_low);
}

TEST(DepthCurveTest, PairedRunsAreTakenBySeedWithoutErrors) {
  const auto runs = stored(kRagged, Seeding::paired);
  const auto curves = measure_depth_curves(runs, 0.8);

  ASSERT_EQ(curves.size(), 1U);
  ASSERT_TRUE(curves[0].trend);
  // statsmodels 0.13.5, tools/oracles/seed_clustered_trend.py.
  EXPECT_NEAR(std::pow(curves[0].trend->z, 2), 2.6268432593910855, 1e-9);
  std::vector<Outcome> outcomes;
  for (const StoredRun& run : runs) {
    if (run.status == RunStatus::error) continue;
    outcomes.push_back(
        {run.spec.seed, static_cast<double>(run.spec.depth), run.status == RunStatus::failed});
  }
  const Depth50 expected = depth50_over_seeds(outcomes, 0.8, {.key = resampling_key(outcomes)});
  EXPECT_TRUE(curves[0].depth50.bracketed());
  EXPECT_EQ(curves[0].depth50.ci_low, expected.ci_low);
  EXPECT_EQ(curves[0].depth50.ci_high, expected.ci_high);
}

TEST(DepthCurveTest, EveryOtherFieldHasItsOwnCurveWhateverTheOrderOfRuns) {
  std::vector<StoredRun> runs = stored(kComplete, Seeding::paired, 3);
  const std::vector<StoredRun> wider = stored(kComplete, Seeding::paired, 8);
  runs.insert(runs.end(), wider.begin(), wider.end());
  std::vector<StoredRun> reversed = runs;
  std::reverse(reversed.begin(), reversed.end());

  const auto curves = measure_depth_curves(runs, 0.95);
  const auto of_reversed = measure_depth_curves(reversed, 0.95);

  ASSERT_EQ(curves.size(), 2U);
  ASSERT_EQ(of_reversed.size(), 2U);
  EXPECT_NE(curves[0].spec.width, curves[1].spec.width);
  EXPECT_EQ(curves[0].depth50.ci_low, curves[1].depth50.ci_low);
  EXPECT_EQ(curves[0].depth50.ci_high, of_reversed[0].depth50.ci_high);
}

TEST(DepthCurveTest, EveryBitIsTheSameInWhateverOrderRunsFinished) {
  std::mt19937 random(1);
  for (const Seeding seeding : {Seeding::paired, Seeding::independent}) {
    std::vector<StoredRun> runs = stored(kRagged, seeding);
    const std::vector<DepthCurve> curves = measure_depth_curves(runs, 0.8);
    ASSERT_EQ(curves.size(), 1U);
    ASSERT_TRUE(curves[0].trend && curves[0].depth50.estimate);
    for (int shuffle = 0; shuffle < 20; ++shuffle) {
      std::shuffle(runs.begin(), runs.end(), random);

      const std::vector<DepthCurve> of_shuffled = measure_depth_curves(runs, 0.8);

      ASSERT_EQ(of_shuffled.size(), 1U);
      ASSERT_TRUE(of_shuffled[0].trend);
      EXPECT_EQ(of_shuffled[0].trend->z, curves[0].trend->z);
      EXPECT_EQ(of_shuffled[0].trend->p_value, curves[0].trend->p_value);
      EXPECT_EQ(of_shuffled[0].depth50.estimate, curves[0].depth50.estimate);
      EXPECT_EQ(of_shuffled[0].depth50.ci_low, curves[0].depth50.ci_low);
      EXPECT_EQ(of_shuffled[0].depth50.ci_high, curves[0].depth50.ci_high);
    }
  }
}

TEST(DepthCurveTest, OneDepthMakesNoCurve) {
  EXPECT_TRUE(measure_depth_curves({}, 0.95).empty());
  EXPECT_TRUE(measure_depth_curves(stored({"s", "F"}, Seeding::independent), 0.95).empty());
  EXPECT_TRUE(measure_depth_curves(stored({"se", "Fe"}, Seeding::paired), 0.95).empty());
}

}  // namespace
}  // namespace vnsweep
