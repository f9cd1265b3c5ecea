// The engine of GPUs on the host: what the tests of all engines cannot see.
#include "kernels/batched/batched_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "host/verify/compare.hpp"
#include "kernels/linear_algebra.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/serial_device.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

using batched::kMostScratchBytes;
using batched::SerialDevice;
using batched::SerialDeviceRecord;

/// Both paths of the engine.
class BatchedEngineTest : public ::testing::TestWithParam<TrainingPath> {
 protected:
  std::shared_ptr<SerialDeviceRecord> device_ = std::make_shared<SerialDeviceRecord>();
  batched::BatchedEngine<SerialDevice> engine_{SerialDevice(device_), GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Paths, BatchedEngineTest,
                         ::testing::Values(TrainingPath::in_blocks, TrainingPath::layer_by_layer),
                         [](const ::testing::TestParamInfo<TrainingPath>& path) {
                           return path.param == TrainingPath::in_blocks ? "in_blocks"
                                                                        : "layer_by_layer";
                         });

/// Wider than what a block probes.
constexpr int kProbedLayerByLayer = batched::kMostProbedWidth + 3;

NetworkBatch ragged_batch(Optimizer optimizer, bool minibatch, int width = 33) {
  NetworkBatch batch = testing::xor_batch(width, {6, 4, 4, 1, 2}, 12);
  batch.optimizer = optimizer;
  batch.initialization = Initialization::orthogonal;
  batch.data = testing::random_data(37, 3);
  if (minibatch) batch.minibatch = 10;
  batch.stopping = Stopping::at_budget;
  batch.probe_jacobians = 2;
  for (NetworkSpec& network : batch.networks) {
    network.learning_rate = 0.01;
    network.bias_scale = 0.1;
  }
  return batch;
}

TEST_P(BatchedEngineTest, NothingDependsOnTheOrderOfThreads) {
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop}) {
    for (const bool minibatch : {false, true}) {
      NetworkBatch batch = ragged_batch(optimizer, minibatch,
                                        optimizer == Optimizer::sgd ? kProbedLayerByLayer : 33);
      if (optimizer == Optimizer::adam) {
        batch.activation = Activation::gelu;
        batch.data = testing::random_data(37, 3, 4);
      }
      std::vector<std::vector<double>> results;
      for (const ThreadOrder order :
           {ThreadOrder::forward, ThreadOrder::reverse, ThreadOrder::shuffled}) {
        device_->order = order;
        engine_.initialize(batch);
        engine_.train(StepCount(12));
        std::vector<double>& result = results.emplace_back();
        for (const NetworkIndex n : testing::all_networks(batch)) {
          for (const auto& layer : engine_.download_weights(n).weights)
            result.insert(result.end(), layer.begin(), layer.end());
        }
        for (const Evaluation& e : engine_.evaluate()) {
          result.push_back(e.loss);
          result.push_back(e.accuracy);
        }
        for (const Probe& probe :
             engine_.probe({.samples = 20, .jacobians = 2}, testing::all_networks(batch))) {
          for (const LayerProbe& layer : probe.layers) {
            result.insert(result.end(),
                          {layer.vni, layer.q, layer.gradient_rms, layer.jacobian->local_vni});
            result.insert(result.end(), layer.spectrum.begin(), layer.spectrum.end());
          }
        }
      }

      EXPECT_EQ(results[0], results[1]);
      EXPECT_EQ(results[0], results[2]);
    }
  }
}

// How many networks there are for a multiprocessor decides how many threads and how much of its
// memory each is given, so how many of its layers are there at a time.
TEST_P(BatchedEngineTest, NothingDependsOnHowBlocksAreLaunched) {
  const std::vector<batched::BlockLimits> crowds = {
      {.multiprocessors = 1000, .multiprocessor_scratch_bytes = kMostScratchBytes},
      {.multiprocessors = 1, .multiprocessor_scratch_bytes = kMostScratchBytes},
      {.multiprocessors = 1, .multiprocessor_scratch_bytes = 2 * kMostScratchBytes},
      {.multiprocessors = 1, .multiprocessor_scratch_bytes = 3 * kMostScratchBytes},
      {.multiprocessors = 1, .multiprocessor_scratch_bytes = 4 * kMostScratchBytes},
      {.multiprocessors = 2, .multiprocessor_scratch_bytes = 3 * kMostScratchBytes}};
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop}) {
    for (const int width : {8, 16, 32, 33, 64}) {
      for (const int samples : {4, 37}) {
        NetworkBatch batch = testing::xor_batch(width, {12, 9, 5, 4, 1, 2, 12, 8}, 6);
        batch.optimizer = optimizer;
        batch.data = testing::random_data(samples, 3);
        if (samples == 37) batch.minibatch = 10;
        batch.stopping = Stopping::at_budget;
        batch.networks[1].momentum = optimizer == Optimizer::sgd && width == 16 ? 0.5 : 0.0;
        std::vector<std::vector<std::vector<double>>> weights;
        for (const batched::BlockLimits& crowd : crowds) {
          device_->block_limits = crowd;
          device_->block_limits.block_scratch_bytes = kMostScratchBytes;
          engine_.initialize(batch);
          engine_.train(StepCount(6));
          std::vector<std::vector<double>>& result = weights.emplace_back();
          for (const NetworkIndex n : testing::all_networks(batch)) {
            const NetworkWeights own = engine_.download_weights(n);
            result.insert(result.end(), own.weights.begin(), own.weights.end());
            result.insert(result.end(), own.biases.begin(), own.biases.end());
          }
        }

        for (std::size_t k = 1; k < crowds.size(); ++k)
          EXPECT_EQ(weights[0], weights[k]) << "width " << width << ", " << samples << ", " << k;
      }
    }
  }
}

TEST_P(BatchedEngineTest, InitialParametersAreTheBitsOfTheOtherEngines) {
  NetworkBatch batch = ragged_batch(Optimizer::sgd, false);
  batch.initialization = Initialization::gaussian;
  ReferenceEngine oracle;

  engine_.initialize(batch);
  oracle.initialize(batch);

  for (const NetworkIndex n : testing::all_networks(batch)) {
    EXPECT_EQ(engine_.download_weights(n).weights, oracle.download_weights(n).weights);
    EXPECT_EQ(engine_.download_weights(n).biases, oracle.download_weights(n).biases);
  }
}

// LAPACK's Householder reflections and Gram-Schmidt here have nothing in common but the answer.
TEST_P(BatchedEngineTest, OrthogonalMatricesAreThoseOfTheQrDecomposition) {
  NetworkBatch batch = ragged_batch(Optimizer::sgd, false);
  batch.networks[0].scale = 1.7;
  engine_.initialize(batch);

  const NetworkWeights weights = engine_.download_weights(NetworkIndex(0));

  for (int l = 2; l <= 6; ++l) {
    const std::vector<float> gaussian = draw_normals(
        {batch.networks[0].run_key, static_cast<std::uint32_t>(l), Stream::weights}, 33 * 33);
    const std::vector<double> q = haar_orthogonal(gaussian, 33);
    for (std::size_t e = 0; e < q.size(); ++e)
      ASSERT_NEAR(weights.weights[static_cast<std::size_t>(l - 1)][e], 1.7 * q[e], 1e-6);
  }
}

/// Networks that finish one after the other, some at once.
NetworkBatch finishing_batch() {
  NetworkBatch batch = testing::xor_batch(16, {2, 3, 2, 3, 40, 2, 45, 3}, 400);
  batch.networks[2].learning_rate = 0.3;
  batch.networks[5].learning_rate = 1e30;
  return batch;
}

/// What the updates 300 to 350 cost.
struct LateCost {
  std::int64_t multiplied_matrices = 0;
  std::int64_t barriers = 0;
  bool operator==(const LateCost&) const = default;
};

LateCost late_cost(const NetworkBatch& batch, TrainingPath path) {
  const auto device = std::make_shared<SerialDeviceRecord>();
  batched::BatchedEngine<SerialDevice> engine{SerialDevice(device), path};
  engine.initialize(batch);
  engine.train(StepCount(300));
  device->multiplied_matrices = 0;
  device->barriers = 0;
  engine.train(StepCount(50));
  return {device->multiplied_matrices, device->barriers};
}

TEST_P(BatchedEngineTest, FinishedNetworksStopCosting) {
  const NetworkBatch batch = finishing_batch();
  NetworkBatch unfinished = batch;  // by then, only the deep ones
  unfinished.networks = {batch.networks[4], batch.networks[6]};

  EXPECT_EQ(late_cost(batch, GetParam()), late_cost(unfinished, GetParam()));
}

// Another count of networks may mean another kernel of a library, which rounds otherwise.
TEST(BatchedOrderTest, WhenNetworksMoveDependsOnTheirStepsAlone) {
  for (const bool minibatch : {false, true}) {
    NetworkBatch batch = finishing_batch();
    if (minibatch) batch.minibatch = 2;
    const auto counts = [&batch](std::int64_t chunk) {
      const auto device = std::make_shared<SerialDeviceRecord>();
      batched::BatchedEngine<SerialDevice> engine{SerialDevice(device),
                                                  TrainingPath::layer_by_layer};
      engine.initialize(batch);
      for (std::int64_t step = 0; step < 400; step += chunk) {
        engine.train(StepCount(chunk));
        std::vector<NetworkIndex> finished;
        for (const Evaluation& e : engine.finished())
          finished.push_back(e.network);
        engine.retire(finished);
      }
      return device->updated_networks;
    };
    const std::vector<int> expected = counts(400);

    EXPECT_GT(*std::max_element(expected.begin(), expected.end()),
              *std::min_element(expected.end() - 10, expected.end()));
    for (const std::int64_t chunk : {1, 7, 50})
      EXPECT_EQ(counts(chunk), expected) << chunk;
  }
}

TEST_P(BatchedEngineTest, NetworksThatWereMovedAreWhatTheyWouldBeAlone) {
  for (const double momentum : {0.0, 0.1}) {  // optimizer state moves along
    NetworkBatch batch = finishing_batch();
    if (momentum != 0.0) batch.activation = Activation::erf;  // pre-activations do not
    for (NetworkSpec& network : batch.networks)
      network.momentum = momentum;
    engine_.initialize(batch);
    for (int k = 0; k < 8; ++k)
      engine_.train(StepCount(50));
    const std::vector<Evaluation> found = engine_.evaluate();
    const std::vector<Probe> probes = engine_.probe({.samples = 16}, testing::all_networks(batch));

    for (std::size_t n = 0; n < batch.networks.size(); ++n) {
      NetworkBatch single = batch;
      single.networks = {batch.networks[n]};
      batched::BatchedEngine<SerialDevice> alone{
          SerialDevice(std::make_shared<SerialDeviceRecord>()), GetParam()};
      alone.initialize(single);
      alone.train(StepCount(400));

      const NetworkIndex index(static_cast<std::uint32_t>(n));
      const Probe probe = alone.probe({.samples = 16}, {{NetworkIndex(0)}})[0];
      EXPECT_EQ(found[n].status, alone.evaluate()[0].status) << n;
      EXPECT_EQ(found[n].step, alone.evaluate()[0].step) << n;
      EXPECT_EQ(probes[n].step, probe.step) << n;
      if (found[n].status == TrainingStatus::diverged) continue;  // NaN is not equal to itself
      EXPECT_EQ(found[n].loss, alone.evaluate()[0].loss) << n;
      EXPECT_EQ(engine_.download_weights(index).weights,
                alone.download_weights(NetworkIndex(0)).weights)
          << n;
      EXPECT_EQ(probes[n].layers.back().vni, probe.layers.back().vni) << n;
    }
  }
}

TEST_P(BatchedEngineTest, ADivergedNetworkKeepsTheWeightsThatItDivergedWith) {
  NetworkBatch batch = testing::xor_batch(8, {3, 2}, 50);
  batch.networks[0].learning_rate = 1e30;
  batch.networks[0].scale = 2.0;
  batch.activation = Activation::linear;
  batch.objective = Objective::squared_error;
  engine_.initialize(batch);
  engine_.train(StepCount(50));
  const Evaluation diverged = engine_.evaluate()[0];
  ASSERT_EQ(diverged.status, TrainingStatus::diverged);
  const auto late = engine_.download_weights(NetworkIndex(0));

  // The same batch stopped at the step where it happened.
  engine_.initialize(batch);
  engine_.train(diverged.step);
  const auto early = engine_.download_weights(NetworkIndex(0));

  for (std::size_t l = 0; l < late.weights.size(); ++l) {
    for (std::size_t e = 0; e < late.weights[l].size(); ++e) {
      const double a = late.weights[l][e];
      const double b = early.weights[l][e];
      EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b)));
    }
  }
}

TEST_P(BatchedEngineTest, MemoryIsWhatThePlanSaid) {
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop}) {
    for (const bool minibatch : {false, true}) {
      NetworkBatch batch = ragged_batch(optimizer, minibatch);
      batch.record_losses = minibatch;
      if (optimizer == Optimizer::sgd) batch.activation = Activation::silu;

      const std::size_t planned = engine_.memory_needed(batch);
      engine_.initialize(batch);
      engine_.train(StepCount(12));
      engine_.evaluate();
      engine_.probe({.samples = 256, .jacobians = 2}, testing::all_networks(batch));

      EXPECT_EQ(device_->bytes_in_use, planned);
      EXPECT_EQ(device_->most_bytes_in_use, planned);
      device_->most_bytes_in_use = 0;
    }
  }
}

// Of every layer, all samples of a step.
TEST_P(BatchedEngineTest, PreActivationsAreKeptOnlyWhereTheBackwardPassTakesThem) {
  NetworkBatch batch = ragged_batch(Optimizer::sgd, true);
  const std::size_t of_tanh = engine_.memory_needed(batch);
  const std::size_t plane = sizeof(float) * 33 * 10;
  std::size_t layers = 0;
  for (const NetworkSpec& network : batch.networks)
    layers += static_cast<std::size_t>(network.depth);

  for (const testing::NamedActivation& entry : testing::kActivations) {
    batch.activation = entry.activation;
    const bool keeps = entry.activation == Activation::erf ||
                       entry.activation == Activation::gelu || entry.activation == Activation::silu;
    const std::size_t more = keeps ? layers * plane : 0;

    EXPECT_NEAR(static_cast<double>(engine_.memory_needed(batch)),
                static_cast<double>(of_tanh + more), keeps ? 6 * 256 : 0)  // slices are aligned
        << entry.name;
  }
}

TEST_P(BatchedEngineTest, ABatchThatDoesNotFitIsRefusedAndASmallerOneTaken) {
  NetworkBatch batch = testing::xor_batch(32, {20, 20, 20, 20});
  NetworkBatch half = batch;
  half.networks.resize(2);
  device_->memory_limit = engine_.memory_needed(half);
  ASSERT_GT(engine_.memory_needed(batch), device_->memory_limit);

  EXPECT_THROW(engine_.initialize(batch), DeviceOutOfMemory);
  EXPECT_NO_THROW(engine_.initialize(half));
  EXPECT_EQ(engine_.memory_limit(), device_->memory_limit);
  EXPECT_NO_THROW(engine_.initialize(half));  // in the place of the first
}

TEST_P(BatchedEngineTest, AFailureAtAnyLaunchDoesNotShowInTheNextBatch) {
  NetworkBatch batch = testing::xor_batch(5, {3, 1}, 8);
  batch.optimizer = Optimizer::adam;
  batch.minibatch = 2;
  batch.record_losses = true;
  const auto outcome = [&] {
    engine_.initialize(batch);
    engine_.train(StepCount(8));
    std::vector<double> values = engine_.losses(NetworkIndex(0));
    for (const Evaluation& e : engine_.evaluate()) {
      values.push_back(e.loss);
      values.push_back(static_cast<double>(e.step.value()));
    }
    for (const auto& layer : engine_.download_weights(NetworkIndex(1)).weights)
      values.insert(values.end(), layer.begin(), layer.end());
    return values;
  };
  const std::vector<double> expected = outcome();
  const std::int64_t launches = device_->launches;
  ASSERT_GT(launches, 10);

  for (std::int64_t failing = 1; failing <= launches; ++failing) {
    device_->launches = 0;
    device_->before_launch = [&, failing] {
      if (device_->launches == failing) throw std::runtime_error("launch failed");
    };
    EXPECT_THROW(outcome(), std::runtime_error) << failing;

    device_->before_launch = nullptr;
    EXPECT_EQ(outcome(), expected) << failing;
  }
}

TEST_P(BatchedEngineTest, WorkInSmallPortionsGivesTheSame) {
  const NetworkBatch batch = ragged_batch(Optimizer::sgd, false);
  const batched::PlanLimits one_at_a_time{.probe_bytes = 1, .orthogonal_matrices = 1};
  batched::BatchedEngine<SerialDevice> portions{
      SerialDevice(std::make_shared<SerialDeviceRecord>()), GetParam(), one_at_a_time};
  engine_.initialize(batch);
  portions.initialize(batch);
  // Not in the order of depth, and not all.
  const std::vector<NetworkIndex> asked = {NetworkIndex(3), NetworkIndex(0), NetworkIndex(4)};

  const auto a = engine_.probe({.samples = 20, .jacobians = 2}, asked);
  const auto b = portions.probe({.samples = 20, .jacobians = 2}, asked);

  EXPECT_LT(portions.memory_needed(batch), engine_.memory_needed(batch));
  for (std::size_t k = 0; k < asked.size(); ++k) {
    EXPECT_EQ(a[k].network, asked[k]);
    EXPECT_EQ(b[k].network, asked[k]);
    ASSERT_EQ(a[k].layers.size(), b[k].layers.size());
    for (std::size_t l = 0; l < a[k].layers.size(); ++l) {
      EXPECT_EQ(a[k].layers[l].spectrum, b[k].layers[l].spectrum);
      EXPECT_EQ(a[k].layers[l].gradient_rms, b[k].layers[l].gradient_rms);
      EXPECT_EQ(a[k].layers[l].jacobian->m2, b[k].layers[l].jacobian->m2);
    }
  }
}

TEST_P(BatchedEngineTest, SpectraInSmallPortionsAreTheSame) {
  const NetworkBatch batch = ragged_batch(Optimizer::sgd, false);
  engine_.initialize(batch);
  const auto whole = engine_.probe({.samples = 20}, testing::all_networks(batch));

  device_->most_eigenvalue_matrices = 2;
  engine_.initialize(batch);
  const auto portions = engine_.probe({.samples = 20}, testing::all_networks(batch));

  for (std::size_t n = 0; n < whole.size(); ++n) {
    for (std::size_t l = 0; l < whole[n].layers.size(); ++l)
      EXPECT_EQ(whole[n].layers[l].spectrum, portions[n].layers[l].spectrum);
  }
}

/// Spectra of every layer of every network, one after the other.
std::vector<double> all_spectra(const std::vector<Probe>& probes) {
  std::vector<double> values;
  for (const Probe& probe : probes) {
    for (const LayerProbe& layer : probe.layers)
      values.insert(values.end(), layer.spectrum.begin(), layer.spectrum.end());
  }
  return values;
}

TEST_P(BatchedEngineTest, SpectraOfManyLayersAtOnceAreThoseOfOneAfterTheOther) {
  const NetworkBatch batch = ragged_batch(Optimizer::sgd, false, kProbedLayerByLayer);
  engine_.initialize(batch);
  const auto expected = all_spectra(engine_.probe({.samples = 20}, testing::all_networks(batch)));
  const std::int64_t calls_for_all = device_->eigenvalue_calls;

  std::set<std::int64_t> calls;
  for (std::size_t bytes = 1; bytes < std::size_t{16} << 20; bytes += bytes / 8 + 1) {
    const auto record = std::make_shared<SerialDeviceRecord>();
    batched::BatchedEngine<SerialDevice> portions{SerialDevice(record), GetParam(),
                                                  batched::PlanLimits{.probe_bytes = bytes}};
    portions.initialize(batch);
    const auto spectra = all_spectra(portions.probe({.samples = 20}, testing::all_networks(batch)));
    calls.insert(record->eigenvalue_calls);
    EXPECT_EQ(spectra, expected) << bytes;
  }

  EXPECT_EQ(calls_for_all, 1);
  // All at once, several ways to share layers out, several to share networks out.
  EXPECT_EQ(*calls.begin(), 1);
  EXPECT_GT(calls.size(), 3U);
}

TEST_P(BatchedEngineTest, EigenvaluesThatDoNotConvergeAreReportedByNetworkAndLayer) {
  const NetworkBatch batch = testing::xor_batch(4, {3, 2});
  engine_.initialize(batch);
  device_->unconverged_matrix = 4;  // after two of each of two layers

  try {
    engine_.probe({.samples = 20}, testing::all_networks(batch));
    FAIL() << "no error";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "eigenvalues of network 0 did not converge at layer 3 (info 1)");
  }
}

TEST_P(BatchedEngineTest, AProbeLargerThanPlannedIsRefused) {
  NetworkBatch batch = testing::xor_batch(4, {2});
  batch.probe_samples = 10;
  engine_.initialize(batch);

  const std::vector<NetworkIndex> all = testing::all_networks(batch);

  EXPECT_THROW(engine_.probe({.samples = 11}, all), std::logic_error);
  EXPECT_THROW(engine_.probe({.samples = 10, .jacobians = 1}, all), std::logic_error);
}

TEST_P(BatchedEngineTest, TooLargeForAnIntIsOutOfMemoryAndNotAnOverflow) {
  const NetworkBatch wide = testing::xor_batch(65'536, {2});
  NetworkBatch many_samples = testing::xor_batch(30'000, {2});
  many_samples.data = testing::random_data(100'000, 1);
  NetworkBatch large_probe = testing::xor_batch(40'000, {2});
  large_probe.probe_samples = 65'536;

  EXPECT_THROW(engine_.memory_needed(wide), DeviceOutOfMemory);
  EXPECT_THROW(engine_.memory_needed(many_samples), DeviceOutOfMemory);
  EXPECT_THROW(engine_.memory_needed(large_probe), DeviceOutOfMemory);
}

}  // namespace
}  // namespace vnsweep
