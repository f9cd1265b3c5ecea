#pragma once

#include "kernels/batched/backward.hpp"
#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/outcome.hpp"

// Programs that both ways to train run, with what they need to know of a batch.
namespace vnsweep::batched {

/// Which piece of the training set, and its logits, are for the caller to fill in.
template <Device D>
ScorePiece score_piece(const BatchState<D>& state) {
  const TrainingData& data = *state.batch.data;
  return {.state = state.outcome_state(),
          .rule = OutcomeRule(state.batch),
          .loss = sample_loss(state.batch),
          .total_samples = data.samples,
          .target = state.in(state.plan.training.target)};
}

/// For the samples of a step.
template <Device D>
OutputDelta output_delta(const BatchState<D>& state) {
  const TrainingMemory& memory = state.plan.training;
  const NetworkBatch& batch = state.batch;
  const int samples = batch.step_samples();
  const int outputs = batch.data->outputs;
  return {.state = state.outcome_state(),
          .rule = state.update_rule(),
          .stops = batch.stopping == Stopping::on_outcome,
          .loss = sample_loss(batch),
          .samples = samples,
          .logits = state.in(memory.logits),
          .target = state.in(batch.minibatch ? memory.step_target : memory.target),
          .target_stride = batch.minibatch ? samples * outputs : 0,
          .delta = state.in(memory.logits_delta),
          .biases = state.mutable_parameters(state.plan.layout.output().biases),
          .step_losses = batch.record_losses ? state.in(memory.step_losses) : nullptr,
          .steps_recorded = batch.record_losses ? state.in(memory.steps_recorded) : nullptr,
          .budget = batch.budget.value()};
}

}  // namespace vnsweep::batched
