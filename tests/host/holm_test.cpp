#include "host/stats/holm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace vnsweep {
namespace {

using Values = std::vector<double>;
constexpr double kNotTested = std::numeric_limits<double>::quiet_NaN();

TEST(HolmTest, AgreesWithStatsmodels) {
  // statsmodels 0.15.0, multipletests(method="holm"). tools/oracles/two_samples.py
  const Values expected = {0.05, 0.12, 0.12, 0.03, 1.0, 1.0};

  const Values adjusted = holm(Values{0.01, 0.04, 0.03, 0.005, 0.5, 0.9});

  ASSERT_EQ(adjusted.size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k)
    EXPECT_NEAR(adjusted[k], expected[k], 1e-15);
}

TEST(HolmTest, WhatWasNotTestedDoesNotCount) {
  const Values adjusted = holm(Values{kNotTested, 0.02, kNotTested, 0.04});

  EXPECT_TRUE(std::isnan(adjusted[0]) && std::isnan(adjusted[2]));
  EXPECT_DOUBLE_EQ(adjusted[1], 0.04);
  EXPECT_DOUBLE_EQ(adjusted[3], 0.04);
}

TEST(HolmTest, OneTestIsLeftAsItIsAndNoneGivesNone) {
  EXPECT_EQ(holm(Values{0.03}), Values{0.03});
  EXPECT_TRUE(holm(Values{}).empty());
}

TEST(HolmTest, ImpossibleValuesAreRefused) {
  EXPECT_THROW(holm(Values{0.5, 1.5}), std::invalid_argument);
  EXPECT_THROW(holm(Values{-0.1}), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
