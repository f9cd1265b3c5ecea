#include "kernels/reference/reference_engine.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

constexpr NetworkIndex kFirst{0};

/// One input, one sample.
std::shared_ptr<const TrainingData> single_sample(float input, float target) {
  auto data = std::make_shared<TrainingData>();
  data->samples = data->inputs = data->outputs = 1;
  data->input = {input};
  data->target = {target};
  return data;
}

NetworkBatch scalar_batch(Activation activation, Objective objective) {
  NetworkBatch batch;
  batch.activation = activation;
  batch.objective = objective;
  batch.data = single_sample(2.0F, 1.0F);
  batch.budget = StepCount(10);
  batch.networks = {{.depth = 1, .learning_rate = 0.1}};
  return batch;
}

// x = 2, W1 = 0.5, b1 = 0.25: h = 1.25; W2 = 3, b2 = -1: z = 3 x1 - 1.
const NetworkWeights kScalarWeights = {{{0.5}, {3.0}}, {{0.25}, {-1.0}}};

TEST(ReferenceEngineTest, LinearNetworkByHand) {
  ReferenceEngine engine;
  NetworkBatch batch = scalar_batch(Activation::linear, Objective::squared_error);
  engine.initialize(batch);
  engine.upload_weights(kFirst, kScalarWeights);

  // z = 2.75, loss (2.75 - 1)^2 = 3.0625; dz = 3.5, dW2 = 3.5 * 1.25, dh = 10.5, dW1 = 21.
  EXPECT_DOUBLE_EQ(engine.evaluate()[0].loss, 3.0625);
  engine.train(StepCount(1));

  const NetworkWeights after = engine.download_weights(kFirst);
  EXPECT_NEAR(after.weights[1][0], 3.0 - 0.1 * 4.375, 1e-15);
  EXPECT_NEAR(after.biases[1][0], -1.0 - 0.1 * 3.5, 1e-15);
  EXPECT_NEAR(after.weights[0][0], 0.5 - 0.1 * 21.0, 1e-15);
  EXPECT_NEAR(after.biases[0][0], 0.25 - 0.1 * 10.5, 1e-15);
}

TEST(ReferenceEngineTest, TanhNetworkWithCrossEntropyByHand) {
  ReferenceEngine engine;
  engine.initialize(scalar_batch(Activation::tanh, Objective::cross_entropy));
  engine.upload_weights(kFirst, kScalarWeights);
  const double x = std::tanh(1.25);
  const double z = 3.0 * x - 1.0;
  const double dz = 1.0 / (1.0 + std::exp(-z)) - 1.0;

  const NetworkWeights gradient = engine.gradient(kFirst);

  EXPECT_NEAR(engine.evaluate()[0].loss, std::log(1.0 + std::exp(-z)), 1e-15);
  EXPECT_NEAR(gradient.weights[1][0], dz * x, 1e-15);
  EXPECT_NEAR(gradient.weights[0][0], dz * 3.0 * (1.0 - x * x) * 2.0, 1e-15);
  EXPECT_NEAR(gradient.biases[0][0], dz * 3.0 * (1.0 - x * x), 1e-15);
}

TEST(ReferenceEngineTest, KinksOfReluAndHardtanhAreFlat) {
  for (const auto& [activation, bias] :
       {std::pair{Activation::relu, -1.0}, std::pair{Activation::hardtanh, 0.0},
        std::pair{Activation::hardtanh, -2.0}}) {
    ReferenceEngine engine;
    engine.initialize(scalar_batch(activation, Objective::squared_error));
    engine.upload_weights(kFirst, {{{0.5}, {3.0}}, {{bias}, {-1.0}}});

    EXPECT_EQ(engine.gradient(kFirst).weights[0][0], 0.0);
  }
}

TEST(ReferenceEngineTest, ProbeMeasuresGradientAndActivationOfTheScalarNetwork) {
  ReferenceEngine engine;
  engine.initialize(scalar_batch(Activation::linear, Objective::squared_error));
  engine.upload_weights(kFirst, kScalarWeights);
  const std::vector<NetworkIndex> networks = {kFirst};

  const Probe probe = engine.probe({.samples = 16}, networks)[0];

  const std::vector<float> inputs = draw_probe_inputs(0, 16, 1);
  double q = 0.0;
  for (const double x : inputs)
    q += (0.5 * x + 0.25) * (0.5 * x + 0.25) / 16.0;
  EXPECT_NEAR(probe.layers[0].q, q, 1e-15);
  EXPECT_NEAR(probe.layers[0].gradient_rms, 10.5, 1e-14);
  EXPECT_EQ(probe.layers[0].live, 1);
}

/// Central differences of the loss in every parameter of a small network.
void check_gradient(const NetworkBatch& batch) {
  ReferenceEngine engine;
  engine.initialize(batch);
  const NetworkWeights weights = engine.download_weights(kFirst);
  const NetworkWeights gradient = engine.gradient(kFirst);
  constexpr double kStep = 1e-5;
  const auto loss_at = [&](const NetworkWeights& w) {
    engine.upload_weights(kFirst, w);
    return engine.evaluate()[0].loss;
  };
  for (std::size_t l = 0; l < weights.weights.size(); ++l) {
    for (std::size_t e = 0; e < weights.weights[l].size(); ++e) {
      NetworkWeights up = weights;
      NetworkWeights down = weights;
      up.weights[l][e] += kStep;
      down.weights[l][e] -= kStep;
      EXPECT_NEAR(gradient.weights[l][e], (loss_at(up) - loss_at(down)) / (2 * kStep), 1e-8);
    }
    for (std::size_t e = 0; e < weights.biases[l].size(); ++e) {
      NetworkWeights up = weights;
      NetworkWeights down = weights;
      up.biases[l][e] += kStep;
      down.biases[l][e] -= kStep;
      EXPECT_NEAR(gradient.biases[l][e], (loss_at(up) - loss_at(down)) / (2 * kStep), 1e-8);
    }
  }
}

TEST(ReferenceEngineTest, GradientsAgreeWithFiniteDifferences) {
  NetworkBatch batch;
  batch.width = 4;
  batch.budget = StepCount(1);
  batch.networks = {{.run_key = 4, .depth = 3, .bias_scale = 0.3, .learning_rate = 0.1}};
  for (const testing::NamedActivation& entry : testing::kActivations) {
    SCOPED_TRACE(entry.name);
    batch.activation = entry.activation;
    for (const int outputs : {1, 2, 5}) {
      batch.data = testing::random_data(5, 3, outputs);
      for (const Objective objective : {Objective::cross_entropy, Objective::squared_error}) {
        batch.objective = objective;
        check_gradient(batch);
      }
    }
    batch.data = testing::random_values(5, 3, 2);
    batch.objective = Objective::squared_error;
    check_gradient(batch);
  }
}

// Logits ln 1, ln 2 and ln 5 are probabilities 1/8, 1/4 and 5/8.
TEST(ReferenceEngineTest, SoftmaxOfThreeClassesByHand) {
  NetworkBatch batch = scalar_batch(Activation::linear, Objective::cross_entropy);
  auto data = std::make_shared<TrainingData>(*single_sample(2.0F, 0.0F));
  data->outputs = 3;
  data->target = {0, 1, 0};
  batch.data = data;
  ReferenceEngine engine;
  engine.initialize(batch);
  engine.upload_weights(
      kFirst, {{{0.5}, {0, 0, 0}}, {{0.0}, {std::log(1.0), std::log(2.0), std::log(5.0)}}});

  const Evaluation found = engine.evaluate()[0];
  const NetworkWeights gradient = engine.gradient(kFirst);

  EXPECT_NEAR(found.loss, std::log(4.0), 1e-15);
  EXPECT_EQ(found.accuracy, 0.0);
  EXPECT_NEAR(gradient.biases[1][0], 1.0 / 8.0, 1e-15);
  EXPECT_NEAR(gradient.biases[1][1], 1.0 / 4.0 - 1.0, 1e-15);
  EXPECT_NEAR(gradient.biases[1][2], 5.0 / 8.0, 1e-15);
}

}  // namespace
}  // namespace vnsweep
