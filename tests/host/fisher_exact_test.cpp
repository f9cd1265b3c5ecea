#include "host/stats/fisher_exact.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace vnsweep {
namespace {

struct Reference {
  TwoSamples samples;
  double p_value;
};

// SciPy 1.17.1, scipy.stats.fisher_exact. tools/oracles/two_samples.py
const std::vector<Reference> kScipy = {
    {{{3, 40}, {11, 40}}, 0.036737511261511709},
    {{{0, 40}, {6, 40}}, 0.025546605293440734},
    {{{7, 8}, {2, 9}}, 0.015220074043603458},
    {{{1, 3}, {5, 1000}}, 0.017856729094273951},
    {{{50'000, 100'000}, {49'000, 100'000}}, 7.8982895573082704e-06},
    {{{99'000, 100'000}, {98'000, 100'000}}, 7.9535750109437941e-77},
    {{{12, 100'000}, {40, 100'000}}, 0.00012729150401587594},
    {{{20, 20}, {0, 30}}, 2.1218262567674434e-14},
};

TEST(FisherExactTest, AgreesWithScipyForFewAndForManyRuns) {
  for (const Reference& r : kScipy) {
    EXPECT_NEAR(fisher_exact(r.samples) / r.p_value, 1.0, 1e-8)
        << r.samples.first.failed << "/" << r.samples.first.runs;
  }
}

TEST(FisherExactTest, AgreesWithTheTeaTastingByHand) {
  // Of the C(8, 4) = 70 ways to pick four cups, 1 + 16 on either side are no more likely than three
  // of four right.
  EXPECT_DOUBLE_EQ(fisher_exact({{3, 4}, {1, 4}}), 34.0 / 70.0);
}

TEST(FisherExactTest, WhichSampleIsFirstAndWhatCountsAsFailureDoNotMatter) {
  for (const Reference& r : kScipy) {
    const FailureCount& a = r.samples.first;
    const FailureCount& b = r.samples.second;

    const double p_value = fisher_exact(r.samples);

    EXPECT_NEAR(fisher_exact({b, a}) / p_value, 1.0, 1e-9);
    EXPECT_NEAR(fisher_exact({{a.runs - a.failed, a.runs}, {b.runs - b.failed, b.runs}}) / p_value,
                1.0, 1e-9);
  }
}

TEST(FisherExactTest, WithoutADifferenceItIsExactlyOne) {
  EXPECT_EQ(fisher_exact({{5, 10}, {5, 10}}), 1.0);
  EXPECT_EQ(fisher_exact({{0, 40}, {0, 7}}), 1.0);
  EXPECT_EQ(fisher_exact({{40, 40}, {7, 7}}), 1.0);
  EXPECT_EQ(fisher_exact({{50'000, 100'000}, {50'000, 100'000}}), 1.0);
}

TEST(FisherExactTest, WithoutRunsNothingIsTested) {
  EXPECT_TRUE(std::isnan(fisher_exact({{0, 0}, {3, 7}})));
  EXPECT_TRUE(std::isnan(fisher_exact({{3, 7}, {0, 0}})));
}

TEST(FisherExactTest, ImpossibleCountsAreRefused) {
  EXPECT_THROW(fisher_exact({{3, 2}, {0, 1}}), std::invalid_argument);
  EXPECT_THROW(fisher_exact({{1, 2}, {-1, 1}}), std::invalid_argument);
}

double binomial(std::int64_t k, std::int64_t n, double p) {
  const auto x = static_cast<double>(k);
  const auto y = static_cast<double>(n - k);
  const double ways = std::lgamma(x + y + 1.0) - std::lgamma(x + 1.0) - std::lgamma(y + 1.0);
  return std::exp(ways + x * std::log(p) + y * std::log1p(-p));
}

TEST(FisherExactTest, ErrsNoMoreOftenThanItSays) {
  // Whatever the common probability: every table of 12 and 9 runs, by its probability.
  for (const double p : {0.05, 0.2, 0.5, 0.7, 0.9}) {
    std::array<double, 3> rejected = {};
    const std::array<double, 3> alphas = {0.01, 0.05, 0.2};
    for (std::int64_t a = 0; a <= 12; ++a) {
      for (std::int64_t b = 0; b <= 9; ++b) {
        const double p_value = fisher_exact({{a, 12}, {b, 9}});
        for (std::size_t k = 0; k < alphas.size(); ++k)
          if (p_value <= alphas[k]) rejected[k] += binomial(a, 12, p) * binomial(b, 9, p);
      }
    }
    for (std::size_t k = 0; k < alphas.size(); ++k)
      EXPECT_LE(rejected[k], alphas[k]) << p;
  }
}

}  // namespace
}  // namespace vnsweep
