// What only a device can show of the CUDA engine.
#include <cuda_runtime_api.h>

#include <cmath>
#include <memory>
#include <thread>

#include "kernels/cuda/cuda_engine.hpp"
#include "kernels/cuda/device_context.hpp"
#include "kernels/random/draws.hpp"
#include "tests/kernels/gpu_fixture.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

class GpuEngineTest : public GpuTest {};

NetworkBatch large_batch() {
  NetworkBatch batch = testing::xor_batch(64, std::vector<int>(200, 40));
  batch.optimizer = Optimizer::adam;
  return batch;
}

TEST_F(GpuEngineTest, MemoryIsWhatThePlanSaid) {
  const DeviceContext context(device_);
  const auto engine = make_cuda_engine(device_);
  const NetworkBatch batch = large_batch();
  // What libraries load at first use is not the batch's.
  engine->initialize(testing::xor_batch(64, {2}));
  engine->train(StepCount(3));
  engine->initialize(batch);
  engine->train(StepCount(3));
  engine->probe({.samples = 256}, testing::all_networks(batch));
  engine->initialize(testing::xor_batch(64, {2}));
  const std::size_t free_before = context.free_memory();
  const std::size_t small = engine->memory_needed(testing::xor_batch(64, {2}));

  const std::size_t planned = engine->memory_needed(batch);
  engine->initialize(batch);
  engine->train(StepCount(3));
  engine->probe({.samples = 256}, testing::all_networks(batch));

  const double taken =
      static_cast<double>(free_before + small) - static_cast<double>(context.free_memory());
  constexpr double kGranularity = 64.0 * (1 << 20);  // pages, graphs, late-loaded kernels
  EXPECT_NEAR(taken, static_cast<double>(planned), kGranularity);
}

TEST_F(GpuEngineTest, ADeviceThatSomebodyElseFilledRefusesAndTakesASmallerBatch) {
  const auto engine = make_cuda_engine(device_);
  const NetworkBatch batch = large_batch();
  const DeviceContext context(device_);
  const std::size_t room = engine->memory_needed(batch) / 2;
  const DeviceMemory somebody(device_, context.free_memory() - room);

  EXPECT_THROW(engine->initialize(batch), DeviceOutOfMemory);
  EXPECT_NO_THROW(engine->initialize(testing::xor_batch(8, {2})));
  EXPECT_LT(engine->memory_limit(), room);
}

TEST_F(GpuEngineTest, InitialWeightsAreThoseOfTheHost) {
  NetworkBatch batch = testing::xor_batch(50, {4});
  const auto engine = make_cuda_engine(device_);
  engine->initialize(batch);

  const NetworkWeights weights = engine->download_weights(NetworkIndex(0));

  for (int l = 1; l <= 5; ++l) {
    const std::vector<float> expected = draw_weights(batch, batch.networks[0], LayerIndex(l));
    const std::vector<double>& found = weights.weights[static_cast<std::size_t>(l - 1)];
    for (std::size_t e = 0; e < expected.size(); ++e)
      EXPECT_NEAR(found[e], expected[e], 1.2e-7 * std::fabs(expected[e]));  // one rounding
  }
}

TEST_F(GpuEngineTest, TensorCoresAreUsedOnlyWhenAskedFor) {
  const auto engine = make_cuda_engine(device_);
  NetworkBatch batch = testing::xor_batch(256, {8}, 20);
  batch.data = testing::random_data(64, 16);
  batch.stopping = Stopping::at_budget;
  const auto weights_after_training = [&](Precision precision) {
    batch.precision = precision;
    engine->initialize(batch);
    engine->train(StepCount(20));
    return engine->download_weights(NetworkIndex(0)).weights;
  };

  EXPECT_EQ(weights_after_training(Precision::fp32), weights_after_training(Precision::fp32));
  EXPECT_NE(weights_after_training(Precision::fp32), weights_after_training(Precision::tf32));
}

TEST_F(GpuEngineTest, ManyMoreNetworksThanTheDeviceTrainsAtOnce) {
  const auto engine = make_cuda_engine(device_);
  NetworkBatch batch = testing::xor_batch(16, std::vector<int>(5000, 3), 300);
  engine->initialize(batch);

  engine->train(StepCount(300));

  int succeeded = 0;
  for (const Evaluation& e : engine->evaluate())
    succeeded += e.status == TrainingStatus::succeeded ? 1 : 0;
  EXPECT_GT(succeeded, 4000);
}

/// Losses and indicators after some steps.
std::vector<double> outcome_of(Engine& engine, const NetworkBatch& batch) {
  engine.initialize(batch);
  engine.train(StepCount(150));
  std::vector<double> values;
  for (const Evaluation& e : engine.evaluate())
    values.push_back(e.loss);
  for (const Probe& probe : engine.probe({.samples = 64}, testing::all_networks(batch))) {
    for (const LayerProbe& layer : probe.layers)
      values.push_back(std::isnan(layer.vni) ? -1.0 : layer.vni);
  }
  return values;
}

TEST_F(GpuEngineTest, EnginesOfSeveralThreadsDoNotDisturbEachOther) {
  // Of very different needs of shared memory, in blocks and layer by layer.
  const std::vector<NetworkBatch> batches = {testing::xor_batch(16, {3, 20, 7}, 200),
                                             testing::xor_batch(40, std::vector<int>(50, 30), 200),
                                             testing::xor_batch(64, std::vector<int>(300, 8), 200),
                                             testing::xor_batch(200, {5, 3}, 200)};
  std::vector<std::vector<double>> alone;
  for (const NetworkBatch& batch : batches)
    alone.push_back(outcome_of(*make_cuda_engine(device_), batch));

  constexpr std::size_t kThreads = 4;
  std::vector<std::vector<std::vector<double>>> together(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto engine = make_cuda_engine(device_, TrainingPath::in_blocks, kThreads);
      for (std::size_t k = 0; k < batches.size(); ++k)
        together[t].push_back(outcome_of(*engine, batches[(k + t) % batches.size()]));
    });
  }
  for (std::thread& thread : threads)
    thread.join();

  for (std::size_t t = 0; t < kThreads; ++t) {
    for (std::size_t k = 0; k < batches.size(); ++k)
      EXPECT_EQ(together[t][k], alone[(k + t) % batches.size()]) << t << ' ' << k;
  }
}

}  // namespace
}  // namespace vnsweep
