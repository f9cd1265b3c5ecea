#include "kernels/math/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vnsweep {
namespace {

TEST(LossTest, BinaryCrossEntropyAtZeroIsLogTwo) {
  EXPECT_DOUBLE_EQ(binary_cross_entropy(0.0, 0.0), std::log(2.0));
  EXPECT_DOUBLE_EQ(binary_cross_entropy(0.0, 1.0), std::log(2.0));
}

TEST(LossTest, BinaryCrossEntropyStaysExactForLargeLogits) {
  EXPECT_DOUBLE_EQ(binary_cross_entropy(1000.0, 0.0), 1000.0);
  EXPECT_DOUBLE_EQ(binary_cross_entropy(-1000.0, 1.0), 1000.0);
  EXPECT_DOUBLE_EQ(binary_cross_entropy(1000.0, 1.0), 0.0);
  // -ln(1 - e^-40 / (1 + e^-40)) is e^-40 to double precision.
  EXPECT_DOUBLE_EQ(binary_cross_entropy(40.0, 1.0), std::exp(-40.0));
}

TEST(LossTest, DerivativeOfCrossEntropyIsProbabilityMinusTarget) {
  const double third = std::log(0.5);  // logit of probability 1/3

  EXPECT_NEAR(loss_derivative(Objective::cross_entropy, third, 0.0), 1.0 / 3.0, 1e-15);
  EXPECT_NEAR(loss_derivative(Objective::cross_entropy, third, 1.0), -2.0 / 3.0, 1e-15);
}

TEST(LossTest, SquaredErrorIsNotHalved) {
  EXPECT_DOUBLE_EQ(loss_value(Objective::squared_error, 3.0, 1.0), 4.0);
  EXPECT_DOUBLE_EQ(loss_derivative(Objective::squared_error, 3.0, 1.0), 4.0);
}

TEST(LossTest, NanIsPassedOn) {
  const double nan = std::numeric_limits<double>::quiet_NaN();

  EXPECT_TRUE(std::isnan(binary_cross_entropy(nan, 0.0)));
  EXPECT_TRUE(std::isnan(loss_derivative(Objective::cross_entropy, nan, 1.0)));
  EXPECT_FALSE(is_correct(Objective::cross_entropy, nan, 0.0));
  EXPECT_FALSE(is_correct(Objective::cross_entropy, nan, 1.0));
}

TEST(LossTest, BoundaryBelongsToClassZero) {
  EXPECT_TRUE(is_correct(Objective::cross_entropy, 0.0, 0.0));
  EXPECT_FALSE(is_correct(Objective::cross_entropy, 0.0, 1.0));
  EXPECT_TRUE(is_correct(Objective::squared_error, 0.5, 0.0));
  EXPECT_TRUE(is_correct(Objective::squared_error, 0.6, 1.0));
}

}  // namespace
}  // namespace vnsweep
