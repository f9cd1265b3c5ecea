#include "host/stats/grouped_strata.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "host/stats/mantel_haenszel.hpp"

namespace vnsweep {
namespace {

/// Outcomes of both samples of a stratum by group: 'F' failed, 's' succeeded, ' ' no run.
struct Stratum {
  std::string first;
  std::string second;
};

std::vector<StratifiedRun> runs_of(const std::vector<Stratum>& strata) {
  std::vector<StratifiedRun> runs;
  for (std::size_t stratum = 0; stratum < strata.size(); ++stratum) {
    for (const bool is_second : {false, true}) {
      const std::string& outcomes = is_second ? strata[stratum].second : strata[stratum].first;
      for (std::size_t group = 0; group < outcomes.size(); ++group) {
        if (outcomes[group] != ' ')
          runs.push_back({stratum, group, is_second, outcomes[group] == 'F'});
      }
    }
  }
  return runs;
}

const std::vector<Stratum> kStrata = {
    {"FssF s", "FFsFFs"}, {"Fss ss", "FFFFss"}, {"FFsFss", "FF FFF"}};

TEST(GroupedStrataTest, TheTestAgreesWithTheGeneralizedScoreTest) {
  // statsmodels 0.15.0, GEE.compare_score_test. tools/oracles/two_samples.py
  const auto test = mantel_haenszel_by_group(runs_of(kStrata));

  ASSERT_TRUE(test);
  EXPECT_NEAR(test->p_value, 0.041761312092843839, 1e-9);
  EXPECT_FALSE(test->is_exact);
}

TEST(GroupedStrataTest, TheIntervalAgreesWithAClusterRobustModel) {
  // statsmodels 0.15.0, OLS with a parameter for each sample. tools/oracles/two_samples.py
  const Interval interval = grouped_interval(runs_of(kStrata), 0.95);

  EXPECT_NEAR(interval.low, 0.084943342779220443, 1e-9);
  EXPECT_NEAR(interval.high, 0.73727887944300186, 1e-9);
}

TEST(GroupedStrataTest, StrataThatLackASampleChangeNothing) {
  std::vector<Stratum> strata = kStrata;
  strata.push_back({"FFFFFF", ""});
  strata.push_back({"", "ssssss"});

  EXPECT_EQ(mantel_haenszel_by_group(runs_of(strata))->p_value,
            mantel_haenszel_by_group(runs_of(kStrata))->p_value);
  EXPECT_EQ(grouped_interval(runs_of(strata), 0.95).low,
            grouped_interval(runs_of(kStrata), 0.95).low);
}

TEST(GroupedStrataTest, AStratumRepeatedIsNoMoreEvidence) {
  const std::vector<Stratum> once = {{"FssFss", "FFsFFs"}};
  const std::vector<Stratum> thrice(3, once[0]);

  EXPECT_NEAR(mantel_haenszel_by_group(runs_of(thrice))->p_value,
              mantel_haenszel_by_group(runs_of(once))->p_value, 1e-12);
}

TEST(GroupedStrataTest, WhereNothingDiffersItIsOne) {
  EXPECT_EQ(mantel_haenszel_by_group(runs_of({{"sss", "sss"}, {"FFF", "FFF"}}))->p_value, 1.0);
  EXPECT_EQ(mantel_haenszel_by_group(runs_of({{"sFF", "sFF"}}))->p_value, 1.0);
}

TEST(GroupedStrataTest, ErrsAsOftenAsItSaysWhereStrataRepeatEachOther) {
  // 30 groups a side, each failing with probability 1/2, in all of four strata or in none.
  std::mt19937 random(1);  // its bits are the same everywhere
  constexpr int kSweeps = 1000;
  int by_group = 0;
  int as_independent = 0;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    std::vector<StratifiedRun> runs;
    TwoSamples counts{{0, 30}, {0, 30}};
    for (std::uint64_t group = 0; group < 60; ++group) {
      const bool failed = (random() & 1U) != 0;
      const bool is_second = group >= 30;
      (is_second ? counts.second : counts.first).failed += failed ? 1 : 0;
      for (std::size_t stratum = 0; stratum < 4; ++stratum)
        runs.push_back({stratum, group, is_second, failed});
    }
    if (mantel_haenszel_by_group(runs)->p_value <= 0.05) ++by_group;
    if (mantel_haenszel(std::vector<TwoSamples>(4, counts)).p_value <= 0.05) ++as_independent;
  }

  EXPECT_NEAR(by_group / static_cast<double>(kSweeps), 0.05, 0.03);
  EXPECT_GT(as_independent / static_cast<double>(kSweeps), 0.2);
}

TEST(GroupedStrataTest, OfFewerThanTwoGroupsNothingIsKnown) {
  EXPECT_FALSE(mantel_haenszel_by_group(runs_of({{"s", "F"}, {"s", "F"}})));
  EXPECT_FALSE(mantel_haenszel_by_group({}));
  EXPECT_EQ(grouped_interval(runs_of({{"s", "F"}}), 0.95).low, -1.0);
  EXPECT_EQ(grouped_interval(runs_of({{"s", "F"}}), 0.95).high, 1.0);
}

}  // namespace
}  // namespace vnsweep
