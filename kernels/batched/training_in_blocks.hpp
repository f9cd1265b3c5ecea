#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/resident_training.hpp"
#include "kernels/batched/step_programs.hpp"

namespace vnsweep::batched {

/// @param decides  whether an evaluation may end a network
template <class Shape, Device D>
ResidentTraining<Shape> resident_training(const BatchState<D>& state, const ResidentLayout& layout,
                                          std::int64_t steps, bool decides) {
  const TrainingMemory& memory = state.plan.training;
  const NetworkBatch& batch = state.batch;
  return {.state = state.outcome_state(),
          .rule = OutcomeRule(batch),
          .update = state.update_rule(),
          .minibatch = batch.minibatch ? state.minibatch_state() : MinibatchState{},
          .uses_minibatches = batch.minibatch.has_value(),
          .steps = steps,
          .decides = decides,
          .score = score_piece(state),
          .output_delta = output_delta(state),
          .activation = batch.activation,
          .layout = layout,
          .total_samples = batch.data->samples,
          .input = state.in(memory.input),
          .target = state.in(memory.target),
          .step_target = state.in(memory.step_target),
          .depth = state.in(memory.depth),
          .layers = state.in(memory.resident_layers),
          .output_index = state.plan.layout.greatest_depth(),
          .parameters = state.mutable_parameters(0),
          .logits = state.in(memory.logits),
          .logits_delta = state.in(memory.logits_delta),
          .shared_step = state.in(memory.state),
          .own_steps = state.in(memory.own_steps)};
}

/// Asks the device to train every active network in a block of its own, by `steps` updates or to
/// its outcome; for 0 steps, to evaluate it. Networks must be small enough: fits_in_blocks().
/// @param decides  whether that evaluation may end a network
template <Device D>
void enqueue_in_blocks(BatchState<D>& state, std::int64_t steps, bool decides) {
  const NetworkBatch& batch = state.batch;
  const BlockLimits limits = state.device.block_limits();
  const int blocks = std::clamp(networks_per_multiprocessor(state.active_count(), limits), 1,
                                std::max(1, most_resident_blocks(batch, limits)));
  with_resident_shape(batch, blocks, [&](auto shape, int threads) {
    const int most = std::max(1, decltype(shape)::kMostWarps * kWarpThreads / threads);
    const ResidentLayout layout(batch, resident_slots(batch, std::min(blocks, most), limits));
    state.device.for_blocks(
        {.blocks = state.active_count(), .threads = threads, .scratch_bytes = layout.bytes()},
        resident_training<decltype(shape)>(state, layout, steps, decides));
  });
  if (steps > 0) {
    state.device.for_each(
        1, 1, AdvanceSteps{batch.optimizer, state.in(state.plan.training.state), steps});
  }
}

}  // namespace vnsweep::batched
