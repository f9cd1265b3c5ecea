#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/batched/backward.hpp"
#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/forward.hpp"
#include "kernels/batched/minibatch.hpp"
#include "kernels/batched/outcome.hpp"
#include "kernels/batched/step_programs.hpp"

namespace vnsweep::batched {

/// Asks the device for the work of one training step, or of one evaluation, of all active networks,
/// layer by layer.
/// Nothing here waits or reads, so the work can be recorded and replayed.
template <Device D>
class TrainingStep {
 public:
  explicit TrainingStep(BatchState<D>& state) : state_(state) {}

  /// One update of every network that is still training. Full-batch steps begin with the test of
  /// outcomes, since it needs the same forward pass.
  void enqueue();

  /// Loss and accuracy over the training set.
  /// @param decides  whether networks may succeed, diverge or spend their budget by it
  void enqueue_evaluation(bool decides);

 private:
  // In the order in which a step runs.
  void enqueue_minibatch();
  void enqueue_forward();
  void enqueue_score(const float* logits, int first, int count, bool decides);
  void enqueue_hidden_layers_backward();
  void enqueue_input_delta(const Slab& layer, int networks, const float* delta, float* below);
  void enqueue_weight_update(const Slab& layer, int networks, const float* delta,
                             const float* input, std::int64_t input_stride);

  const float* step_input() const {
    const TrainingMemory& memory = state_.plan.training;
    return state_.in(state_.batch.minibatch ? memory.step_input : memory.input);
  }
  /// Full-batch networks share their input.
  std::int64_t step_input_stride() const {
    return state_.batch.minibatch
               ? std::int64_t{1} * *state_.batch.minibatch * state_.batch.data->inputs
               : 0;
  }

  BatchState<D>& state_;
};

template <Device D>
void TrainingStep<D>::enqueue() {
  if (state_.batch.minibatch) enqueue_minibatch();
  enqueue_forward();
  if (!state_.batch.minibatch) {
    enqueue_score(state_.in(state_.plan.training.logits), 0, state_.batch.data->samples, true);
  }
  state_.device.for_blocks(
      {.blocks = state_.active_count(), .threads = block_threads(state_.batch.step_samples())},
      output_delta(state_));
  enqueue_hidden_layers_backward();
  state_.device.for_each(
      1, 1, AdvanceSteps{state_.batch.optimizer, state_.in(state_.plan.training.state)});
}

template <Device D>
void TrainingStep<D>::enqueue_minibatch() {
  const TrainingMemory& memory = state_.plan.training;
  const TrainingData& data = *state_.batch.data;
  const MinibatchState state = state_.minibatch_state();
  state_.device.for_each(state_.active_count(), 1, DrawEpochOrder{state});
  state_.device.for_each(
      state_.active_count(), state.minibatch * data.inputs,
      GatherMinibatch{state, data.inputs, state_.in(memory.input), state_.in(memory.step_input)});
  state_.device.for_each(state_.active_count(), state.minibatch * data.outputs,
                         GatherMinibatch{state, data.outputs, state_.in(memory.target),
                                         state_.in(memory.step_target)});
}

template <Device D>
void TrainingStep<D>::enqueue_forward() {
  const TrainingMemory& memory = state_.plan.training;
  ForwardPass<float> pass = state_.forward_pass(state_.batch.step_samples());
  pass.input = step_input();
  pass.input_stride = step_input_stride();
  pass.top = state_.in(memory.top);
  forward_hidden(
      state_.device, pass, [this](int layer) { return state_.parameters(state_.slab(layer)); },
      [this](int layer) { return state_.pre_activation(layer); },
      [&](int layer) { return state_.in(memory.outputs[static_cast<std::size_t>(layer - 1)]); },
      [](int) {});
  forward_output(state_.device, pass, state_.parameters(state_.plan.layout.output()),
                 state_.in(memory.logits));
}

/// Deltas from the last hidden layer down. A layer's weights are updated once the delta below them
/// has been computed from their old values.
template <Device D>
void TrainingStep<D>::enqueue_hidden_layers_backward() {
  const TrainingMemory& memory = state_.plan.training;
  const Slab& output = state_.plan.layout.output();
  const int samples = state_.batch.step_samples();
  const int width = state_.batch.width;
  const std::int64_t plane = std::int64_t{1} * samples * width;
  enqueue_input_delta(output, state_.active_count(), state_.in(memory.logits_delta),
                      state_.in(memory.top_delta));
  const HiddenTiles tiles = hidden_tiles(samples, width);
  float* delta = state_.in(memory.delta);
  float* below = state_.in(memory.delta_below);
  for (int l = state_.order.greatest_depth(); l >= 1; --l) {
    const int above = state_.order.active_at(l + 1);
    float* outputs = state_.in(memory.outputs[static_cast<std::size_t>(l - 1)]);
    if (above > 0) enqueue_input_delta(state_.slab(l + 1), above, delta, below);
    state_.device.for_blocks(
        {.blocks = std::int64_t{1} * state_.order.active_at(l) * tiles.per_network,
         .threads = tiles.nodes * tiles.lanes,
         .scratch_bytes = sizeof(float) * tiles.nodes * tiles.lanes},
        HiddenDelta{.state = state_.outcome_state(),
                    .rule = state_.update_rule(),
                    .activation = state_.batch.activation,
                    .samples = samples,
                    .width = width,
                    .tiles = tiles.per_network,
                    .tile_nodes = tiles.nodes,
                    .lanes = tiles.lanes,
                    .outputs = outputs,
                    .pre_activation = state_.pre_activation(l),
                    .top = state_.in(memory.top),
                    .top_delta = state_.in(memory.top_delta),
                    .first_top = above,
                    .delta = below,
                    .biases = state_.mutable_parameters(state_.slab(l).biases)});
    if (above > 0) enqueue_weight_update(state_.slab(l + 1), above, delta, outputs, plane);
    std::swap(delta, below);
  }
  enqueue_weight_update(state_.slab(1), state_.active_count(), delta, step_input(),
                        step_input_stride());
  enqueue_weight_update(output, state_.active_count(), state_.in(memory.logits_delta),
                        state_.in(memory.top), plane);
}

/// d loss / d x of the layer below: delta W.
template <Device D>
void TrainingStep<D>::enqueue_input_delta(const Slab& layer, int networks, const float* delta,
                                          float* below) {
  const int samples = state_.batch.step_samples();
  state_.device.multiply(
      BatchedProduct<float>{.rows = samples,
                            .columns = layer.inputs,
                            .inner = layer.outputs,
                            .a = {delta, std::int64_t{1} * samples * layer.outputs},
                            .b = {state_.parameters(layer).weights, layer.matrix_size()},
                            .c = {below, std::int64_t{1} * samples * layer.inputs},
                            .count = networks,
                            .precision = state_.batch.precision});
}

/// W += delta^T x where deltas come multiplied by -lr; else the gradient is formed and a rule
/// applied.
template <Device D>
void TrainingStep<D>::enqueue_weight_update(const Slab& layer, int networks, const float* delta,
                                            const float* input, std::int64_t input_stride) {
  const bool in_product = updates_in_product(state_.batch);
  const int samples = state_.batch.step_samples();
  float* gradients = state_.in(state_.plan.training.slab);
  const MutableParameters weights = state_.mutable_parameters(layer.weights);
  state_.device.multiply(
      BatchedProduct<float>{.rows = layer.outputs,
                            .columns = layer.inputs,
                            .inner = samples,
                            .a = {delta, std::int64_t{1} * samples * layer.outputs, true},
                            .b = {input, input_stride},
                            .c = {in_product ? weights.values : gradients, layer.matrix_size()},
                            .beta = in_product ? 1.0F : 0.0F,
                            .count = networks,
                            .precision = state_.batch.precision});
  if (in_product) return;
  state_.device.for_each(networks, static_cast<int>(layer.matrix_size()),
                         UpdateWeights{.state = state_.outcome_state(),
                                       .rule = state_.update_rule(),
                                       .matrix_size = layer.matrix_size(),
                                       .gradients = gradients,
                                       .weights = weights});
}

template <Device D>
void TrainingStep<D>::enqueue_evaluation(bool decides) {
  if (!state_.batch.minibatch) {
    enqueue_forward();
    enqueue_score(state_.in(state_.plan.training.logits), 0, state_.batch.data->samples, decides);
    return;
  }
  const TrainingMemory& memory = state_.plan.training;
  const int samples = state_.batch.data->samples;
  for (int first = 0; first < samples; first += kEvaluationSamples) {
    const int count = std::min(kEvaluationSamples, samples - first);
    ForwardPass<float> pass = state_.forward_pass(count);
    pass.input = state_.in(memory.input) + std::int64_t{1} * first * state_.batch.data->inputs;
    pass.top = state_.in(memory.evaluation_top);
    forward_hidden(
        state_.device, pass, [this](int layer) { return state_.parameters(state_.slab(layer)); },
        [](int) { return static_cast<float*>(nullptr); },
        [&](int layer) {
          return state_.in(memory.evaluation[static_cast<std::size_t>(layer % 2)]);
        },
        [](int) {});
    float* logits = state_.in(memory.evaluation_logits);
    forward_output(state_.device, pass, state_.parameters(state_.plan.layout.output()), logits);
    enqueue_score(logits, first, count, decides);
  }
}

template <Device D>
void TrainingStep<D>::enqueue_score(const float* logits, int first, int count, bool decides) {
  const TrainingData& data = *state_.batch.data;
  ScorePiece piece = score_piece(state_);
  piece.samples = count;
  piece.is_first = first == 0;
  piece.is_last = first + count == data.samples;
  piece.decides = decides;
  piece.logits = logits;
  piece.target += std::int64_t{1} * first * data.outputs;
  state_.device.for_blocks({.blocks = state_.active_count(), .threads = block_threads(count)},
                           piece);
}

}  // namespace vnsweep::batched
