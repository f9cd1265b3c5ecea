#include "host/stats/interval.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace vnsweep {
namespace {

struct Reference {
  std::int64_t failed;
  std::int64_t runs;
  double confidence;
  double low;
  double high;
};

// SciPy 1.17.1, scipy.stats.binomtest(k, n).proportion_ci(confidence, method="wilson").
constexpr Reference kWilson[] = {
    {0, 40, 0.95, 0.0, 0.08762160119728662},
    {3, 40, 0.95, 0.025836025774588198, 0.19864233524310543},
    {20, 40, 0.95, 0.35199526933465386, 0.6480047306653461},
    {40, 40, 0.95, 0.9123783988027133, 1.0},
    {1, 1, 0.9, 0.2698659487840541, 1.0},
    {7, 1000, 0.99, 0.002741177154732507, 0.01775771144002663},
    {999999, 1000000, 0.95, 0.9999943350881957, 0.9999998234754233},
};

// The same with method="exact".
constexpr Reference kClopperPearson[] = {
    {0, 40, 0.95, 0.0, 0.08809730287880335},
    {3, 40, 0.95, 0.015742179851041527, 0.20386474873289898},
    {20, 40, 0.95, 0.3380178137372346, 0.6619821862627654},
    {40, 40, 0.95, 0.9119026971211966, 1.0},
    {1, 1, 0.9, 0.04999999999999999, 1.0},
    {7, 1000, 0.99, 0.002041386571444228, 0.0170469318350892},
    {999999, 1000000, 0.95, 0.9999944283693444, 0.9999999746821948},
};

TEST(IntervalTest, WilsonAgreesWithScipy) {
  for (const Reference& r : kWilson) {
    const Interval interval =
        binomial_interval(IntervalMethod::wilson, r.failed, r.runs, r.confidence);
    EXPECT_NEAR(interval.low, r.low, 1e-12) << r.failed << "/" << r.runs;
    EXPECT_NEAR(interval.high, r.high, 1e-12) << r.failed << "/" << r.runs;
  }
}

TEST(IntervalTest, ClopperPearsonAgreesWithScipy) {
  for (const Reference& r : kClopperPearson) {
    const Interval interval =
        binomial_interval(IntervalMethod::clopper_pearson, r.failed, r.runs, r.confidence);
    EXPECT_NEAR(interval.low, r.low, 1e-12) << r.failed << "/" << r.runs;
    EXPECT_NEAR(interval.high, r.high, 1e-12) << r.failed << "/" << r.runs;
  }
}

TEST(IntervalTest, WithoutRunsNothingIsKnown) {
  const Interval interval = binomial_interval(IntervalMethod::wilson, 0, 0, 0.95);

  EXPECT_EQ(interval.low, 0.0);
  EXPECT_EQ(interval.high, 1.0);
}

TEST(IntervalTest, ImpossibleArgumentsAreRefused) {
  EXPECT_THROW(binomial_interval(IntervalMethod::wilson, 3, 2, 0.95), std::invalid_argument);
  EXPECT_THROW(binomial_interval(IntervalMethod::wilson, -1, 2, 0.95), std::invalid_argument);
  EXPECT_THROW(binomial_interval(IntervalMethod::wilson, 1, 2, 1.0), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
