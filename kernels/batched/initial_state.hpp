#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/draw_parameters.hpp"

namespace vnsweep::batched {

/// Copies what the host knows of the networks and puts them at step 0. Parameters are left alone.
template <Device D>
void upload_networks(BatchState<D>& state) {
  const TrainingMemory& memory = state.plan.training;
  const auto upload_each = [&](const auto& slice, auto of) {
    std::vector<decltype(of(state.batch.networks.front()))> values;
    for (const NetworkSpec& network : state.batch.networks)
      values.push_back(of(network));
    state.upload(slice, values);
  };
  state.upload(memory.input, state.batch.data->input);
  state.upload(memory.target, state.batch.data->target);
  upload_each(memory.depth, [](const NetworkSpec& n) { return std::int32_t{n.depth}; });
  upload_each(memory.run_key, [](const NetworkSpec& n) { return n.run_key; });
  upload_each(memory.scale, [](const NetworkSpec& n) { return n.scale; });
  upload_each(memory.bias_scale, [](const NetworkSpec& n) { return n.bias_scale; });
  upload_each(memory.learning_rate,
              [](const NetworkSpec& n) { return static_cast<float>(n.learning_rate); });
  upload_each(memory.momentum, [](const NetworkSpec& n) { return static_cast<float>(n.momentum); });
  state.upload(memory.active, state.order.active());
  state.upload(memory.state,
               std::vector<StepState>{
                   {.step = 0, .corrections = bias_corrections(state.batch.optimizer, 1)}});
  std::vector<ResidentLayer> layers;
  for (std::size_t l = 0; l < state.plan.layout.slabs().size(); ++l) {
    const Slab& slab = state.plan.layout.slabs()[l];
    const bool is_hidden = l < memory.outputs.size();
    layers.push_back(
        {.weights = slab.weights,
         .biases = slab.biases,
         .outputs = is_hidden ? state.in(memory.outputs[l]) : nullptr,
         .pre_activation = is_hidden ? state.pre_activation(static_cast<int>(l) + 1) : nullptr});
  }
  state.upload(memory.resident_layers, layers);
  state.clear(memory.status);
  state.clear(memory.final_step);
  state.clear(memory.steps_recorded);
  state.clear(memory.first_moment);
  state.clear(memory.second_moment);
}

template <Device D>
void draw_orthogonal_weights(BatchState<D>& state, int layer, const DrawnNetworks& drawn) {
  const int width = state.batch.width;
  const int networks = state.slab(layer).networks;
  double* matrices = state.in(state.plan.orthogonal);
  for (int first = 0; first < networks; first += state.plan.orthogonal_matrices) {
    const int count = std::min(state.plan.orthogonal_matrices, networks - first);
    state.device.for_blocks(
        {.blocks = count, .threads = kReductionThreads},
        DrawOrthogonal{
            .drawn = drawn,
            .scale = state.in(state.plan.training.scale),
            .width = width,
            .first = first,
            .matrices = matrices,
            .coefficients =
                matrices + std::int64_t{1} * state.plan.orthogonal_matrices * width * width,
            .out = state.in(state.plan.training.parameters) + state.slab(layer).weights});
  }
}

/// Draws the initial weights and biases of all networks from their random sequences.
template <Device D>
void draw_parameters(BatchState<D>& state) {
  const TrainingMemory& memory = state.plan.training;
  for (int l = 1; l <= state.plan.layout.greatest_depth() + 1; ++l) {
    const bool is_output = l > state.plan.layout.greatest_depth();
    const Slab& layer = state.slab(l);
    const DrawnNetworks drawn{.networks = state.in(memory.active),
                              .run_key = state.in(memory.run_key),
                              .depth = state.in(memory.depth),
                              .layer = is_output ? 0 : l};
    if (state.batch.initialization == Initialization::orthogonal && l > 1 && !is_output) {
      draw_orthogonal_weights(state, l, drawn);
    } else {
      state.device.for_each(layer.networks, static_cast<int>((layer.matrix_size() + 3) / 4),
                            DrawGaussian{.drawn = drawn,
                                         .stream = Stream::weights,
                                         .spread = state.in(memory.scale),
                                         .divisor = std::sqrt(static_cast<double>(layer.inputs)),
                                         .out = state.in(memory.parameters) + layer.weights,
                                         .count = layer.matrix_size()});
    }
    state.device.for_each(layer.networks, (layer.outputs + 3) / 4,
                          DrawGaussian{.drawn = drawn,
                                       .stream = Stream::biases,
                                       .spread = state.in(memory.bias_scale),
                                       .out = state.in(memory.parameters) + layer.biases,
                                       .count = layer.outputs});
  }
}

}  // namespace vnsweep::batched
