// What every engine must do about success, failure and divergence.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/engines_under_test.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

class EngineOutcomeTest : public testing::EngineTest {};
INSTANTIATE_TEST_SUITE_P(Engines, EngineOutcomeTest,
                         ::testing::ValuesIn(testing::engines_under_test()), testing::engine_name);

TEST_P(EngineOutcomeTest, ANetworkThatMeetsTheCriterionAtOnceTakesNoStep) {
  Engine& engine = *engine_;
  NetworkBatch batch = testing::xor_batch(8, {2});
  batch.success = {.loss = 1e9};
  engine.initialize(batch);

  engine.train(StepCount(5));

  const Evaluation result = engine.evaluate()[0];
  EXPECT_EQ(result.status, TrainingStatus::succeeded);
  EXPECT_EQ(result.step, StepCount(0));
}

TEST_P(EngineOutcomeTest, SuccessStopsAtTheFirstEvaluationThatMeetsBothThresholds) {
  Engine& engine = *engine_;
  NetworkBatch batch = testing::xor_batch(16, {3}, 2000);
  batch.success.every = StepCount(7);
  engine.initialize(batch);

  engine.train(StepCount(2000));
  const Evaluation result = engine.evaluate()[0];

  ASSERT_EQ(result.status, TrainingStatus::succeeded);
  EXPECT_EQ(result.step.value() % 7, 0);
  EXPECT_LE(result.loss, 0.1);
  EXPECT_EQ(result.accuracy, 1.0);

  // Seven steps earlier it had not succeeded.
  engine.initialize(batch);
  engine.train(result.step - StepCount(7));
  EXPECT_EQ(engine.evaluate()[0].status, TrainingStatus::training);
  EXPECT_GT(engine.evaluate()[0].loss, 0.1);
}

TEST_P(EngineOutcomeTest, AFinishedNetworkStaysAsItWas) {
  Engine& engine = *engine_;
  NetworkBatch batch = testing::xor_batch(16, {3, 40}, 500);
  engine.initialize(batch);
  engine.train(StepCount(400));
  const auto before = engine.download_weights(NetworkIndex(0)).weights;
  ASSERT_EQ(engine.evaluate()[0].status, TrainingStatus::succeeded);

  engine.train(StepCount(100));

  EXPECT_EQ(engine.download_weights(NetworkIndex(0)).weights, before);
}

TEST_P(EngineOutcomeTest, TheBudgetEndsTrainingWithAnEvaluation) {
  Engine& engine = *engine_;
  NetworkBatch batch = testing::xor_batch(4, {2}, 10);
  batch.success = {.accuracy = 1.0, .loss = 1e-9, .every = StepCount(3)};
  engine.initialize(batch);

  engine.train(StepCount(1000));

  const Evaluation result = engine.evaluate()[0];
  EXPECT_EQ(result.status, TrainingStatus::exhausted);
  EXPECT_EQ(result.step, StepCount(10));
}

/// Four points, each a class of its own.
std::shared_ptr<const TrainingData> corners() {
  auto data = std::make_shared<TrainingData>(*testing::xor_data());
  data->outputs = 4;
  data->target = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  return data;
}

TEST_P(EngineOutcomeTest, ClassesOfSeveralOutputsAreLearned) {
  for (const Objective objective : {Objective::cross_entropy, Objective::squared_error}) {
    NetworkBatch batch = testing::xor_batch(16, {2}, 2000);
    batch.data = corners();
    batch.objective = objective;
    engine_->initialize(batch);
    EXPECT_LT(engine_->evaluate()[0].accuracy, 1.0);

    engine_->train(StepCount(2000));

    const Evaluation result = engine_->evaluate()[0];
    EXPECT_EQ(result.status, TrainingStatus::succeeded);
    EXPECT_LE(result.loss, 0.1);
    EXPECT_EQ(result.accuracy, 1.0);
  }
}

// Equal outputs find no class; with the fourth class's bias above the others, every sample is said
// to be of that class.
TEST_P(EngineOutcomeTest, AccuracyIsTheShareOfSamplesWhoseClassIsFound) {
  NetworkBatch batch = testing::xor_batch(3, {1});
  batch.data = corners();
  batch.networks[0].scale = 0.0;
  engine_->initialize(batch);
  const double of_ties = engine_->evaluate()[0].accuracy;
  auto fourth = std::make_shared<TrainingData>(*batch.data);
  fourth->target = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  batch.data = fourth;
  batch.stopping = Stopping::at_budget;
  engine_->initialize(batch);

  engine_->train(StepCount(1));

  EXPECT_EQ(of_ties, 0.0);
  EXPECT_EQ(engine_->evaluate()[0].accuracy, 1.0);
}

TEST_P(EngineOutcomeTest, RegressionSucceedsByItsLossAlone) {
  NetworkBatch batch = testing::xor_batch(16, {2}, 1000);
  batch.data = testing::random_values(3, 2, 2);
  batch.objective = Objective::squared_error;
  batch.success = {.loss = 0.05};
  engine_->initialize(batch);
  engine_->train(StepCount(1000));
  const Evaluation by_loss = engine_->evaluate()[0];

  batch.success.accuracy = 0.0;  // which no network reaches, since it has none
  engine_->initialize(batch);
  engine_->train(StepCount(1000));
  const Evaluation by_accuracy = engine_->evaluate()[0];

  EXPECT_EQ(by_loss.status, TrainingStatus::succeeded);
  EXPECT_LE(by_loss.loss, 0.05);
  EXPECT_TRUE(std::isnan(by_loss.accuracy));
  EXPECT_EQ(by_accuracy.status, TrainingStatus::exhausted);
}

TEST_P(EngineOutcomeTest, ANonFiniteLossIsDivergence) {
  Engine& engine = *engine_;
  NetworkBatch batch = testing::xor_batch(8, {3}, 100);
  batch.activation = Activation::linear;
  batch.objective = Objective::squared_error;
  batch.networks[0].learning_rate = 1e30;
  batch.networks[0].scale = 2.0;
  engine.initialize(batch);

  engine.train(StepCount(100));

  const Evaluation result = engine.evaluate()[0];
  EXPECT_EQ(result.status, TrainingStatus::diverged);
  EXPECT_LT(result.step, StepCount(100));
  EXPECT_FALSE(std::isfinite(result.loss));
  const Probe probe = engine.probe({.samples = 8}, testing::all_networks(batch))[0];
  EXPECT_FALSE(probe.weights_finite && probe.gradients_finite);
}

TEST_P(EngineOutcomeTest, AtBudgetNothingStopsTrainingAndEveryLossIsKept) {
  Engine& engine = *engine_;
  NetworkBatch batch = testing::xor_batch(16, {2}, 300);
  batch.stopping = Stopping::at_budget;
  batch.record_losses = true;
  engine.initialize(batch);

  engine.train(StepCount(300));

  EXPECT_EQ(engine.evaluate()[0].step, StepCount(300));
  EXPECT_EQ(engine.losses(NetworkIndex(0)).size(), 300U);
  EXPECT_LT(engine.losses(NetworkIndex(0)).back(), 0.1);
}

TEST_P(EngineOutcomeTest, MinibatchRunsAreEvaluatedOnTheWholeTrainingSet) {
  Engine& engine = *engine_;
  NetworkBatch batch = testing::xor_batch(8, {2}, 100);
  batch.data = testing::random_data(150, 3);
  batch.minibatch = 4;
  batch.success = {.loss = 1e-12, .every = StepCount(10)};
  engine.initialize(batch);
  engine.train(StepCount(20));
  const NetworkWeights weights = engine.download_weights(NetworkIndex(0));
  const Evaluation result = engine.evaluate()[0];

  NetworkBatch full = batch;
  full.minibatch.reset();
  ReferenceEngine oracle;
  oracle.initialize(full);
  oracle.upload_weights(NetworkIndex(0), weights);

  EXPECT_NEAR(result.loss, oracle.evaluate()[0].loss, 1e-6);
  EXPECT_EQ(result.accuracy, oracle.evaluate()[0].accuracy);
}

// More samples than any engine passes through at once.
TEST_P(EngineOutcomeTest, LargeTrainingSetsAreEvaluatedAndMeasuredInPieces) {
  for (const std::optional<int> minibatch : {std::optional<int>(), std::optional<int>(7)}) {
    for (const auto& [samples, outputs] :
         {std::pair{257, 1}, std::pair{600, 1}, std::pair{600, 3}}) {
      NetworkBatch batch = testing::xor_batch(6, {2, 1}, 10);
      batch.data = testing::random_data(samples, 3, outputs);
      batch.minibatch = minibatch;
      batch.success = {.loss = 1e-12, .every = StepCount(5)};
      ReferenceEngine oracle;
      engine_->initialize(batch);
      oracle.initialize(batch);
      engine_->train(StepCount(10));
      oracle.train(StepCount(10));
      const std::vector<NetworkIndex> all = testing::all_networks(batch);

      const auto found = engine_->evaluate();
      const auto probes = engine_->probe({.samples = 8}, all);

      const auto expected_probes = oracle.probe({.samples = 8}, all);
      for (std::size_t n = 0; n < all.size(); ++n) {
        EXPECT_NEAR(found[n].loss, oracle.evaluate()[n].loss, 1e-6);
        EXPECT_EQ(found[n].accuracy, oracle.evaluate()[n].accuracy);
        EXPECT_NEAR(probes[n].layers[0].gradient_rms / expected_probes[n].layers[0].gradient_rms,
                    1.0, 1e-4);
      }
    }
  }
}

TEST_P(EngineOutcomeTest, EveryEngineFindsTheSameOutcomesAtTheSameSteps) {
  for (const bool minibatch : {false, true}) {
    NetworkBatch batch = testing::xor_batch(16, {1, 2, 3, 4, 6, 2, 3}, 400);
    batch.networks[3].learning_rate = 1e-4;  // spends its budget
    batch.networks[5].learning_rate = 0.3;
    if (minibatch) {
      batch.minibatch = 2;
      batch.success.every = StepCount(5);
    }
    ReferenceEngine oracle;
    engine_->initialize(batch);
    oracle.initialize(batch);

    engine_->train(StepCount(170));
    engine_->train(StepCount(230));
    oracle.train(StepCount(400));

    const std::vector<Evaluation> found = engine_->evaluate();
    const std::vector<Evaluation> expected = oracle.evaluate();
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t n = 0; n < found.size(); ++n) {
      EXPECT_EQ(found[n].status, expected[n].status) << "network " << n;
      EXPECT_EQ(found[n].accuracy, expected[n].accuracy) << "network " << n;
      EXPECT_EQ(found[n].step, expected[n].step) << "network " << n;
      EXPECT_NEAR(found[n].loss, expected[n].loss, 1e-4) << "network " << n;
    }
  }
}

}  // namespace
}  // namespace vnsweep
