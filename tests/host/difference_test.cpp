#include "host/stats/difference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace vnsweep {
namespace {

struct Reference {
  TwoSamples samples;
  double low;
  double high;
};

TEST(DifferenceTest, OfIndependentSamplesAgreesWithStatsmodels) {
  // statsmodels 0.15.0, confint_proportions_2indep(method="newcomb", compare="diff").
  // tools/oracles/two_samples.py
  const std::vector<Reference> references = {
      {{{3, 40}, {11, 40}}, 0.03187755519946292, 0.36103783195100492},
      {{{0, 40}, {6, 40}}, 0.031762869443060018, 0.2907232436648971},
      {{{7, 8}, {2, 9}}, -0.84199525496187211, -0.17802900644788899},
      {{{1, 3}, {5, 1000}}, -0.78734932457601747, -0.056410594728433794},
      {{{12, 100'000}, {40, 100'000}}, 0.00014093824666423251, 0.00043344749472718863},
      {{{20, 20}, {0, 30}}, -1.0, -0.80290457390539449},
      {{{5, 10}, {5, 10}}, -0.37251362381991432, 0.37251362381991432},
  };
  for (const Reference& r : references) {
    const Difference difference = newcombe_independent(r.samples, 0.95);

    EXPECT_NEAR(difference.interval.low, r.low, 1e-12) << r.samples.first.failed;
    EXPECT_NEAR(difference.interval.high, r.high, 1e-12) << r.samples.first.failed;
    EXPECT_NEAR(difference.value, r.samples.second.share() - r.samples.first.share(), 1e-15);
  }
}

TEST(DifferenceTest, OfIndependentSamplesAgreesWithThePublishedExamples) {
  // Newcombe 1998, Statistics in Medicine 17:873, table II, method 10.
  const std::vector<Reference> published = {
      {{{48, 80}, {56, 70}}, 0.0524, 0.3339}, {{{3, 10}, {9, 10}}, 0.1705, 0.8090},
      {{{2, 7}, {6, 7}}, 0.0582, 0.8062},     {{{0, 29}, {5, 56}}, -0.0381, 0.1926},
      {{{0, 20}, {0, 10}}, -0.1611, 0.2775},  {{{0, 10}, {0, 10}}, -0.2775, 0.2775},
      {{{0, 20}, {10, 10}}, 0.6791, 1.0000},  {{{0, 10}, {10, 10}}, 0.6075, 1.0000},
  };
  for (const Reference& r : published) {
    const Difference difference = newcombe_independent(r.samples, 0.95);

    EXPECT_NEAR(difference.interval.low, r.low, 5.1e-5) << r.low;
    EXPECT_NEAR(difference.interval.high, r.high, 5.1e-5) << r.high;
  }
}

TEST(DifferenceTest, OfPairsAgreesWithAPublishedExample) {
  // Complete response before and after therapy (Cavo et al. 2012); R's contingencytables 3.0.1,
  // first minus second: -0.0621 (-0.1186 to -0.0046).
  const Difference difference = newcombe_paired({59, 6, 16, 80}, 0.95);

  EXPECT_NEAR(difference.value, 10.0 / 161.0, 1e-15);
  EXPECT_NEAR(difference.interval.low, 0.0046, 5.1e-5);
  EXPECT_NEAR(difference.interval.high, 0.1186, 5.1e-5);
}

TEST(DifferenceTest, OfPairsIsThatOfIndependentSamplesWhereOutcomesAreUnrelated) {
  // No covariance: both * neither = first_only * second_only.
  const Difference paired = newcombe_paired({4, 8, 8, 16}, 0.9);
  const Difference independent = newcombe_independent({{12, 36}, {12, 36}}, 0.9);

  EXPECT_DOUBLE_EQ(paired.interval.low, independent.interval.low);
  EXPECT_DOUBLE_EQ(paired.interval.high, independent.interval.high);
}

TEST(DifferenceTest, OfPairsIsNarrowerWhereTheyFailTogetherAndWiderWhereTheyDoNot) {
  const auto width = [](const Difference& d) { return d.interval.high - d.interval.low; };
  const double unrelated = width(newcombe_independent({{20, 40}, {20, 40}}, 0.95));

  EXPECT_LT(width(newcombe_paired({18, 2, 2, 18}, 0.95)), unrelated);
  EXPECT_GT(width(newcombe_paired({2, 18, 18, 2}, 0.95)), unrelated);
}

TEST(DifferenceTest, OfPairsThatEndedAlikeIsZeroWithAWidth) {
  const Difference difference = newcombe_paired({20, 0, 0, 20}, 0.95);

  EXPECT_EQ(difference.value, 0.0);
  EXPECT_LT(difference.interval.low, 0.0);
  EXPECT_GT(difference.interval.high, 0.0);
}

TEST(DifferenceTest, WithoutRunsNothingIsKnown) {
  for (const Difference& difference : {newcombe_independent({{0, 0}, {1, 3}}, 0.95),
                                       newcombe_paired({}, 0.95), mean_difference({})}) {
    EXPECT_TRUE(std::isnan(difference.value));
    EXPECT_EQ(difference.interval.low, -1.0);
    EXPECT_EQ(difference.interval.high, 1.0);
  }
}

TEST(DifferenceTest, TheMeanAddsTheSquaresOfDistances) {
  // Zou, Huang & Zhang 2009 on the intervals of statsmodels 0.15.0. tools/oracles/two_samples.py
  const std::vector<WeightedDifference> strata = {
      {newcombe_independent({{5, 40}, {9, 35}}, 0.95), 1.0},
      {newcombe_independent({{35, 40}, {30, 31}}, 0.95), 2.0},
      {Difference{}, 5.0},
      {newcombe_independent({{20, 40}, {33, 50}}, 0.95), 3.0}};

  const Difference mean = mean_difference(strata);

  EXPECT_NEAR(mean.value, 0.1329377880184332, 1e-12);
  EXPECT_NEAR(mean.interval.low, 0.016430303279423575, 1e-12);
  EXPECT_NEAR(mean.interval.high, 0.24173441977346222, 1e-12);
}

TEST(DifferenceTest, OfGroupsOfPairsAgreesWithStatsmodels) {
  // statsmodels 0.15.0, OLS of the pairs' differences on a constant, cov_type="cluster",
  // use_t=True. tools/oracles/two_samples.py
  const std::vector<PairGroup> groups = {{3, 4}, {-1, 4}, {0, 4}, {2, 3}, {2, 4}, {1, 1}, {-1, 4}};

  const Interval interval = grouped_interval(groups, 0.95);

  EXPECT_NEAR(interval.low, -0.19221181, 1e-8);
  EXPECT_NEAR(interval.high, 0.69221181, 1e-8);
}

TEST(DifferenceTest, OfOneGroupOfPairsNothingIsKnown) {
  const Interval interval = grouped_interval(std::vector<PairGroup>{{3, 4}}, 0.95);

  EXPECT_EQ(interval.low, -1.0);
  EXPECT_EQ(interval.high, 1.0);
}

TEST(DifferenceTest, ImpossibleArgumentsAreRefused) {
  EXPECT_THROW(newcombe_independent({{3, 2}, {1, 2}}, 0.95), std::invalid_argument);
  EXPECT_THROW(newcombe_independent({{1, 2}, {1, 2}}, 1.0), std::invalid_argument);
  EXPECT_THROW(newcombe_paired({1, -2, 0, 0}, 0.95), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
