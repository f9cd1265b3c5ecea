#include "host/stats/mantel_haenszel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "host/stats/fisher_exact.hpp"

namespace vnsweep {
namespace {

using Strata = std::vector<TwoSamples>;

// R's data set Rabbits (Agresti 1990, page 232): cured without delay and with, by dose.
const Strata kRabbits = {
    {{0, 6}, {0, 5}}, {{3, 6}, {0, 6}}, {{6, 6}, {2, 6}}, {{5, 6}, {6, 6}}, {{2, 2}, {5, 5}}};
const Strata kUnequal = {
    {{5, 40}, {9, 35}}, {{35, 40}, {30, 31}}, {{20, 40}, {33, 50}}, {{0, 12}, {0, 7}}};

TEST(MantelHaenszelTest, AgreesWithTheDefinitionInFractions) {
  // R documents 0.040 for the rabbits. tools/oracles/two_samples.py
  const PooledTest rabbits = mantel_haenszel(kRabbits);
  const PooledTest unequal = mantel_haenszel(kUnequal);

  EXPECT_NEAR(rabbits.p_value, 0.039944903581267219, 1e-13);
  EXPECT_NEAR(unequal.p_value, 0.01592503453152368, 1e-13);
  EXPECT_TRUE(rabbits.is_exact);
}

TEST(MantelHaenszelTest, TheApproximationAgreesWithStatsmodels) {
  // statsmodels 0.15.0, StratifiedTable.test_null_odds(correction=True); R documents 0.047 for the
  // rabbits.
  EXPECT_NEAR(mantel_haenszel_by_normal(kRabbits).p_value, 0.047472255142918196, 1e-13);
  EXPECT_NEAR(mantel_haenszel_by_normal(kUnequal).p_value, 0.021725900540393472, 1e-13);
  EXPECT_FALSE(mantel_haenszel_by_normal(kUnequal).is_exact);
}

TEST(MantelHaenszelTest, OfOneStratumIsFishersTest) {
  const Strata one = {{{3, 40}, {11, 40}}};

  EXPECT_DOUBLE_EQ(mantel_haenszel(one).p_value, fisher_exact(one[0]));
}

TEST(MantelHaenszelTest, StrataThatSayNothingChangeNothing) {
  Strata strata = kUnequal;
  strata.push_back({{0, 0}, {3, 7}});
  strata.push_back({{4, 4}, {5, 5}});
  strata.push_back({{1, 1}, {0, 0}});

  EXPECT_EQ(mantel_haenszel(strata).p_value, mantel_haenszel(kUnequal).p_value);
  EXPECT_EQ(mantel_haenszel_by_normal(strata).p_value, mantel_haenszel_by_normal(kUnequal).p_value);
  EXPECT_EQ(mantel_haenszel({}).p_value, 1.0);
  EXPECT_EQ(mantel_haenszel_by_normal({}).p_value, 1.0);
}

TEST(MantelHaenszelTest, OfVeryManyRunsIsApproximatedAndNearTheExactAnswer) {
  // Strata of 30 000 runs a side; the exact way is taken for one of them, not for all.
  const Strata few = {{{15'000, 30'000}, {15'250, 30'000}}};
  const Strata many(20, few[0]);

  EXPECT_TRUE(mantel_haenszel(few).is_exact);
  EXPECT_FALSE(mantel_haenszel(many).is_exact);
  EXPECT_NEAR(mantel_haenszel(few).p_value, mantel_haenszel_by_normal(few).p_value, 1e-4);
}

TEST(MantelHaenszelTest, ErrsNoMoreOftenThanItSays) {
  // Two strata of 5 and 6 runs with probabilities 0.3 and 0.6 on both sides: every table.
  const auto chance = [](std::int64_t k, std::int64_t n, double p) {
    double ways = 1.0;
    for (std::int64_t j = 0; j < k; ++j)
      ways *= static_cast<double>(n - j) / static_cast<double>(j + 1);
    return ways * std::pow(p, k) * std::pow(1.0 - p, n - k);
  };
  double rejected = 0.0;
  for (std::int64_t a = 0; a <= 5; ++a) {
    for (std::int64_t b = 0; b <= 6; ++b) {
      for (std::int64_t c = 0; c <= 5; ++c) {
        for (std::int64_t d = 0; d <= 6; ++d) {
          const double probability =
              chance(a, 5, 0.3) * chance(b, 6, 0.3) * chance(c, 5, 0.6) * chance(d, 6, 0.6);
          const Strata strata = {{{a, 5}, {b, 6}}, {{c, 5}, {d, 6}}};
          if (mantel_haenszel(strata).p_value <= 0.05) rejected += probability;
        }
      }
    }
  }

  EXPECT_LE(rejected, 0.05);
  EXPECT_GT(rejected, 0.01);
}

TEST(MantelHaenszelTest, ImpossibleCountsAreRefused) {
  EXPECT_THROW(mantel_haenszel(Strata{{{3, 2}, {0, 1}}}), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
