// What the CPU engine promises of bits: a network's results are its own, whatever it is trained
// beside, however the steps are cut, and on every instruction set that fuses multiply and add.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/cpu/lane_trainer.hpp"
#include "tests/kernels/instruction_sets.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

struct Outcome {
  Evaluation evaluation;
  NetworkWeights weights;
  std::vector<double> losses;
};

/// Two numbers that are not told apart by == may be NaN both.
void expect_same_number(double a, double b) {
  EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << a << " is not " << b;
}

void expect_same_bits(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.evaluation.step, b.evaluation.step);
  EXPECT_EQ(a.evaluation.status, b.evaluation.status);
  expect_same_number(a.evaluation.loss, b.evaluation.loss);
  expect_same_number(a.evaluation.accuracy, b.evaluation.accuracy);
  EXPECT_EQ(a.weights.weights, b.weights.weights);
  EXPECT_EQ(a.weights.biases, b.weights.biases);
  EXPECT_EQ(a.losses, b.losses);
}

/// @param chunks  lengths of the train() calls
std::vector<Outcome> train(const NetworkBatch& batch, const std::vector<std::int64_t>& chunks) {
  CpuEngine engine;
  engine.initialize(batch);
  for (const std::int64_t steps : chunks)
    engine.train(StepCount(steps));
  std::vector<Outcome> outcomes;
  for (const Evaluation& evaluation : engine.evaluate()) {
    outcomes.push_back({evaluation, engine.download_weights(evaluation.network),
                        engine.losses(evaluation.network)});
    outcomes.back().evaluation.network = NetworkIndex(0);
  }
  return outcomes;
}

std::vector<Outcome> train_each_alone(const NetworkBatch& batch, std::int64_t steps) {
  std::vector<Outcome> outcomes;
  for (const NetworkSpec& network : batch.networks) {
    NetworkBatch single = batch;
    single.networks = {network};
    outcomes.push_back(train(single, {steps}).at(0));
  }
  return outcomes;
}

void expect_same_bits(const std::vector<Outcome>& a, const std::vector<Outcome>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    SCOPED_TRACE(n);
    expect_same_bits(a[n], b[n]);
  }
}

/// More networks than a vector has lanes, of two depths, no two alike.
NetworkBatch crowd(int width) {
  NetworkBatch batch =
      testing::xor_batch(width, {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
                                 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2});
  batch.record_losses = true;
  for (std::size_t n = 0; n < batch.networks.size(); ++n) {
    NetworkSpec& network = batch.networks[n];
    network.bias_scale = 0.1;
    network.scale = 1.0 + 0.02 * static_cast<double>(n % 7);
    network.learning_rate = 0.02 * static_cast<double>(1 + n % 5);
  }
  return batch;
}

class CpuBitsTest : public ::testing::TestWithParam<int> {};

TEST_P(CpuBitsTest, CompanyChangesNothingForAnyActivation) {
  for (const testing::NamedActivation& entry : testing::kActivations) {
    SCOPED_TRACE(entry.name);
    NetworkBatch batch = crowd(GetParam());
    batch.activation = entry.activation;
    batch.data = testing::random_data(5, 3);
    batch.stopping = Stopping::at_budget;

    expect_same_bits(train(batch, {12}), train_each_alone(batch, 12));
  }
}

TEST_P(CpuBitsTest, CompanyChangesNothingForAnyOptimizer) {
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop}) {
    SCOPED_TRACE(static_cast<int>(optimizer));
    NetworkBatch batch = crowd(GetParam());
    batch.optimizer = optimizer;
    for (std::size_t n = 0; n < batch.networks.size(); ++n) {
      batch.networks[n].learning_rate *= optimizer == Optimizer::sgd ? 1.0 : 0.1;
      // With and without momentum side by side.
      batch.networks[n].momentum = n % 3 == 0 ? 0.9 : 0.0;
    }

    expect_same_bits(train(batch, {40}), train_each_alone(batch, 40));
  }
}

TEST_P(CpuBitsTest, CompanyChangesNothingForAnyNumberOfSamples) {
  for (const int samples : {1, 2, 3, 7, 16, 21}) {
    SCOPED_TRACE(samples);
    NetworkBatch batch = crowd(GetParam());
    batch.data = testing::random_data(samples, 6);
    batch.stopping = Stopping::at_budget;

    expect_same_bits(train(batch, {8}), train_each_alone(batch, 8));
  }
}

TEST_P(CpuBitsTest, CompanyChangesNothingForMiniBatches) {
  NetworkBatch batch = crowd(GetParam());
  batch.data = testing::random_data(37, 5);
  batch.minibatch = 8;
  batch.success.every = StepCount(4);

  expect_same_bits(train(batch, {30}), train_each_alone(batch, 30));
}

TEST_P(CpuBitsTest, CompanyChangesNothingForClassesAndValues) {
  for (const auto& data : {testing::random_data(9, 3, 4), testing::random_values(9, 3, 2)}) {
    NetworkBatch batch = crowd(GetParam());
    batch.data = data;
    if (data->kind == TargetKind::values) batch.objective = Objective::squared_error;
    batch.success.accuracy.reset();
    batch.stopping = Stopping::at_budget;

    expect_same_bits(train(batch, {15}), train_each_alone(batch, 15));
  }
}

TEST_P(CpuBitsTest, NetworksThatEndEarlyGiveTheirLanesAway) {
  NetworkBatch batch = crowd(GetParam());
  batch.budget = StepCount(600);
  batch.success.loss = 0.5;

  const std::vector<Outcome> together = train(batch, {600});
  const std::vector<Outcome> alone = train_each_alone(batch, 600);

  std::map<TrainingStatus, int> statuses;
  for (const Outcome& outcome : together)
    ++statuses[outcome.evaluation.status];
  EXPECT_GT(statuses[TrainingStatus::succeeded], 1);
  expect_same_bits(together, alone);
}

TEST_P(CpuBitsTest, NetworksThatDivergeHarmNoOther) {
  NetworkBatch batch = crowd(GetParam());
  batch.activation = Activation::linear;
  for (std::size_t n = 0; n < batch.networks.size(); n += 4)
    batch.networks[n].learning_rate = 1e20;

  const std::vector<Outcome> together = train(batch, {50});
  const std::vector<Outcome> alone = train_each_alone(batch, 50);

  EXPECT_EQ(together[0].evaluation.status, TrainingStatus::diverged);
  EXPECT_NE(together[1].evaluation.status, TrainingStatus::diverged);
  for (std::size_t n = 1; n < batch.networks.size(); ++n) {
    if (n % 4 != 0) expect_same_bits(together[n], alone[n]);
  }
}

TEST_P(CpuBitsTest, TheLengthsOfTheCallsChangeNothing) {
  NetworkBatch batch = crowd(GetParam());
  batch.optimizer = Optimizer::adam;

  expect_same_bits(train(batch, {1, 2, 30, 7}), train(batch, {40}));
}

TEST_P(CpuBitsTest, EveryInstructionSetThatFusesMultiplyAndAddGivesTheSame) {
  for (const testing::NamedActivation& entry : testing::kActivations) {
    SCOPED_TRACE(entry.name);
    NetworkBatch batch = crowd(GetParam());
    batch.activation = entry.activation;
    batch.data = testing::random_data(5, 3);
    batch.optimizer = Optimizer::adam;
    std::vector<std::vector<Outcome>> of_each;

    testing::on_every_instruction_set([&](const std::string& name) {
      if (name == "AVX2" || name.starts_with("AVX3")) of_each.push_back(train(batch, {12}));
    });

    if (of_each.size() < 2) GTEST_SKIP() << "this machine has fewer than two of them";
    for (std::size_t k = 1; k < of_each.size(); ++k)
      expect_same_bits(of_each[k], of_each[0]);
  }
}

// 3, 8, 10 and 20 are trained in lanes here, 70 is not.
INSTANTIATE_TEST_SUITE_P(Widths, CpuBitsTest, ::testing::Values(3, 8, 10, 16, 20, 70),
                         ::testing::PrintToStringParamName());

TEST(LaneTrainerTest, SmallWidthsAreWorthTheLanesAndLargeGroupsAreNot) {
  EXPECT_TRUE(cpu::networks_worth_lanes(testing::xor_batch(8, {10})));
  EXPECT_TRUE(cpu::networks_worth_lanes(testing::xor_batch(32, {10})));
  EXPECT_FALSE(cpu::networks_worth_lanes(testing::xor_batch(64, {100})));
}

}  // namespace
}  // namespace vnsweep
