#include "host/stats/trend.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/host/outcome_rows.hpp"

namespace vnsweep {
namespace {

using Counts = std::vector<DepthCount>;

const Counts kRising = {{2, 0, 40},   {5, 0, 40},   {10, 2, 40},
                        {20, 11, 40}, {40, 35, 40}, {60, 40, 40}};
const Counts kUnequal = {
    {1, 1, 7}, {10, 20011, 100'000}, {100, 2, 3}, {1000, 40, 50}, {100'000, 12, 12}};
const Counts kFalling = {{3, 7, 8}, {6, 4, 8}, {9, 1, 8}};

std::vector<Outcome> rows(const std::vector<std::string_view>& seeds) {
  return testing::outcome_rows({2, 5, 10, 20}, seeds);
}

TEST(TrendTest, AgreesWithR) {
  // R 4.2.2, prop.trend.test: the square of z. tools/oracles/failure_curves.R
  EXPECT_NEAR(std::pow(cochran_armitage(kRising)->z, 2), 170.68721379633863, 1e-9);
  EXPECT_NEAR(cochran_armitage(kRising)->p_value / 5.2368950428271543e-39, 1.0, 1e-9);
  EXPECT_NEAR(std::pow(cochran_armitage(kUnequal)->z, 2), 50.85075623794944, 1e-9);
  EXPECT_NEAR(cochran_armitage(kUnequal)->p_value / 9.9662869666475286e-13, 1.0, 1e-9);
}

TEST(TrendTest, DiffersFromAFixedNumberOfFailuresByTheVariance) {
  // statsmodels 0.13.5, Table.test_ordinal_association. tools/oracles/seed_clustered_trend.py
  EXPECT_NEAR(cochran_armitage(kRising)->z * std::sqrt(239.0 / 240.0), 13.037485074667865, 1e-9);
  EXPECT_NEAR(cochran_armitage(kFalling)->z * std::sqrt(23.0 / 24.0), -2.9368350311176825, 1e-9);
}

TEST(TrendTest, AgreesWithASmallCaseByHand) {
  // p = 1/2, dbar = 2: T = -1 * -1 + 1 * 1 = 2, variance 1/4 * (2 + 2) = 1.
  const std::optional<Trend> trend = cochran_armitage(Counts{{1, 0, 2}, {3, 2, 2}});

  ASSERT_TRUE(trend);
  EXPECT_DOUBLE_EQ(trend->z, 2.0);
  EXPECT_NEAR(trend->p_value, 0.04550026389635842, 1e-15);
}

TEST(TrendTest, NothingIsSaidWhereThereIsNothingToCompare) {
  EXPECT_FALSE(cochran_armitage({}));
  EXPECT_FALSE(cochran_armitage(Counts{{5, 3, 8}}));
  EXPECT_FALSE(cochran_armitage(Counts{{5, 3, 8}, {6, 0, 0}}));
  EXPECT_FALSE(cochran_armitage(Counts{{5, 0, 8}, {6, 0, 8}}));
  EXPECT_FALSE(cochran_armitage(Counts{{5, 8, 8}, {6, 8, 8}}));
}

TEST(TrendTest, BySeedAgreesWithTheGeneralizedScoreTest) {
  // statsmodels 0.13.5, GEE.compare_score_test: the square of z.
  // tools/oracles/seed_clustered_trend.py
  const auto complete =
      cochran_armitage_by_seed(rows({"sssF", "ssFF", "FFFF", "ssss", "sFsF", "ssFF"}));
  const auto ragged =
      cochran_armitage_by_seed(rows({"sssF", "s FF", "FFF ", "ss", " FsF", "   F", "ssss"}));

  ASSERT_TRUE(complete && ragged);
  EXPECT_NEAR(std::pow(complete->z, 2), 3.8361698978836736, 1e-9);
  EXPECT_NEAR(complete->p_value, 0.050157975962772716, 1e-9);
  EXPECT_NEAR(std::pow(ragged->z, 2), 2.6268432593910855, 1e-9);
  EXPECT_NEAR(ragged->p_value, 0.10507042525577703, 1e-9);
}

TEST(TrendTest, BySeedASeedThatFailsEverywhereAddsNothing) {
  const auto without = cochran_armitage_by_seed(rows({"sssF", "ssFF", "sFsF"}));
  const auto with = cochran_armitage_by_seed(rows({"sssF", "ssFF", "sFsF", "FFFF", "ssss"}));

  ASSERT_TRUE(without && with);
  EXPECT_NEAR(without->z, with->z, 1e-12);
}

TEST(TrendTest, BySeedNothingIsSaidWhereThereIsNothingToCompare) {
  EXPECT_FALSE(cochran_armitage_by_seed({}));
  EXPECT_FALSE(cochran_armitage_by_seed(rows({"s", "F", "s"}))) << "one depth";
  EXPECT_FALSE(cochran_armitage_by_seed(rows({"ssFF"}))) << "one seed";
  EXPECT_FALSE(cochran_armitage_by_seed(rows({"ssss", "ssss"}))) << "no failure";
  EXPECT_FALSE(cochran_armitage_by_seed(rows({"FFFF", "FFFF"}))) << "failures only";
  EXPECT_FALSE(cochran_armitage_by_seed(rows({"FFFF", "ssss", "ssss"}))) << "depths never differ";
}

}  // namespace
}  // namespace vnsweep
