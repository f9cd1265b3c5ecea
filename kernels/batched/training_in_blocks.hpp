#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/resident_training.hpp"
#include "kernels/batched/step_programs.hpp"

namespace vnsweep::batched {

/// Asks the device to train every active network in a block of its own, by `steps` updates or to
/// its outcome; for 0 steps, to evaluate it. Networks must be small enough: fits_in_blocks().
/// @param decides  whether that evaluation may end a network
template <Device D>
void enqueue_in_blocks(BatchState<D>& state, std::int64_t steps, bool decides) {
  const TrainingMemory& memory = state.plan.training;
  const NetworkBatch& batch = state.batch;
  const ResidentScratch scratch(batch);
  ResidentTraining training{.state = state.outcome_state(),
                            .rule = OutcomeRule(batch),
                            .update = state.update_rule(),
                            .uses_minibatches = batch.minibatch.has_value(),
                            .steps = steps,
                            .decides = decides,
                            .score = score_piece(state),
                            .output_delta = output_delta(state),
                            .activation = batch.activation,
                            .width = batch.width,
                            .inputs = batch.data->inputs,
                            .outputs = batch.data->outputs,
                            .samples = batch.step_samples(),
                            .total_samples = batch.data->samples,
                            .tile = static_cast<int>(scratch.tile),
                            .input = state.in(memory.input),
                            .target = state.in(memory.target),
                            .step_target = state.in(memory.step_target),
                            .depth = state.in(memory.depth),
                            .layers = state.in(memory.resident_layers),
                            .output_layer = state.plan.layout.greatest_depth(),
                            .parameters = state.mutable_parameters(0),
                            .logits = state.in(memory.logits),
                            .logits_delta = state.in(memory.logits_delta),
                            .shared_step = state.in(memory.state),
                            .own_steps = state.in(memory.own_steps)};
  if (batch.minibatch) training.minibatch = state.minibatch_state();
  constexpr int kLeastThreads = 64;  // some to wait for memory while others compute
  state.device.for_blocks(
      {.blocks = state.active_count(),
       .threads = block_threads(std::max(kLeastThreads, batch.step_samples() * batch.width)),
       .scratch_bytes = scratch.bytes()},
      training);
  if (steps > 0)
    state.device.for_each(1, 1, AdvanceSteps{batch.optimizer, state.in(memory.state), steps});
}

}  // namespace vnsweep::batched
