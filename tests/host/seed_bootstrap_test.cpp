#include "host/stats/seed_bootstrap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tests/host/outcome_rows.hpp"

namespace vnsweep {
namespace {

std::vector<Outcome> rows(const std::vector<std::string_view>& seeds) {
  return testing::outcome_rows({2, 5, 10, 20, 40}, seeds);
}

const std::vector<Outcome> kComplete = rows({"sssFF", "ssFFF", "sssFF", "ssssF", "sssss", "sFFFF",
                                             "ssFsF", "sssFF", "FFFFF", "ssssF", "sssFF", "ssFFF"});
const std::vector<Outcome> kRagged =
    rows({"sssFF", "ssFFF", "sssFF", "ssssF", "sssss", "sFFFF", "ssFsF", "sssFF", "FFFFF", "ssssF",
          "sssFF", "ssFFF", "  sF ", "  FF ", "  ss ", "s   F"});
constexpr Resampling kResampling = {.resamples = 2000, .key = 0x0123456789ABCDEF};

TEST(SeedBootstrapTest, AgreesWithAnIndependentBootstrapOfTheSameDraws) {
  struct Reference {
    const std::vector<Outcome>& outcomes;
    double confidence, estimate, low, high;
  };
  // NumPy 1.24.2, SciPy 1.10.1, tools/oracles/seed_bootstrap.py.
  const Reference references[] = {
      {kComplete, 0.80, 16.285050382672086, 10.580714716773512, 23.009474137299094},
      {kComplete, 0.95, 16.285050382672086, 7.5581947545861903, 27.635547664102962},
      {kRagged, 0.80, 16.06477922055446, 11.116980258117128, 21.303373683461558},
      {kRagged, 0.95, 16.06477922055446, 8.844201814737076, 25.078040814007856},
  };
  for (const Reference& r : references) {
    const Depth50 result = depth50_over_seeds(r.outcomes, r.confidence, kResampling);

    EXPECT_TRUE(result.bracketed());
    ASSERT_TRUE(result.estimate && result.ci_low && result.ci_high);
    EXPECT_NEAR(*result.estimate, r.estimate, 1e-9);
    EXPECT_NEAR(*result.ci_low, r.low, 1e-9);
    EXPECT_NEAR(*result.ci_high, r.high, 1e-9);
  }
}

TEST(SeedBootstrapTest, TheOrderOfOutcomesDoesNotMatterTheirContentDoes) {
  std::vector<Outcome> reversed = kRagged;
  std::reverse(reversed.begin(), reversed.end());
  std::vector<Outcome> changed = kRagged;
  changed.back().failed = false;

  const std::uint64_t key = resampling_key(kRagged);
  const Depth50 result = depth50_over_seeds(kRagged, 0.95, {.key = key});
  const Depth50 of_reversed = depth50_over_seeds(reversed, 0.95, {.key = key});

  EXPECT_EQ(resampling_key(reversed), key);
  EXPECT_NE(resampling_key(changed), key);
  EXPECT_EQ(result.ci_low, of_reversed.ci_low);
  EXPECT_EQ(result.ci_high, of_reversed.ci_high);
}

TEST(SeedBootstrapTest, SeedsThatAllAgreeAreNotTakenForCertainty) {
  const std::vector<Outcome> equal = rows({"sssFF", "sssFF", "sssFF", "sssFF", "sssFF", "sssFF"});

  const Depth50 result = depth50_over_seeds(equal, 0.95, kResampling);
  const Depth50 profile = depth50_by_profile(count_by_depth(equal), 0.95);

  ASSERT_TRUE(profile.ci_low && profile.ci_high);
  EXPECT_EQ(result.ci_low, profile.ci_low);
  EXPECT_EQ(result.ci_high, profile.ci_high);
  EXPECT_GT(*result.ci_high - *result.ci_low, 5.0);
}

TEST(SeedBootstrapTest, ResamplesBeyondTheMeasuredDepthsLeaveTheIntervalOpen) {
  const std::vector<Outcome> outcomes =
      rows({"ssssF", "ssssF", "sssss", "ssssF", "sssss", "sssFF", "sssss", "sssFF"});

  const Depth50 result = depth50_over_seeds(outcomes, 0.95, kResampling);

  EXPECT_TRUE(result.bracketed());
  EXPECT_TRUE(result.ci_low);
  EXPECT_FALSE(result.ci_high);
}

TEST(SeedBootstrapTest, ResamplesThatDoNotRiseCountAgainstBothEnds) {
  std::vector<Outcome> outcomes;
  for (const std::string_view row : {"sssFF", "sssFF", "sssFF", "sssFF", "FFFss"}) {
    for (int repetition = 0; repetition < 5; ++repetition) {
      for (Outcome outcome : rows({row})) {
        outcome.seed = row == "FFFss" ? 1 : 0;
        outcomes.push_back(outcome);
      }
    }
  }

  // A quarter of the resamples hold nothing but the seed that falls, more than either tail.
  const Depth50 result = depth50_over_seeds(outcomes, 0.5, kResampling);
  const Depth50 profile = depth50_by_profile(count_by_depth(outcomes), 0.5);

  EXPECT_TRUE(result.bracketed());
  EXPECT_TRUE(profile.ci_low && profile.ci_high);
  EXPECT_FALSE(result.ci_low || result.ci_high);
}

TEST(SeedBootstrapTest, ResamplesThatDoNotSettleNarrowNothingAndAreReported) {
  // A depth that cannot be squared does no harm among others, where it has no weight. A quarter of
  // the resamples hold nothing but seed 0.
  std::vector<Outcome> outcomes = {{0, 1, false}, {0, 1e200, true}};
  for (const std::string_view row : {"sssFF", "sssFF", "ssFFF", "ssFFF", "ssssF"}) {
    for (const Outcome& outcome : rows({row}))
      outcomes.push_back({1, outcome.depth, outcome.failed});
  }

  const Depth50 result = depth50_over_seeds(outcomes, 0.5, kResampling);

  EXPECT_TRUE(result.bracketed());
  EXPECT_FALSE(result.ci_low || result.ci_high);
  EXPECT_NEAR(static_cast<double>(result.unsettled_resamples), 500.0, 4 * std::sqrt(375.0));
}

TEST(SeedBootstrapTest, WithoutAFailureTheCrossingIsDeeper) {
  const Depth50 none =
      depth50_over_seeds(rows({"sssss", "sssss", "sssss", "sssss", "sssss"}), 0.95, kResampling);
  const Depth50 all =
      depth50_over_seeds(rows({"FFFFF", "FFFFF", "FFFFF", "FFFFF", "FFFFF"}), 0.95, kResampling);

  EXPECT_EQ(none.crossing, Crossing::deeper);
  EXPECT_FALSE(none.ci_high);
  EXPECT_EQ(all.crossing, Crossing::shallower);
  EXPECT_FALSE(all.ci_low);
}

TEST(SeedBootstrapTest, DegenerateDataHaveNoCrossingOrNoEnds) {
  const Depth50 one_seed = depth50_over_seeds(rows({"sssFF"}), 0.95, kResampling);
  const Depth50 one_depth = depth50_over_seeds(rows({"s", "F", "F"}), 0.95, kResampling);
  const Depth50 empty = depth50_over_seeds({}, 0.95, kResampling);
  const Depth50 falling = depth50_over_seeds(rows({"FFsss", "FFFss"}), 0.95, kResampling);

  EXPECT_TRUE(one_seed.bracketed());
  EXPECT_FALSE(one_seed.ci_low || one_seed.ci_high);
  EXPECT_EQ(one_depth.crossing, Crossing::none);
  EXPECT_EQ(empty.crossing, Crossing::none);
  EXPECT_EQ(falling.crossing, Crossing::none);
}

TEST(SeedBootstrapTest, ImpossibleArgumentsAreRefused) {
  EXPECT_THROW(depth50_over_seeds(kComplete, 0.0, kResampling), std::invalid_argument);
  EXPECT_THROW(depth50_over_seeds(kComplete, 0.95, {.resamples = 0}), std::invalid_argument);
  EXPECT_THROW(depth50_over_seeds(kComplete, 0.95, {.resamples = kMostResamples + 1}),
               std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
