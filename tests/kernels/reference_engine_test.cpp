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
  for (const Activation activation :
       {Activation::linear, Activation::tanh, Activation::relu, Activation::hardtanh}) {
    for (const Objective objective : {Objective::cross_entropy, Objective::squared_error}) {
      NetworkBatch batch;
      batch.width = 4;
      batch.activation = activation;
      batch.objective = objective;
      batch.data = testing::random_data(5, 3, 2);
      batch.budget = StepCount(1);
      batch.networks = {{.run_key = 4, .depth = 3, .bias_scale = 0.3, .learning_rate = 0.1}};

      check_gradient(batch);
    }
  }
}

struct Trajectory {
  Objective objective;
  Optimizer optimizer;
  double learning_rate;
  double momentum;
  double second_loss;
  double last_loss;
  double weight;  ///< of layer 2, row 1, column 2, after 20 updates
};

class PytorchTrajectoryTest : public ::testing::TestWithParam<Trajectory> {};

// tools/oracles/pytorch_trajectories.py, torch 1.13.0.
INSTANTIATE_TEST_SUITE_P(
    Optimizers, PytorchTrajectoryTest,
    ::testing::Values(Trajectory{Objective::cross_entropy, Optimizer::sgd, 0.5, 0.0,
                                 0.6967024052193795, 0.38050368930989276, -0.8096769716366825},
                      Trajectory{Objective::cross_entropy, Optimizer::sgd, 0.1, 0.9,
                                 0.6994408454790053, 0.5007234307595614, -0.7191066665699868},
                      Trajectory{Objective::cross_entropy, Optimizer::adam, 0.05, 0.0,
                                 0.6890337187844301, 0.17349115622290928, -1.5516906689295267},
                      Trajectory{Objective::cross_entropy, Optimizer::rmsprop, 0.01, 0.0,
                                 0.68343944707066, 0.1554159039880803, -1.3945518375058932},
                      Trajectory{Objective::squared_error, Optimizer::sgd, 0.5, 0.0,
                                 0.3340809060052691, 0.013421871659114463, -0.8285682665005328},
                      Trajectory{Objective::squared_error, Optimizer::sgd, 0.1, 0.9,
                                 0.5420792733560873, 0.018966363484668517, -0.743172693360087},
                      Trajectory{Objective::squared_error, Optimizer::adam, 0.05, 0.0,
                                 0.6263578168658293, 0.19282212010808855, -0.6742531322575678},
                      Trajectory{Objective::squared_error, Optimizer::rmsprop, 0.01, 0.0,
                                 0.5033837911741448, 0.07650328036624812, -0.7524609602067333}));

TEST_P(PytorchTrajectoryTest, UpdatesAreThoseOfTorchOptim) {
  const Trajectory& expected = GetParam();
  NetworkBatch batch = testing::xor_batch(3, {2});
  batch.objective = expected.objective;
  batch.optimizer = expected.optimizer;
  batch.stopping = Stopping::at_budget;
  batch.record_losses = true;
  batch.networks[0].learning_rate = expected.learning_rate;
  batch.networks[0].momentum = expected.momentum;
  ReferenceEngine engine;
  engine.initialize(batch);
  NetworkWeights weights = engine.download_weights(kFirst);
  for (std::size_t l = 0; l < 3; ++l) {
    const auto layer = static_cast<double>(l + 1);
    const std::size_t inputs = l == 0 ? 2 : 3;
    for (std::size_t i = 0; i < weights.biases[l].size(); ++i) {
      weights.biases[l][i] = std::cos(layer + static_cast<double>(i)) / 4.0;
      for (std::size_t j = 0; j < inputs; ++j) {
        weights.weights[l][i * inputs + j] =
            std::sin(layer + 2.0 * static_cast<double>(i) + 3.0 * static_cast<double>(j));
      }
    }
  }
  engine.upload_weights(kFirst, weights);

  engine.train(StepCount(20));

  const std::vector<double> losses = engine.losses(kFirst);
  ASSERT_EQ(losses.size(), 20U);
  EXPECT_NEAR(losses[1], expected.second_loss, 1e-13);
  EXPECT_NEAR(losses[19], expected.last_loss, 1e-12);
  EXPECT_NEAR(engine.download_weights(kFirst).weights[1][5], expected.weight, 1e-12);
}

}  // namespace
}  // namespace vnsweep
