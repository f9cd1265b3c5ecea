// The scalar formulas of activations, those of the reference, and the passes of probes, in double.
#include "kernels/math/activation.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/double_passes.hpp"
#include "kernels/reference/reference_formulas.hpp"
#include "tests/kernels/activation_bounds.hpp"
#include "tests/kernels/activation_points.hpp"
#include "tests/kernels/instruction_sets.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

using testing::kActivationPoints;
using testing::kActivations;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct OutputAndSlope {
  double x;
  double slope;
};
using Evaluate = std::function<OutputAndSlope(Activation, double)>;

OutputAndSlope in_double(Activation activation, double h) {
  return {activate(activation, h), activation_slope(activation, h)};
}
OutputAndSlope in_float(Activation activation, double h) {
  const auto rounded = static_cast<float>(h);
  return {activate(activation, rounded), activation_slope(activation, rounded)};
}
OutputAndSlope of_reference(Activation activation, double h) {
  return {reference::phi(activation, h), reference::phi_derivative(activation, h)};
}
OutputAndSlope of_double_passes(Activation activation, double h) {
  cpu::AlignedBuffer<double> x(cpu::kSampleGroup);
  cpu::AlignedBuffer<double> slope(cpu::kSampleGroup);
  std::fill_n(x.data(), cpu::kSampleGroup, h);
  cpu::activate(activation, x.data(), cpu::kSampleGroup, x.data(), slope.data());
  return {x.data()[0], slope.data()[0]};
}

/// @param unit  half a unit in the last place of one
void expect_frozen_points(const Evaluate& evaluate, double unit) {
  for (const auto& [activation, h, x, slope] : kActivationPoints) {
    const testing::ActivationBounds& bounds = testing::bounds_of(activation);

    const OutputAndSlope found = evaluate(activation, h);

    EXPECT_LE(std::fabs(found.x - x), unit * bounds.x.at(h, x)) << testing::name(activation) << h;
    EXPECT_LE(std::fabs(found.slope - slope), unit * bounds.slope.at(h, slope) + 0x1p-126)
        << testing::name(activation) << h;
  }
}

TEST(ActivationTest, ValuesAndSlopesAreThoseOfMpmath) {
  constexpr double kFloat = 0x1p-24;
  constexpr double kDouble = 0x1p-53;

  expect_frozen_points(in_double, kDouble);
  expect_frozen_points(in_float, kFloat);
  expect_frozen_points(of_reference, kDouble);
  testing::on_every_instruction_set(
      [](const char* /*name*/) { expect_frozen_points(of_double_passes, kDouble); });
}

TEST(ActivationTest, PiecewiseLinearActivationsByHand) {
  struct Landmark {
    Activation activation;
    double h;
    double x;
    double slope;
  };
  constexpr std::array kLandmarks = std::to_array<Landmark>({
      {Activation::linear, -3.0, -3.0, 1.0},
      {Activation::relu, -2.0, 0.0, 0.0},
      {Activation::relu, 0.0, 0.0, 0.0},
      {Activation::relu, 2.5, 2.5, 1.0},
      {Activation::hardtanh, -1.0, -1.0, 0.0},
      {Activation::hardtanh, 0.5, 0.5, 1.0},
      {Activation::hardtanh, 7.0, 1.0, 0.0},
      {Activation::leaky_relu, -300.0, -3.0, 0.01},
      {Activation::leaky_relu, 0.0, 0.0, 0.01},
      {Activation::leaky_relu, 2.5, 2.5, 1.0},
  });
  for (const Evaluate& evaluate :
       {Evaluate(in_double), Evaluate(of_reference), Evaluate(of_double_passes)}) {
    for (const Landmark& mark : kLandmarks) {
      EXPECT_EQ(evaluate(mark.activation, mark.h).x, mark.x) << testing::name(mark.activation);
      EXPECT_EQ(evaluate(mark.activation, mark.h).slope, mark.slope);
    }
  }
}

TEST(ActivationTest, InfinityGivesTheLimitAndNanPassesThrough) {
  struct Limit {
    Activation activation;
    double x_below;
    double slope_below;
    double x_above;
    double slope_above;
  };
  constexpr std::array kLimits = std::to_array<Limit>({
      {Activation::linear, -kInfinity, 1.0, kInfinity, 1.0},
      {Activation::tanh, -1.0, 0.0, 1.0, 0.0},
      {Activation::relu, 0.0, 0.0, kInfinity, 1.0},
      {Activation::hardtanh, -1.0, 0.0, 1.0, 0.0},
      {Activation::erf, -1.0, 0.0, 1.0, 0.0},
      {Activation::sigmoid, 0.0, 0.0, 1.0, 0.0},
      {Activation::leaky_relu, -kInfinity, 0.01, kInfinity, 1.0},
      {Activation::gelu, 0.0, 0.0, kInfinity, 1.0},
      {Activation::silu, 0.0, 0.0, kInfinity, 1.0},
  });
  ASSERT_EQ(kLimits.size(), kActivations.size());
  for (const Evaluate& evaluate :
       {Evaluate(in_double), Evaluate(of_reference), Evaluate(of_double_passes)}) {
    for (const Limit& limit : kLimits) {
      SCOPED_TRACE(testing::name(limit.activation));
      EXPECT_EQ(evaluate(limit.activation, -kInfinity).x, limit.x_below);
      EXPECT_EQ(evaluate(limit.activation, -kInfinity).slope, limit.slope_below);
      EXPECT_EQ(evaluate(limit.activation, kInfinity).x, limit.x_above);
      EXPECT_EQ(evaluate(limit.activation, kInfinity).slope, limit.slope_above);
      EXPECT_TRUE(std::isnan(evaluate(limit.activation, kNan).x));
    }
  }
}

TEST(ActivationTest, SlopesFromOutputsAreThoseFromInputs) {
  int told = 0;
  for (const testing::NamedActivation& entry : kActivations) {
    const Activation activation = entry.activation;
    for (const double h : {-40.0, -1.5, -1.0, -0.3, 0.0, 0.3, 1.0, 1.5, 40.0}) {
      const double from_output = slope_from_output(activation, activate(activation, h));

      if (slope_needs_input(activation)) {
        EXPECT_TRUE(std::isnan(from_output)) << entry.name;
      } else {
        EXPECT_NEAR(from_output, activation_slope(activation, h), 1e-16) << entry.name << h;
        ++told;
      }
    }
  }
  EXPECT_EQ(told, 6 * 9);
}

// Central differences, away from kinks.
TEST(ActivationTest, SlopesAgreeWithDifferencesOfValues) {
  constexpr double kStep = 1e-5;
  for (const testing::NamedActivation& entry : kActivations) {
    for (const double h : {-4.0, -1.3, -0.4, 0.2, 0.9, 2.2, 5.0}) {
      const double difference =
          (activate(entry.activation, h + kStep) - activate(entry.activation, h - kStep)) /
          (2 * kStep);

      EXPECT_NEAR(activation_slope(entry.activation, h), difference, 1e-9) << entry.name << h;
    }
  }
}

}  // namespace
}  // namespace vnsweep
