#include "host/stats/mcnemar.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace vnsweep {
namespace {

/// Groups of these sums; the number of their pairs does not matter.
PooledTest test_of(const std::vector<std::int64_t>& sums) {
  std::vector<PairGroup> groups;
  for (const std::int64_t sum : sums)
    groups.push_back({sum, 1000});
  return mcnemar_by_group(groups);
}

TEST(McNemarTest, AgreesWithStatsmodelsForFewAndForManyPairs) {
  // statsmodels 0.15.0, mcnemar(exact=True). tools/oracles/two_samples.py
  EXPECT_NEAR(mcnemar({59, 6, 16, 80}), 0.052478790283203125, 1e-14);
  EXPECT_NEAR(mcnemar({0, 0, 5, 0}), 0.0625, 1e-15);
  EXPECT_NEAR(mcnemar({7, 49'000, 50'000, 1}) / 0.0014980826229750034, 1.0, 1e-9);
  EXPECT_NEAR(mcnemar({0, 5, 60, 100}) / 4.8695607008514274e-13, 1.0, 1e-12);
}

TEST(McNemarTest, PairsThatEndedAlikeSayNothing) {
  EXPECT_EQ(mcnemar({1, 2, 9, 3}), mcnemar({100'000, 2, 9, 100'000}));
  EXPECT_EQ(mcnemar({10, 0, 0, 20}), 1.0);
  EXPECT_EQ(mcnemar({10, 3, 3, 20}), 1.0);
  EXPECT_TRUE(std::isnan(mcnemar({})));
}

TEST(McNemarTest, WhichIsFirstDoesNotMatter) {
  EXPECT_EQ(mcnemar({1, 2, 9, 3}), mcnemar({1, 9, 2, 3}));
}

TEST(McNemarTest, ImpossibleCountsAreRefused) {
  EXPECT_THROW(mcnemar({1, -1, 2, 3}), std::invalid_argument);
}

TEST(McNemarTest, ErrsNoMoreOftenThanItSays) {
  // Given n pairs that ended differently, each way is a sequence of n fair coins.
  for (const std::int64_t n : {5, 6, 10, 17}) {
    const std::array<double, 3> alphas = {0.01, 0.05, 0.2};
    std::array<double, 3> rejected = {};
    double ways = 1.0;  // C(n, k)
    for (std::int64_t k = 0; k <= n; ++k) {
      const double p_value = mcnemar({0, k, n - k, 0});
      for (std::size_t a = 0; a < alphas.size(); ++a)
        if (p_value <= alphas[a]) rejected[a] += ways * std::pow(0.5, n);
      ways *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    }
    for (std::size_t a = 0; a < alphas.size(); ++a)
      EXPECT_LE(rejected[a], alphas[a]) << n;
  }
}

TEST(McNemarTest, ByGroupAgreesWithAllChoicesOfSigns) {
  // All 2^10 of them. tools/oracles/two_samples.py
  const std::vector<std::int64_t> sums = {3, -1, 0, 2, 2, 5, -1, 1, 4, -2};

  const PooledTest test = test_of(sums);

  EXPECT_NEAR(test.p_value, 0.14453125, 1e-14);
  EXPECT_TRUE(test.is_exact);
}

TEST(McNemarTest, ByGroupAgreesWithASmallCaseByHand) {
  // Sums +-2 +-1 +-1: 4 and -4 are the rarest, 1 of 8 each.
  EXPECT_DOUBLE_EQ(test_of({2, 1, 1}).p_value, 0.25);
  EXPECT_EQ(mcnemar_by_group({}).p_value, 1.0);
  EXPECT_EQ(test_of({0, 0}).p_value, 1.0);
}

TEST(McNemarTest, ByGroupOfSinglePairsIsTheTestOfPairs) {
  std::vector<std::int64_t> sums(16, 1);
  sums.insert(sums.end(), 6, -1);
  sums.insert(sums.end(), 139, 0);

  EXPECT_NEAR(test_of(sums).p_value, mcnemar({59, 6, 16, 80}), 1e-15);
}

TEST(McNemarTest, ByGroupAPairRepeatedInAGroupIsNoMoreEvidence) {
  const double once = test_of({1, 1, 1, 1, 1, -1}).p_value;
  const double ten_times = test_of({10, 10, 10, 10, 10, -10}).p_value;

  EXPECT_NEAR(ten_times, once, 1e-15);
}

TEST(McNemarTest, ByGroupErrsNoMoreOftenThanItSays) {
  // All 2^9 choices of signs of these sums are equally likely if nothing differs.
  const std::vector<std::int64_t> sizes = {1, 1, 1, 2, 2, 3, 4, 4, 6};
  int rejected = 0;
  for (unsigned signs = 0; signs < 512; ++signs) {
    std::vector<std::int64_t> sums = sizes;
    for (std::size_t k = 0; k < sums.size(); ++k)
      if ((signs >> k & 1U) != 0) sums[k] = -sums[k];
    if (test_of(sums).p_value <= 0.05) ++rejected;
  }

  EXPECT_LE(rejected, 25);  // 0.05 * 512
  EXPECT_GT(rejected, 5);
}

TEST(McNemarTest, ByGroupOfVeryManyGroupsIsApproximated) {
  // Of each size from 1 to 300, 51 groups for and 49 against.
  std::vector<std::int64_t> sums;
  for (std::int64_t size = 1; size <= 300; ++size) {
    sums.insert(sums.end(), 51, size);
    sums.insert(sums.end(), 49, -size);
  }

  const PooledTest test = test_of(sums);

  // By hand: total 2 * 45150, variance 100 * 9045050, continuity 1.
  EXPECT_FALSE(test.is_exact);
  EXPECT_NEAR(test.p_value, std::erfc(90'299.0 / std::sqrt(2.0 * 904'505'000.0)), 1e-14);
}

TEST(McNemarTest, ByGroupTheApproximationIsNearTheExactAnswer) {
  // 1500 more of 598500 pairs: z = 1499 / sqrt(598500) = 1.9376.
  std::vector<std::int64_t> sums(300'000, 1);
  sums.insert(sums.end(), 298'500, -1);

  const PooledTest test = test_of(sums);

  EXPECT_TRUE(test.is_exact);
  EXPECT_NEAR(test.p_value, std::erfc(1499.0 / std::sqrt(2.0 * 598'500.0)), 1e-6);
}

}  // namespace
}  // namespace vnsweep
