#include "host/schedule/worker.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "host/schedule/batch_sizes.hpp"
#include "host/schedule/devices.hpp"
#include "host/task/task.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

constexpr double kAny = std::numeric_limits<double>::infinity();

PlannedBatch batch_of(const std::string& grid) {
  const auto runs = testing::runs_of(grid);
  return make_batch(runs, make_training_data(runs[0]));
}

TEST(EngineWorkerTest, TakesWhatFitsTheMemoryOfItsEngine) {
  const PlannedBatch large = batch_of("{depth: 5, width: 16, seed: {count: 20}}");
  const PlannedBatch small = batch_of("{depth: 5, width: 16, seed: {count: 10}}");
  const std::size_t limit = CpuEngine().memory_needed(small.networks);
  EngineWorker worker(std::make_unique<CpuEngine>(limit), "cpu", "cpu:0", kAny);

  EXPECT_TRUE(worker.takes(small));
  EXPECT_FALSE(worker.takes(large));
}

TEST(EngineWorkerTest, TakesNoMoreThanItsShareOfTheCost) {
  const PlannedBatch batch = batch_of("{depth: 5, width: 16, seed: {count: 20}}");
  EngineWorker worker(std::make_unique<CpuEngine>(), "cpu", "cpu:0", batch.cost * 0.99);
  EngineWorker other(std::make_unique<CpuEngine>(), "cpu", "cpu:0", batch.cost);

  EXPECT_FALSE(worker.takes(batch));
  EXPECT_TRUE(other.takes(batch));
}

TEST(EngineWorkerTest, ProcessorsBesideAGpuTakeLittleAndAloneTakeAll) {
  const PlannedBatch batch = batch_of("{depth: 5, width: 16, seed: {count: 20}}");
  const auto takes = [&batch](const DeviceChoice& choice) {
    std::vector<NamedEngine> engines;
    engines.push_back({std::make_unique<CpuEngine>(), "cpu", "cpu:0"});
    return make_workers(std::move(engines), choice, batch.cost)[0]->takes(batch);
  };

  EXPECT_TRUE(takes({.cpu_workers = 1}));
  EXPECT_FALSE(takes({.cpu_workers = 1, .gpus = {DeviceId(0)}}));
}

TEST(EngineWorkerTest, ResultsSayWhichDeviceMadeThem) {
  const PlannedBatch batch = batch_of("{depth: 2, width: 4}");
  EngineWorker worker(std::make_unique<CpuEngine>(), "cpu", "cpu:3", kAny);
  std::vector<RunResult> results;

  worker.run(
      batch, [&](RunResult result) { results.push_back(std::move(result)); }, {}, nullptr);

  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].engine, "cpu");
  EXPECT_EQ(results[0].device, "cpu:3");
}

TEST(BatchLimitsTest, CpuWorkersTakeSmallBatchesAndOneGpuTakesAll) {
  const BatchLimits cpu = batch_limits({.cpu_workers = 2}, 64.0);
  const BatchLimits gpu = batch_limits({.gpus = {DeviceId(0)}}, 64.0);
  const BatchLimits two = batch_limits({.gpus = {DeviceId(0), DeviceId(1)}}, 64.0);

  EXPECT_DOUBLE_EQ(cpu.max_cost, 1.0);
  EXPECT_EQ(cpu.max_runs, 256U);
  EXPECT_TRUE(std::isinf(gpu.max_cost));
  EXPECT_GE(gpu.max_runs, 10'000U);
  EXPECT_DOUBLE_EQ(two.max_cost, 8.0);
  EXPECT_GE(two.max_runs, 10'000U);
}

TEST(BatchLimitsTest, WorkersThatShareAGpuEachHaveABatch) {
  const BatchLimits two = batch_limits({.gpus = {DeviceId(0)}, .workers_per_gpu = 2}, 64.0);
  const BatchLimits eight = batch_limits({.gpus = {DeviceId(0)}, .workers_per_gpu = 8}, 64.0);

  EXPECT_DOUBLE_EQ(two.max_cost, 16.0);
  EXPECT_DOUBLE_EQ(eight.max_cost, 8.0);
}

TEST(PrecisionTest, TensorCoresAreRefusedWhereAProcessorWouldHaveToHaveThem) {
  const auto runs = testing::runs_of("{depth: 2, width: 4, precision: [fp32, tf32]}");
  const auto plain = testing::runs_of("{depth: 2, width: 4}");

  EXPECT_THROW(check_precision({.cpu_workers = 1}, runs), DeviceError);
  EXPECT_THROW(check_precision({.cpu_workers = 1, .gpus = {DeviceId(0)}}, runs), DeviceError);
  EXPECT_NO_THROW(check_precision({.gpus = {DeviceId(0)}}, runs));
  EXPECT_NO_THROW(check_precision({.cpu_workers = 1}, plain));
}

TEST(PrecisionTest, AccurateActivationsAreRefusedOfGpus) {
  const auto runs = testing::runs_of("{depth: 2, width: 4, activation_accuracy: accurate}");

  EXPECT_NO_THROW(check_precision({.cpu_workers = 1}, runs));
  EXPECT_THROW(check_precision({.cpu_workers = 1, .gpus = {DeviceId(0)}}, runs), DeviceError);
}

}  // namespace
}  // namespace vnsweep
