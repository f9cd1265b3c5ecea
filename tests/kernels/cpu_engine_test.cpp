#include "kernels/cpu/cpu_engine.hpp"

#include <gtest/gtest.h>

#include "host/verify/compare.hpp"
#include "host/verify/verify.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/allocation_count.hpp"
#include "tests/kernels/delegating_engine.hpp"
#include "tests/kernels/instruction_sets.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

TEST(CpuEngineTest, EveryInstructionSetOfThisMachineAgreesWithTheReference) {
  const int instruction_sets = testing::on_every_instruction_set([](const char* name) {
    for (const testing::NamedActivation& entry : testing::kActivations) {
      for (const int width : {3, 8, 33}) {
        NetworkBatch batch = testing::xor_batch(width, {4, 1});
        batch.activation = entry.activation;
        batch.data = testing::random_data(5, 3);
        for (NetworkSpec& network : batch.networks)
          network.scale = entry.scale;
        CpuEngine engine;
        ReferenceEngine oracle;

        for (const NetworkError& error :
             compare_engines(engine, oracle, batch, StepCount(5), {.samples = 24})) {
          EXPECT_LE(error.worst(), 2e-6) << name << ' ' << entry.name << " width " << width;
        }
      }
    }
  });

  EXPECT_GT(instruction_sets, 1);
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

Probe probe_with(std::optional<JacobianMoments> moments) {
  Probe probe;
  LayerProbe layer;
  layer.jacobian = moments;
  probe.layers.push_back(layer);
  return probe;
}

TEST(CompareTest, AMissingOrWrongJacobianIsCaught) {
  const JacobianMoments right{.m1 = 1.0, .m2 = 2.0, .local_vni = 0.5};
  const Probe oracle = probe_with(right);
  NetworkError same;
  NetworkError missing;
  NetworkError wrong;

  compare_probes(probe_with(right), oracle, same);
  compare_probes(probe_with(std::nullopt), oracle, missing);
  compare_probes(probe_with(JacobianMoments{.m1 = 1.0, .m2 = 2.2, .local_vni = 0.5}), oracle,
                 wrong);

  EXPECT_EQ(same.jacobian, 0.0);
  EXPECT_FALSE(is_within(missing, Tolerances{}));
  EXPECT_NEAR(wrong.jacobian, 0.1, 1e-12);
}

/// The cpu engine with a learning rate that is a hundredth off.
class WrongEngine final : public testing::DelegatingEngine {
 public:
  void initialize(const NetworkBatch& batch) override {
    NetworkBatch wrong = batch;
    for (NetworkSpec& network : wrong.networks)
      network.learning_rate *= 1.01;
    DelegatingEngine::initialize(wrong);
  }
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

TEST(CpuEngineTest, ABatchBeyondTheMemoryLimitIsRefusedAndASmallerOneTaken) {
  NetworkBatch batch = testing::xor_batch(64, {50, 50, 50, 50});
  NetworkBatch half = batch;
  half.networks.resize(1);
  const std::size_t limit = CpuEngine().memory_needed(half) + 1000;
  CpuEngine engine(limit);

  EXPECT_THROW(engine.initialize(batch), DeviceOutOfMemory);
  EXPECT_NO_THROW(engine.initialize(half));
}

TEST(CpuEngineTest, StepsAllocateNothing) {
  for (const std::optional<int> minibatch : {std::optional<int>(), std::optional<int>(8)}) {
    for (const int networks : {1, 20}) {
      NetworkBatch batch =
          testing::xor_batch(8, std::vector<int>(static_cast<std::size_t>(networks), 3), 1 << 20);
      batch.data = testing::random_data(40, 3);
      batch.minibatch = minibatch;
      batch.optimizer = Optimizer::adam;
      batch.success = {.loss = 0.0, .every = StepCount(5)};
      CpuEngine engine;
      engine.initialize(batch);
      engine.train(StepCount(1));
      const auto count = [&](std::int64_t steps) {
        const std::size_t before = testing::allocations();
        engine.train(StepCount(steps));
        return testing::allocations() - before;
      };

      const std::size_t of_few = count(5);
      const std::size_t of_many = count(500);

      EXPECT_EQ(of_many, of_few) << networks << " networks, mini-batch " << minibatch.value_or(0);
    }
  }
}

TEST(CpuEngineTest, TensorCoresArePromisedByNoProcessor) {
  NetworkBatch batch = testing::xor_batch(4, {1});
  batch.precision = Precision::tf32;
  CpuEngine engine;

  EXPECT_THROW(engine.initialize(batch), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
