#include "host/verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numbers>

#include "kernels/random/draws.hpp"

namespace vnsweep {
namespace {

struct VerifiedActivation {
  Activation activation;
  const char* name;
  double scale;  ///< about critical: gradients neither vanish into rounding nor explode
};
constexpr std::array kActivations = std::to_array<VerifiedActivation>({
    {Activation::linear, "linear", 1.0},
    {Activation::tanh, "tanh", 1.0},
    {Activation::relu, "relu", std::numbers::sqrt2},
    {Activation::hardtanh, "hardtanh", 1.0},
    {Activation::erf, "erf", 0.9},
    {Activation::sigmoid, "sigmoid", 4.0},
    {Activation::leaky_relu, "leaky_relu", std::numbers::sqrt2},
    {Activation::gelu, "gelu", std::numbers::sqrt2},
    {Activation::silu, "silu", std::numbers::sqrt2},
});
/// What the outputs are for.
struct VerifiedTargets {
  const char* name;
  Objective objective;
  TargetKind kind;
  int outputs;
};
constexpr std::array kTargets = std::to_array<VerifiedTargets>({
    {"label by squares", Objective::squared_error, TargetKind::labels, 1},
    {"label", Objective::cross_entropy, TargetKind::labels, 1},
    {"class of 3", Objective::cross_entropy, TargetKind::labels, 3},
    {"two values", Objective::squared_error, TargetKind::values, 2},
    {"class of 10", Objective::cross_entropy, TargetKind::labels, 10},
});
constexpr std::array kOptimizers = {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop};
constexpr std::array<const char*, 3> kOptimizerNames = {"sgd", "adam", "rmsprop"};

/// Random inputs and targets: symmetric data such as xor has gradients that cancel to nothing,
/// whose rounding Adam and RMSprop blow up to full steps.
std::shared_ptr<const TrainingData> random_data(int samples, int inputs,
                                                const VerifiedTargets& targets) {
  auto data = std::make_shared<TrainingData>();
  data->samples = samples;
  data->inputs = inputs;
  data->outputs = targets.outputs;
  data->kind = targets.kind;
  constexpr std::uint64_t kKey = 20260101;
  data->input =
      draw_normals({kKey, 0, Stream::generated_data}, static_cast<std::int64_t>(samples) * inputs);
  data->target = draw_normals({kKey, 1, Stream::generated_data},
                              static_cast<std::int64_t>(samples) * targets.outputs);
  if (targets.kind == TargetKind::values) return data;
  for (auto row = data->target.begin(); row != data->target.end(); row += targets.outputs) {
    const auto largest = std::max_element(row, row + targets.outputs);
    const bool is_label = targets.outputs > 1 || *largest > 0.0F;
    std::fill(row, row + targets.outputs, 0.0F);
    *largest = is_label ? 1.0F : 0.0F;
  }
  return data;
}

std::vector<NetworkSpec> ragged_networks(int count, double scale, Optimizer optimizer) {
  constexpr std::array kDepths = {17, 2, 1};
  std::vector<NetworkSpec> networks;
  for (int n = 0; n < count; ++n) {
    NetworkSpec spec;
    spec.run_key = static_cast<std::uint64_t>(n) * 7919 + 1;
    spec.depth = kDepths[static_cast<std::size_t>(n) % kDepths.size()];
    spec.scale = (0.9 + 0.025 * (n % 5)) * scale;
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
  for (const VerifiedActivation& activation : kActivations) {
    for (std::size_t o = 0; o < kOptimizers.size(); ++o) {
      // Every other width, so that two optimizers have met all of them.
      for (std::size_t w = turn / 4 % 2; w < kWidths.size(); w += 2) {
        // Choices that go round at different speeds, so that each meets every other.
        const int samples = kSamples[turn % kSamples.size()];
        const VerifiedTargets& targets = kTargets[turn % kTargets.size()];
        const bool single = (turn / 3) % 3 == 0;
        const bool minibatch = samples == 33 && (turn / 3) % 2 == 0;
        VerificationCase entry;
        NetworkBatch& batch = entry.batch;
        batch.width = kWidths[w];
        batch.activation = activation.activation;
        batch.initialization =
            (turn / 8 + turn) % 2 == 0 ? Initialization::gaussian : Initialization::orthogonal;
        batch.optimizer = kOptimizers[o];
        batch.objective = targets.objective;
        if (minibatch) batch.minibatch = 8;
        batch.data = random_data(samples, 3, targets);
        batch.networks = ragged_networks(single ? 1 : 11, activation.scale, batch.optimizer);
        entry.steps = StepCount(5);
        batch.budget = entry.steps;
        entry.name = fmt::format("{} {} {} width {} networks {} samples {}{}", activation.name,
                                 kOptimizerNames[o], targets.name, batch.width,
                                 batch.networks.size(), samples, minibatch ? " mini-batch 8" : "");
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
