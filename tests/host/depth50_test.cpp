#include "host/stats/depth50.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace vnsweep {
namespace {

using Counts = std::vector<DepthCount>;

const Counts kSeparated = {{2, 0, 40},   {5, 0, 40},   {10, 0, 40},
                           {20, 40, 40}, {40, 40, 40}, {60, 40, 40}};
const Counts kFewRuns = {{3, 1, 8}, {6, 0, 5}, {9, 3, 8}};

struct Reference {
  const char* name;
  Counts counts;
  double confidence;
  double estimate;
  double ci_low;
  double ci_high;
};

// mpmath 1.2.1 with 40 digits, tools/oracles/depth50_profile.py.
const Reference kIntervals[] = {
    {"rising",
     {{2, 0, 40}, {5, 0, 40}, {10, 2, 40}, {20, 11, 40}, {40, 35, 40}, {60, 40, 40}},
     0.95,
     27.316052042889246,
     24.192561067827262,
     30.722103305320164},
    {"separated", kSeparated, 0.5, 15.003032381241123, 14.231014950192941, 15.771362504224355},
    {"separated", kSeparated, 0.99, 15.003032381241123, 12.139971362924936, 17.774029399140127},
    {"unequal runs, wide range",
     {{1, 1, 7}, {10, 20011, 100'000}, {100, 2, 3}, {1000, 40, 50}, {100'000, 12, 12}},
     0.95,
     508.82901852318179,
     403.556981090479,
     660.92130042448192},
    {"many runs",
     {{10, 1234, 100'000}, {20, 20000, 100'000}, {30, 71000, 100'000}, {40, 99001, 100'000}},
     0.95,
     25.897071845171842,
     25.858180491902022,
     25.935959489618277},
    {"two depths", {{10, 0, 5}, {20, 5, 5}}, 0.95, 15.0, 10.778780839457938, 19.221219160542062},
};

TEST(Depth50Test, EstimateAndIntervalAgreeWithAnIndependentProfile) {
  for (const Reference& r : kIntervals) {
    const Depth50 result = depth50_by_profile(r.counts, r.confidence);

    EXPECT_TRUE(result.bracketed()) << r.name;
    ASSERT_TRUE(result.estimate && result.ci_low && result.ci_high) << r.name;
    EXPECT_NEAR(*result.estimate / r.estimate, 1.0, 1e-10) << r.name;
    EXPECT_NEAR(*result.ci_low / r.ci_low, 1.0, 1e-9) << r.name;
    EXPECT_NEAR(*result.ci_high / r.ci_high, 1.0, 1e-9) << r.name;
  }
}

TEST(Depth50Test, AnIntervalThatLeavesTheMeasuredDepthsHasNoEnd) {
  const Depth50 at_99 = depth50_by_profile(Counts{{10, 0, 5}, {20, 5, 5}}, 0.99);
  const Depth50 noise = depth50_by_profile(Counts{{1, 0, 1}, {2, 1, 1}, {3, 0, 1}, {4, 1, 1}}, 0.5);

  EXPECT_TRUE(at_99.bracketed());
  EXPECT_FALSE(at_99.ci_low || at_99.ci_high);
  EXPECT_NEAR(*noise.estimate, 2.5, 1e-10);
  EXPECT_FALSE(noise.ci_low || noise.ci_high);
}

TEST(Depth50Test, ACrossingBeyondTheDeepestIsNotExtrapolated) {
  // The fit crosses at 11.8; the interval reaches down to 7.6 (mpmath, as above).
  const Depth50 result = depth50_by_profile(kFewRuns, 0.95);

  EXPECT_EQ(result.crossing, Crossing::deeper);
  EXPECT_FALSE(result.bracketed());
  EXPECT_FALSE(result.estimate);
  ASSERT_TRUE(result.ci_low);
  EXPECT_NEAR(*result.ci_low, 7.6012830566933876, 1e-8);
  EXPECT_FALSE(result.ci_high);
}

TEST(Depth50Test, ACrossingBeforeTheShallowestIsTheMirrorImage) {
  const Depth50 result = depth50_by_profile(Counts{{3, 5, 8}, {6, 5, 5}, {9, 7, 8}}, 0.95);

  EXPECT_EQ(result.crossing, Crossing::shallower);
  EXPECT_FALSE(result.estimate);
  EXPECT_FALSE(result.ci_low);
  ASSERT_TRUE(result.ci_high);
  EXPECT_NEAR(*result.ci_high, 12.0 - 7.6012830566933876, 1e-8);
}

TEST(Depth50Test, ACrossingSurelyBeyondIsBoundedByTheLastDepth) {
  const Depth50 deeper = depth50_by_profile(Counts{{2, 0, 40}, {4, 2, 40}, {8, 7, 40}}, 0.95);
  const Depth50 none_failed = depth50_by_profile(Counts{{2, 0, 40}, {5, 0, 40}, {60, 0, 40}}, 0.95);
  const Depth50 all_failed = depth50_by_profile(Counts{{2, 9, 9}, {5, 9, 9}, {60, 9, 9}}, 0.95);

  EXPECT_EQ(deeper.crossing, Crossing::deeper);
  EXPECT_EQ(deeper.ci_low, 8.0);
  EXPECT_FALSE(deeper.ci_high);
  EXPECT_EQ(none_failed.crossing, Crossing::deeper);
  EXPECT_EQ(none_failed.ci_low, 60.0);
  EXPECT_FALSE(none_failed.ci_high);
  EXPECT_EQ(all_failed.crossing, Crossing::shallower);
  EXPECT_FALSE(all_failed.ci_low);
  EXPECT_EQ(all_failed.ci_high, 2.0);
}

TEST(Depth50Test, DataThatFallOrHaveOneDepthDoNotCross) {
  const Depth50 falling = depth50_by_profile(Counts{{3, 7, 8}, {6, 4, 8}, {9, 1, 8}}, 0.95);
  const Depth50 one_depth = depth50_by_profile(Counts{{3, 4, 8}, {6, 0, 0}}, 0.95);
  const Depth50 no_depth = depth50_by_profile({}, 0.95);

  for (const Depth50& result : {falling, one_depth, no_depth}) {
    EXPECT_EQ(result.crossing, Crossing::none);
    EXPECT_FALSE(result.estimate || result.ci_low || result.ci_high);
  }
}

TEST(Depth50Test, ACrossingAtAMeasuredDepthIsWithin) {
  const DepthRange range = {2.0, 60.0};

  EXPECT_EQ(place_crossing(60.0, range).crossing, Crossing::within);
  EXPECT_EQ(place_crossing(2.0, range).estimate, 2.0);
  EXPECT_EQ(place_crossing(60.5, range).crossing, Crossing::deeper);
  EXPECT_EQ(place_crossing(1.5, range).crossing, Crossing::shallower);
  EXPECT_EQ(place_crossing(std::nan(""), range).crossing, Crossing::none);
}

TEST(Depth50Test, AFitThatDoesNotSettleIsToldFromNoCrossing) {
  const Depth50 result = depth50_by_profile(Counts{{0, 0, 2}, {1e200, 2, 2}}, 0.95);

  EXPECT_EQ(result.crossing, Crossing::unsettled);
  EXPECT_EQ(to_string(result.crossing), "unsettled");
  EXPECT_FALSE(result.estimate || result.ci_low || result.ci_high);
}

TEST(Depth50Test, ImpossibleArgumentsAreRefused) {
  EXPECT_THROW(depth50_by_profile(kFewRuns, 1.0), std::invalid_argument);
  EXPECT_THROW(depth50_by_profile(kFewRuns, std::nan("")), std::invalid_argument);
  EXPECT_THROW(depth50_by_profile(Counts{{3, 9, 8}, {6, 4, 8}}, 0.95), std::invalid_argument);
  EXPECT_THROW(measured_range(Counts{{3, 0, 0}}), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
