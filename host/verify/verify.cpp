#include "host/verify/verify.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>

#include "kernels/random/draws.hpp"

namespace vnsweep {
namespace {

constexpr std::array kActivations = {Activation::linear, Activation::tanh, Activation::relu,
                                     Activation::hardtanh};
constexpr std::array<const char*, 4> kActivationNames = {"linear", "tanh", "relu", "hardtanh"};
constexpr std::array kOptimizers = {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop};
constexpr std::array<const char*, 3> kOptimizerNames = {"sgd", "adam", "rmsprop"};

/// Random inputs and targets: symmetric data such as xor has gradients that cancel to nothing,
/// whose rounding Adam and RMSprop blow up to full steps.
std::shared_ptr<const TrainingData> random_data(int samples, int inputs) {
  auto data = std::make_shared<TrainingData>();
  data->samples = samples;
  data->inputs = inputs;
  data->outputs = 1;
  constexpr std::uint64_t kKey = 20260101;
  data->input =
      draw_normals({kKey, 0, Stream::generated_data}, static_cast<std::int64_t>(samples) * inputs);
  data->target = draw_normals({kKey, 1, Stream::generated_data}, samples);
  for (float& y : data->target)
    y = y > 0.0F ? 1.0F : 0.0F;
  return data;
}

std::vector<NetworkSpec> ragged_networks(int count, Activation activation, Optimizer optimizer) {
  constexpr std::array kDepths = {17, 2, 1};
  std::vector<NetworkSpec> networks;
  for (int n = 0; n < count; ++n) {
    NetworkSpec spec;
    spec.run_key = static_cast<std::uint64_t>(n) * 7919 + 1;
    spec.depth = kDepths[static_cast<std::size_t>(n) % kDepths.size()];
    // Around the critical scale, so that gradients neither vanish into rounding nor explode.
    spec.scale = (0.9 + 0.025 * (n % 5)) * (activation == Activation::relu ? std::sqrt(2.0) : 1.0);
    spec.bias_scale = n % 2 == 0 ? 0.0 : 0.1;
    // Small enough that deep linear networks do not amplify rounding by diverging.
    spec.learning_rate = optimizer == Optimizer::sgd ? 1e-3 : 2e-5;
    spec.momentum = optimizer == Optimizer::sgd && n % 3 == 1 ? 0.5 : 0.0;
    networks.push_back(spec);
  }
  return networks;
}

}  // namespace

std::vector<VerificationCase> verification_cases() {
  std::vector<VerificationCase> cases;
  constexpr std::array kWidths = {1, 3, 8, 31, 32, 33, 64, 100};
  constexpr std::array kSamples = {1, 4, 33};
  std::size_t turn = 0;
  for (std::size_t a = 0; a < kActivations.size(); ++a) {
    for (std::size_t o = 0; o < kOptimizers.size(); ++o) {
      for (const int width : kWidths) {
        // Choices that go round at different speeds, so that each meets every other.
        const int samples = kSamples[turn % kSamples.size()];
        const bool single = (turn / 3) % 3 == 0;
        const bool minibatch = samples == 33 && (turn / 3) % 2 == 0;
        VerificationCase entry;
        NetworkBatch& batch = entry.batch;
        batch.width = width;
        batch.activation = kActivations[a];
        batch.initialization =
            (turn / 8 + turn) % 2 == 0 ? Initialization::gaussian : Initialization::orthogonal;
        batch.optimizer = kOptimizers[o];
        batch.objective = turn % 5 == 0 ? Objective::squared_error : Objective::cross_entropy;
        if (minibatch) batch.minibatch = 8;
        batch.data = random_data(samples, 3);
        batch.networks = ragged_networks(single ? 1 : 11, batch.activation, batch.optimizer);
        entry.steps = StepCount(5);
        batch.budget = entry.steps;
        entry.name = fmt::format("{} {} width {} networks {} samples {}{}", kActivationNames[a],
                                 kOptimizerNames[o], width, batch.networks.size(), samples,
                                 minibatch ? " mini-batch 8" : "");
        cases.push_back(std::move(entry));
        ++turn;
      }
    }
  }
  return cases;
}

bool is_within(const NetworkError& error, const Tolerances& tolerances) {
  return error.live_nodes_agree && error.weights <= tolerances.weights &&
         error.loss <= tolerances.loss && error.vni <= tolerances.indicators &&
         error.spectrum <= tolerances.indicators && error.gradient <= tolerances.indicators &&
         error.jacobian <= tolerances.indicators && error.trained <= tolerances.trained;
}

}  // namespace vnsweep
