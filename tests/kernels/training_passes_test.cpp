#include "kernels/cpu/training_passes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/math/activation.hpp"
#include "tests/kernels/activation_bounds.hpp"
#include "tests/kernels/instruction_sets.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

/// Runs values through one layer of a single node with weight 1 and bias 0.
struct SingleNode {
  NetworkBatch batch = testing::xor_batch(1, {1});
  cpu::LayerLayout layer = {.inputs = 1, .outputs = 1, .stride = cpu::padded(1), .offset = 0};
  cpu::AlignedBuffer<float> parameters{16};
  std::vector<float> output;
  std::vector<float> derivative;

  void apply(Activation activation, const std::vector<float>& values,
             ActivationAccuracy accuracy = ActivationAccuracy::fast) {
    parameters.data()[0] = 1.0F;
    const auto stride = static_cast<std::size_t>(layer.stride);
    cpu::AlignedBuffer<float> x(values.size() * stride);
    cpu::AlignedBuffer<float> d(values.size() * stride);
    cpu::forward_hidden(activation, {.layer = &layer,
                                     .parameters = parameters.data(),
                                     .input = values.data(),
                                     .input_stride = 1,
                                     .samples = static_cast<int>(values.size()),
                                     .output = x.data(),
                                     .derivative = d.data(),
                                     .accuracy = accuracy});
    output.clear();
    derivative.clear();
    for (std::size_t s = 0; s < values.size(); ++s) {
      output.push_back(x.data()[s * stride]);
      derivative.push_back(d.data()[s * stride]);
    }
  }
};

TEST(TrainingPassesTest, TanhIsWithinFiveUlpAndNeverBeyondOne) {
  std::vector<float> values;
  for (int k = -200'000; k <= 200'000; ++k)
    values.push_back(static_cast<float>(k) * 5e-5F);
  for (const float tiny : {1e-30F, 1e-10F, 1e-5F, 3e-4F})
    values.push_back(tiny);
  SingleNode node;

  node.apply(Activation::tanh, values);

  for (std::size_t k = 0; k < values.size(); ++k) {
    const double exact = std::tanh(static_cast<double>(values[k]));
    const auto rounded = static_cast<float>(std::fabs(exact));
    const double ulp = std::nextafter(rounded, 2.0F) - rounded;
    ASSERT_LE(std::fabs(node.output[k] - exact), 5.0 * ulp) << values[k];
    ASSERT_LE(std::fabs(node.output[k]), 1.0F);
    ASSERT_GE(node.derivative[k], 0.0F);
  }
}

TEST(TrainingPassesTest, ActivationsAtTheirLandmarks) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> h = {-infinity, -2.0F, -1.0F, -0.5F, 0.0F, 0.5F, 1.0F, 2.0F, infinity};
  SingleNode node;

  node.apply(Activation::relu, h);
  EXPECT_EQ(node.output, (std::vector<float>{0, 0, 0, 0, 0, 0.5F, 1, 2, infinity}));
  EXPECT_EQ(node.derivative, (std::vector<float>{0, 0, 0, 0, 0, 1, 1, 1, 1}));
  node.apply(Activation::hardtanh, h);
  EXPECT_EQ(node.output, (std::vector<float>{-1, -1, -1, -0.5F, 0, 0.5F, 1, 1, 1}));
  EXPECT_EQ(node.derivative, (std::vector<float>{0, 0, 0, 1, 1, 1, 0, 0, 0}));
  node.apply(Activation::tanh, {-infinity, infinity});
  EXPECT_EQ(node.output, (std::vector<float>{-1, 1}));
  EXPECT_EQ(node.derivative, (std::vector<float>{0, 0}));
}

TEST(TrainingPassesTest, InfinityGivesTheLimitAndNanPassesThrough) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    SingleNode node;
    for (const testing::NamedActivation& entry : testing::kActivations) {
      SCOPED_TRACE(entry.name);
      const std::vector<float> h = {-kInfinity, -0.0F, 0.0F, kInfinity};

      node.apply(entry.activation, h);
      const std::vector<float> output = node.output;
      const std::vector<float> derivative = node.derivative;
      node.apply(entry.activation, {std::numeric_limits<float>::quiet_NaN()});

      for (std::size_t k = 0; k < h.size(); ++k) {
        EXPECT_EQ(output[k], activate(entry.activation, h[k])) << h[k];
        EXPECT_FLOAT_EQ(derivative[k], activation_slope(entry.activation, h[k])) << h[k];
      }
      EXPECT_TRUE(std::isnan(node.output[0]));
    }
  });
}

/// phi and phi' with at least eleven bits more than a double has.
struct LongActivation {
  using Real = long double;
  Activation activation;

  static Real sigma(Real h) { return 1 / (1 + std::exp(-h)); }
  static Real cdf(Real h) { return std::erfc(-h / std::sqrt(Real(2))) / 2; }

  Real x(Real h) const {
    switch (activation) {
      case Activation::tanh:
        return std::tanh(h);
      case Activation::erf:
        return std::erf(h);
      case Activation::sigmoid:
        return sigma(h);
      case Activation::gelu:
        return h * cdf(h);
      case Activation::silu:
        return h * sigma(h);
      default:
        return h > 0 ? h : h / 100;
    }
  }
  Real slope(Real h) const {
    const Real pi = std::numbers::pi_v<Real>;
    switch (activation) {
      case Activation::tanh:
        return 1 / (std::cosh(h) * std::cosh(h));
      case Activation::erf:
        return 2 / std::sqrt(pi) * std::exp(-h * h);
      case Activation::sigmoid:
        return sigma(h) * sigma(-h);
      case Activation::gelu:
        return cdf(h) + h * std::exp(-h * h / 2) / std::sqrt(2 * pi);
      case Activation::silu:
        return sigma(h) * (1 + h * sigma(-h));
      default:
        return h > 0 ? Real(1) : Real(1) / 100;
    }
  }
};

/// From the smallest numbers to where everything has saturated.
std::vector<float> dense_arguments() {
  std::vector<float> h;
  for (int k = -20'000; k <= 20'000; ++k)
    h.push_back(static_cast<float>(k) * 7e-4F);
  for (int k = 0; k < 200; ++k) {
    for (const float sign : {-1.0F, 1.0F}) {
      h.push_back(sign * (14.0F + static_cast<float>(k) * 0.5F));
      h.push_back(sign * std::ldexp(1.3F, -k / 2));
    }
  }
  return h;
}

TEST(TrainingPassesTest, EveryInstructionSetKeepsToTheBoundsOfEveryActivation) {
  constexpr double kUnit = 0x1p-24;
  constexpr double kTiny = 0x1p-120;  // about where float loses digits
  const std::vector<float> arguments = dense_arguments();
  testing::on_every_instruction_set([&](const char* name) {
    SingleNode node;
    for (const testing::ActivationBounds& bounds : testing::kActivationBounds) {
      SCOPED_TRACE(std::string(name) + ' ' + testing::name(bounds.activation));
      const LongActivation exact{bounds.activation};

      node.apply(bounds.activation, arguments);

      for (std::size_t k = 0; k < arguments.size(); ++k) {
        const double h = arguments[k];
        const auto x = static_cast<double>(exact.x(h));
        const auto slope = static_cast<double>(exact.slope(h));
        ASSERT_LE(std::fabs(node.output[k] - x), kUnit * bounds.x.at(h, x) + kTiny) << h;
        ASSERT_LE(std::fabs(node.derivative[k] - slope), kUnit * bounds.slope.at(h, slope) + kTiny)
            << h;
      }
    }
  });
}

TEST(TrainingPassesTest, AccurateActivationsAreWithinAHalfAndAHundredthUlp) {
  const std::vector<float> arguments = dense_arguments();
  testing::on_every_instruction_set([&](const char* name) {
    SingleNode node;
    for (const testing::ActivationBounds& bounds : testing::kActivationBounds) {
      SCOPED_TRACE(std::string(name) + ' ' + testing::name(bounds.activation));
      const LongActivation exact{bounds.activation};

      node.apply(bounds.activation, arguments, ActivationAccuracy::accurate);

      for (std::size_t k = 0; k < arguments.size(); ++k) {
        const auto x = static_cast<double>(exact.x(arguments[k]));
        const auto rounded = static_cast<float>(std::fabs(x));
        const double ulp =
            std::nextafter(rounded, std::numeric_limits<float>::infinity()) - rounded;
        ASSERT_LE(std::fabs(node.output[k] - x), 0.51 * ulp) << arguments[k];
      }
    }
  });
}

TEST(TrainingPassesTest, BoundedActivationsNeverLeaveTheirRange) {
  SingleNode node;
  for (const Activation activation : {Activation::tanh, Activation::erf, Activation::sigmoid}) {
    node.apply(activation, dense_arguments());

    for (std::size_t k = 0; k < node.output.size(); ++k) {
      ASSERT_LE(std::fabs(node.output[k]), 1.0F);
      ASSERT_GE(node.derivative[k], 0.0F);
    }
  }
}

}  // namespace
}  // namespace vnsweep
