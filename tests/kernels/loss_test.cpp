#include "kernels/math/loss.hpp"

#include <gtest/gtest.h>

#include <array>
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

constexpr SampleLoss kSoftmax{Objective::cross_entropy, TargetKind::labels, 3};

double softmax_loss(const std::array<double, 3>& z, const std::array<float, 3>& y) {
  return kSoftmax.value(z.data(), y.data());
}

// Logits ln 1, ln 2 and ln 5 are probabilities 1/8, 1/4 and 5/8.
TEST(SampleLossTest, SoftmaxByHand) {
  const std::array<double, 3> z = {7.0 + std::log(1.0), 7.0 + std::log(2.0), 7.0 + std::log(5.0)};
  const std::array<float, 3> y = {0, 1, 0};
  std::array<double, 3> derivative{};

  kSoftmax.derivatives(z.data(), y.data(), [&](int k, double d) { derivative.at(k) = d; });

  EXPECT_NEAR(softmax_loss(z, y), std::log(4.0), 1e-14);
  EXPECT_NEAR(derivative[0], 1.0 / 8.0, 1e-15);
  EXPECT_NEAR(derivative[1], -3.0 / 4.0, 1e-15);
  EXPECT_NEAR(derivative[2], 5.0 / 8.0, 1e-15);
}

TEST(SampleLossTest, SoftmaxStaysExactForLargeLogits) {
  // ln(1 + 2 e^-40) and its derivatives are 2 e^-40, -2 e^-40 and e^-40 to double precision.
  std::array<double, 3> derivative{};
  const std::array<double, 3> z = {40.0, 0.0, 0.0};
  const std::array<float, 3> y = {1, 0, 0};

  kSoftmax.derivatives(z.data(), y.data(), [&](int k, double d) { derivative.at(k) = d; });

  EXPECT_DOUBLE_EQ(softmax_loss(z, y), 2.0 * std::exp(-40.0));
  EXPECT_DOUBLE_EQ(derivative[0], -2.0 * std::exp(-40.0));
  EXPECT_DOUBLE_EQ(derivative[1], std::exp(-40.0));
  EXPECT_DOUBLE_EQ(softmax_loss({1000.0, -1000.0, 0.0}, {0, 1, 0}), 2000.0);
  EXPECT_DOUBLE_EQ(softmax_loss({-1e300, 1e300, 0.0}, {0, 1, 0}), 0.0);
}

// Softmax of two classes is the logistic function of the difference of their logits.
TEST(SampleLossTest, SoftmaxOfTwoClassesIsBinaryCrossEntropy) {
  constexpr SampleLoss kTwo{Objective::cross_entropy, TargetKind::labels, 2};
  for (const double z : {-30.0, -2.0, 0.0, 0.7, 25.0}) {
    const std::array<double, 2> logits = {1.5, 1.5 + z};
    const std::array<float, 2> y = {0, 1};
    std::array<double, 2> derivative{};

    kTwo.derivatives(logits.data(), y.data(), [&](int k, double d) { derivative.at(k) = d; });

    const double expected = binary_cross_entropy(z, 1.0);
    EXPECT_NEAR(kTwo.value(logits.data(), y.data()), expected, 1e-14 * expected);
    EXPECT_NEAR(derivative[1], loss_derivative(Objective::cross_entropy, z, 1.0), 1e-15);
    EXPECT_NEAR(derivative[0] + derivative[1], 0.0, 1e-15);
  }
}

TEST(SampleLossTest, SoftmaxPassesOnWhatIsNotFinite) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    for (std::size_t at = 0; at < 3; ++at) {
      std::array<double, 3> z = {0.5, -0.5, 0.0};
      z.at(at) = bad;

      EXPECT_FALSE(std::isfinite(softmax_loss(z, {1, 0, 0}))) << bad << " at " << at;
    }
  }
}

TEST(SampleLossTest, AMeanIsOverSamplesForSoftmaxAndOverOutputsForSquares) {
  constexpr SampleLoss kSquares{Objective::squared_error, TargetKind::values, 3};
  const std::array<float, 3> z = {1, 2, 3};
  const std::array<float, 3> y = {1, 0, 0};

  EXPECT_DOUBLE_EQ(kSquares.value(z.data(), y.data()), 13.0);
  EXPECT_DOUBLE_EQ(kSquares.mean(26.0, 2), 26.0 / 6.0);
  EXPECT_DOUBLE_EQ(kSoftmax.mean(26.0, 2), 13.0);
}

TEST(SampleLossTest, AClassIsFoundWhereItsOutputIsLargerThanEveryOther) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  struct Decision {
    std::array<double, 3> z;
    double correct;
  };
  const std::array<float, 3> y = {0, 1, 0};
  for (const Objective objective : {Objective::cross_entropy, Objective::squared_error}) {
    const SampleLoss loss{objective, TargetKind::labels, 3};
    for (const auto& [z, correct] :
         {Decision{{0, 1, -1}, 1}, Decision{{-3, -2, -4}, 1}, Decision{{2, 1, 0}, 0},
          Decision{{1, 1, 0}, 0}, Decision{{0, 1, 1}, 0}, Decision{{kNan, 1, 0}, 0},
          Decision{{0, kNan, 0}, 0}}) {
      EXPECT_EQ(loss.correct(z.data(), y.data()), correct) << z[0] << ' ' << z[1] << ' ' << z[2];
    }
  }
}

TEST(SampleLossTest, RegressionHasNoAccuracy) {
  constexpr SampleLoss kValue{Objective::squared_error, TargetKind::values, 1};
  const double z = 1.0;

  EXPECT_TRUE(std::isnan(kValue.correct(&z, &z)));
}

}  // namespace
}  // namespace vnsweep
