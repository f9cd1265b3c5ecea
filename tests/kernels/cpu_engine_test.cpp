#include "kernels/cpu/cpu_engine.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <tuple>

#include "host/verify/compare.hpp"
#include "host/verify/verify.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

using Shape = std::tuple<int, int, int>;  // width, networks, samples

class CpuEngineShapeTest : public ::testing::TestWithParam<Shape> {};

INSTANTIATE_TEST_SUITE_P(Shapes, CpuEngineShapeTest,
                         ::testing::Combine(::testing::Values(1, 3, 8, 31, 32, 33, 64, 100),
                                            ::testing::Values(1, 11), ::testing::Values(1, 4, 33)));

TEST_P(CpuEngineShapeTest, AgreesWithTheReferenceForEveryDepth) {
  const auto& [width, networks, samples] = GetParam();
  for (const int depth : {1, 2, 17}) {
    NetworkBatch batch;
    batch.width = width;
    batch.data = testing::random_data(samples, 3);
    batch.budget = StepCount(3);
    for (int n = 0; n < networks; ++n) {
      batch.networks.push_back({.run_key = static_cast<std::uint64_t>(n),
                                .depth = depth,
                                .bias_scale = 0.1,
                                .learning_rate = 0.05});
    }
    CpuEngine engine;
    ReferenceEngine oracle;

    const auto errors = compare_engines(engine, oracle, batch, StepCount(3), {.samples = 24});

    ASSERT_EQ(errors.size(), static_cast<std::size_t>(networks));
    for (const NetworkError& error : errors) {
      EXPECT_LE(error.weights, 1e-6) << "network " << error.network.value();
      EXPECT_LE(error.loss, 1e-6) << "network " << error.network.value();
      EXPECT_LE(error.vni, 1e-10) << "network " << error.network.value();
      EXPECT_LE(error.spectrum, 1e-10) << "network " << error.network.value();
      EXPECT_LE(error.gradient, 1e-10) << "network " << error.network.value();
      EXPECT_TRUE(error.live_nodes_agree) << "network " << error.network.value();
    }
  }
}

TEST(CpuEngineTest, EveryVerificationCaseIsWithinTolerance) {
  CpuEngine engine;
  ReferenceEngine oracle;
  for (const VerificationCase& entry : verification_cases()) {
    for (const NetworkError& error :
         compare_engines(engine, oracle, entry.batch, entry.steps, {.samples = 24})) {
      EXPECT_TRUE(is_within(error, Tolerances{}))
          << entry.name << ", network " << error.network.value() << ": weights " << error.weights
          << ", loss " << error.loss << ", VNI " << error.vni;
    }
  }
}

TEST(CpuEngineTest, EveryInstructionSetOfThisMachineAgreesWithTheReference) {
  const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
  for (const std::int64_t target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    for (const int width : {3, 8, 33}) {
      NetworkBatch batch = testing::xor_batch(width, {4, 1});
      batch.data = testing::random_data(5, 3);
      CpuEngine engine;
      ReferenceEngine oracle;

      for (const NetworkError& error :
           compare_engines(engine, oracle, batch, StepCount(5), {.samples = 24})) {
        EXPECT_LE(error.worst(), 1e-6) << hwy::TargetName(target) << " width " << width;
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  EXPECT_GT(targets.size(), 1U);
}

TEST(CpuEngineTest, EveryOptimizerFollowsTheReferenceOverFiftySteps) {
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop}) {
    NetworkBatch batch;
    batch.width = 16;
    batch.optimizer = optimizer;
    batch.data = testing::random_data(8, 3);
    batch.budget = StepCount(50);
    const bool sgd = optimizer == Optimizer::sgd;
    batch.networks = {{.run_key = 5,
                       .depth = 3,
                       .bias_scale = 0.2,
                       .learning_rate = sgd ? 0.1 : 0.005,
                       .momentum = sgd ? 0.9 : 0.0}};
    CpuEngine engine;
    ReferenceEngine oracle;

    const auto errors = compare_engines(engine, oracle, batch, StepCount(50), {.samples = 8});

    EXPECT_LE(errors[0].weights, 1e-5) << static_cast<int>(optimizer);
    EXPECT_LE(errors[0].loss, 1e-5) << static_cast<int>(optimizer);
  }
}

TEST(CompareTest, NanAndWrongSizesNeverPass) {
  NetworkError error;
  error.weights = std::nan("");

  EXPECT_FALSE(is_within(error, Tolerances{}));
  EXPECT_EQ(relative_error({1.0, std::nan("")}, {1.0, 2.0}),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(relative_error({1.0}, {1.0, 2.0}), std::numeric_limits<double>::infinity());
  EXPECT_DOUBLE_EQ(relative_error({3.0, 4.5}, {3.0, 4.0}), 0.1);
}

/// The cpu engine with a learning rate that is a hundredth off.
class WrongEngine final : public Engine {
 public:
  void initialize(const NetworkBatch& batch) override {
    NetworkBatch wrong = batch;
    for (NetworkSpec& network : wrong.networks)
      network.learning_rate *= 1.01;
    engine_.initialize(wrong);
  }
  void train(StepCount steps) override { engine_.train(steps); }
  std::vector<Evaluation> evaluate() override { return engine_.evaluate(); }
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override {
    return engine_.probe(spec, networks);
  }
  void retire(std::span<const NetworkIndex> networks) override { engine_.retire(networks); }
  NetworkWeights download_weights(NetworkIndex network) const override {
    return engine_.download_weights(network);
  }
  std::vector<double> losses(NetworkIndex network) const override {
    return engine_.losses(network);
  }

 private:
  CpuEngine engine_;
};

TEST(CompareTest, ASlightlyWrongEngineIsCaught) {
  WrongEngine wrong;
  CpuEngine right;
  ReferenceEngine oracle;
  NetworkBatch batch = testing::xor_batch(8, {3});
  batch.data = testing::random_data(5, 3);

  const auto caught = compare_engines(wrong, oracle, batch, StepCount(5), {.samples = 8});
  const auto passed = compare_engines(right, oracle, batch, StepCount(5), {.samples = 8});

  EXPECT_FALSE(is_within(caught[0], Tolerances{}));
  EXPECT_TRUE(is_within(passed[0], Tolerances{}));
}

NetworkBatch mixed_batch() {
  NetworkBatch batch = testing::xor_batch(20, {9, 7, 7, 4, 1}, 60);
  batch.networks[1].scale = 1.3;
  batch.networks[3].momentum = 0.5;
  batch.networks[4].learning_rate = 0.2;
  return batch;
}

TEST(CpuEngineTest, ANetworkIsBitwiseTheSameAloneAndInABatch) {
  const NetworkBatch batch = mixed_batch();
  CpuEngine together;
  together.initialize(batch);
  together.train(StepCount(60));

  for (std::size_t n = 0; n < batch.networks.size(); ++n) {
    NetworkBatch single = batch;
    single.networks = {batch.networks[n]};
    CpuEngine alone;
    alone.initialize(single);
    alone.train(StepCount(60));

    const NetworkIndex index(static_cast<std::uint32_t>(n));
    EXPECT_EQ(alone.download_weights(NetworkIndex(0)).weights,
              together.download_weights(index).weights);
    EXPECT_EQ(alone.evaluate()[0].loss, together.evaluate()[n].loss);
  }
}

TEST(CpuEngineTest, TheLengthOfTrainCallsDoesNotMatter) {
  for (const bool minibatch : {false, true}) {
    NetworkBatch batch = mixed_batch();
    if (minibatch) batch.minibatch = 2;
    const std::vector<NetworkIndex> all = testing::all_networks(batch);
    CpuEngine once;
    CpuEngine often;
    once.initialize(batch);
    often.initialize(batch);

    once.train(StepCount(60));
    for (const int steps : {1, 0, 7, 2, 30, 20}) {
      often.train(StepCount(steps));
      often.evaluate();
      often.probe({.samples = 8}, all);
    }

    for (const NetworkIndex n : all) {
      EXPECT_EQ(once.download_weights(n).weights, often.download_weights(n).weights);
    }
  }
}

TEST(CpuEngineTest, RetiredNetworksAreGoneAndTheOthersGoOn) {
  const NetworkBatch batch = mixed_batch();
  CpuEngine all;
  CpuEngine some;
  all.initialize(batch);
  some.initialize(batch);
  const std::vector<NetworkIndex> gone = {NetworkIndex(0), NetworkIndex(3)};

  some.train(StepCount(10));
  some.retire(gone);
  some.train(StepCount(50));
  all.train(StepCount(60));

  const std::vector<Evaluation> left = some.evaluate();
  ASSERT_EQ(left.size(), 3U);
  EXPECT_EQ(left[0].network, NetworkIndex(1));
  EXPECT_EQ(some.download_weights(NetworkIndex(4)).weights,
            all.download_weights(NetworkIndex(4)).weights);
}

TEST(CpuEngineTest, ABatchBeyondTheMemoryLimitIsRefusedAndASmallerOneTaken) {
  NetworkBatch batch = testing::xor_batch(64, {50, 50, 50, 50});
  NetworkBatch half = batch;
  half.networks.resize(1);
  const std::size_t limit = CpuEngine().memory_needed(half) + 1000;
  CpuEngine engine(limit);

  EXPECT_THROW(engine.initialize(batch), DeviceOutOfMemory);
  EXPECT_NO_THROW(engine.initialize(half));
}

}  // namespace
}  // namespace vnsweep
