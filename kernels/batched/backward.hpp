#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/batched/device.hpp"
#include "kernels/batched/outcome.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"
#include "kernels/math/loss.hpp"
#include "kernels/math/optimizer.hpp"

namespace vnsweep::batched {

/// How a gradient changes a parameter of one network at one step.
struct NetworkRule {
  Optimizer optimizer = Optimizer::sgd;
  bool in_product = false;  ///< as in UpdateRule
  float learning_rate = 0.0F;
  float momentum = 0.0F;
  AdamCorrections corrections;

  VNS_HD void apply(float gradient, const ParameterState& parameter) const {
    if (in_product) {
      *parameter.value += gradient;
    } else {
      update_parameter(optimizer, learning_rate, momentum, corrections, gradient, parameter);
    }
  }
};

/// How a gradient changes a parameter; pointers by network index.
struct UpdateRule {
  Optimizer optimizer = Optimizer::sgd;
  bool in_product = false;  ///< gradients come multiplied by -lr and are added to the parameters
  const StepState* step = nullptr;
  const float* learning_rate = nullptr;
  const float* momentum = nullptr;

  /// What the output layer's delta, and so every gradient, is multiplied by.
  VNS_HD float gradient_factor(std::int32_t network) const {
    return in_product ? -learning_rate[network] : 1.0F;
  }

  VNS_HD NetworkRule of(std::int32_t network) const {
    return {optimizer, in_product, learning_rate[network], momentum[network], step->corrections};
  }
  VNS_HD void apply(std::int32_t network, float gradient, const ParameterState& parameter) const {
    of(network).apply(gradient, parameter);
  }
};

/// Parameters of one layer and their optimizer state, one network after the other. Pointers that
/// the rule does not use are null.
struct MutableParameters {
  float* values = nullptr;
  float* first = nullptr;
  float* second = nullptr;

  VNS_HD ParameterState at(std::int64_t index) const {
    return {values + index, first == nullptr ? nullptr : first + index,
            second == nullptr ? nullptr : second + index};
  }
};

/// d loss / d z, the divergence test and the update of the output layer's biases.
/// A block program, one network an index.
struct OutputDelta {
  OutcomeState state;
  UpdateRule rule;
  bool stops = true;  ///< Stopping::on_outcome
  SampleLoss loss;
  int samples = 0;
  const float* logits = nullptr;  ///< (networks, samples, outputs)
  const float* target = nullptr;  ///< (networks, samples, outputs), or one for all
  std::int64_t target_stride = 0;
  float* delta = nullptr;  ///< (networks, samples, outputs); zero for networks that are done
  MutableParameters biases;
  double* step_losses = nullptr;  ///< (networks, budget) by network index; may be null
  std::int64_t* steps_recorded = nullptr;
  std::int64_t budget = 0;

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t index) const {
    const std::int32_t network = state.active[index];
    const int outputs = loss.outputs;
    const float* z = logits + index * samples * outputs;
    const float* y = target + index * target_stride;
    float* dz = delta + index * samples * outputs;
    const bool was_training = state.is_training(network);
    const double mean_loss = loss.mean(
        block.template reduce_sum<double>(
            samples, [=, this](int s) { return loss.value(z + s * outputs, y + s * outputs); }),
        samples);
    const bool goes_on = was_training && (std::isfinite(mean_loss) || !stops);

    const float per_term = 1.0F / (static_cast<float>(samples) * static_cast<float>(loss.terms()));
    const float factor = rule.gradient_factor(network);
    block.for_each(samples, [=, this](int s) {
      loss.derivatives(z + s * outputs, y + s * outputs, [=](int k, float derivative) {
        dz[s * outputs + k] = goes_on ? derivative * per_term * factor : 0.0F;
      });
    });
    block.for_each(1, [=, this](int) {
      if (!was_training) return;
      if (step_losses != nullptr)
        step_losses[network * budget + steps_recorded[network]++] = mean_loss;
      if (!goes_on) state.finish(network, TrainingStatus::diverged);
    });
    block.sync();
    block.for_each(outputs, [=, this](int k) {
      if (!goes_on) return;
      float gradient = 0.0F;
      for (int s = 0; s < samples; ++s)
        gradient += dz[s * outputs + k];
      rule.apply(network, gradient, biases.at(index * outputs + k));
    });
  }
};

/// How the nodes of one layer are shared out over blocks.
struct HiddenTiles {
  int nodes = 0;  ///< of one block
  int lanes = 0;  ///< threads that share out the samples of one node
  int per_network = 0;
};

/// Tiles of at least a warp's nodes, for coalesced access, and of at most 256 threads.
inline HiddenTiles hidden_tiles(int samples, int width) {
  constexpr int kThreads = 256;
  constexpr int kMostLanes = 8;
  HiddenTiles tiles{.lanes = 1};
  while (tiles.lanes < samples && tiles.lanes < kMostLanes)
    tiles.lanes *= 2;
  tiles.nodes = std::min(block_threads(width), kThreads / tiles.lanes);
  tiles.per_network = (width + tiles.nodes - 1) / tiles.nodes;
  return tiles;
}

/// delta_l = (W_{l+1}^T delta_{l+1}) phi'(h_l) and the update of layer l's biases; networks that
/// are done get zeros, as outputs too, so that no product changes their weights even where they are
/// infinite. A block program; an index is a tile of nodes of one network.
struct HiddenDelta {
  OutcomeState state;
  UpdateRule rule;
  Activation activation = Activation::tanh;
  int samples = 0;
  int width = 0;
  int tiles = 0;                          ///< per network
  int tile_nodes = 0;                     ///< nodes per tile
  int lanes = 0;                          ///< threads that share out the samples of a node
  float* outputs = nullptr;               ///< x_l (networks, samples, width)
  const float* pre_activation = nullptr;  ///< h_l likewise, where slope_needs_input()
  float* top = nullptr;                   ///< x of last hidden layers (networks, samples, width)
  const float* top_delta = nullptr;       ///< d loss / d top (networks, samples, width)
  int first_top = 0;       ///< networks from here on have l as their last hidden layer
  float* delta = nullptr;  ///< d loss / d x_l, then d loss / d h_l, in place
  MutableParameters biases;

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t index) const {
    const std::int64_t position = index / tiles;
    const int first_node = static_cast<int>(index % tiles) * tile_nodes;
    const std::int32_t network = state.active[position];
    const bool training = state.is_training(network);
    float* partial = block.template scratch<float>();
    block.for_each(tile_nodes * lanes, [=, this](int t) {
      const int node = first_node + t % tile_nodes;
      float sum = 0.0F;
      if (node < width) {
        for (int s = t / tile_nodes; s < samples; s += lanes)
          sum += sample_delta(position, (position * samples + s) * width + node, training);
      }
      partial[t] = sum;
    });
    block.sync();
    block.for_each(tile_nodes, [=, this](int t) {
      if (!training || first_node + t >= width) return;
      float gradient = 0.0F;
      for (int lane = 0; lane < lanes; ++lane)
        gradient += partial[lane * tile_nodes + t];
      rule.apply(network, gradient, biases.at(position * width + first_node + t));
    });
  }

 private:
  VNS_HD float sample_delta(std::int64_t position, std::int64_t at, bool training) const {
    const bool is_top = position >= first_top;
    if (!training) {
      delta[at] = 0.0F;
      outputs[at] = 0.0F;
      if (is_top) top[at] = 0.0F;
      return 0.0F;
    }
    const float above = is_top ? top_delta[at] : delta[at];
    const float slope = pre_activation != nullptr ? activation_slope(activation, pre_activation[at])
                                                  : slope_from_output(activation, outputs[at]);
    const float value = above * slope;
    delta[at] = value;
    return value;
  }
};

/// Updates the weights of one layer from their gradients; an item is a network, an element a
/// weight.
struct UpdateWeights {
  OutcomeState state;
  UpdateRule rule;
  std::int64_t matrix_size = 0;
  const float* gradients = nullptr;  ///< (networks, outputs, inputs)
  MutableParameters weights;

  VNS_HD void operator()(std::int64_t item, int element) const {
    const std::int32_t network = state.active[item];
    if (!state.is_training(network)) return;
    const std::int64_t at = item * matrix_size + element;
    rule.apply(network, gradients[at], weights.at(at));
  }
};

/// Ends steps: the one item of the one element.
struct AdvanceSteps {
  Optimizer optimizer = Optimizer::sgd;
  StepState* state = nullptr;
  std::int64_t steps = 1;

  VNS_HD void operator()(std::int64_t /*item*/, int /*element*/) const {
    const std::int64_t step = state->step + steps;
    *state = {step, bias_corrections(optimizer, step + 1)};
  }
};

}  // namespace vnsweep::batched
