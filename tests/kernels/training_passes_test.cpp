#include "kernels/cpu/training_passes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
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

  void apply(Activation activation, const std::vector<float>& values) {
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
                                     .derivative = d.data()});
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

TEST(TrainingPassesTest, NanPassesThroughEveryActivation) {
  SingleNode node;
  for (const Activation activation :
       {Activation::linear, Activation::tanh, Activation::relu, Activation::hardtanh}) {
    node.apply(activation, {std::numeric_limits<float>::quiet_NaN()});
    EXPECT_TRUE(std::isnan(node.output[0]));
  }
}

}  // namespace
}  // namespace vnsweep
