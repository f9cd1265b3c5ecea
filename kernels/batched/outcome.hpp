#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/batched/training_memory.hpp"
#include "kernels/engine.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/loss.hpp"

namespace vnsweep::batched {

/// When a network is done; SuccessCriterion, budget and stopping in a form that devices can read.
struct OutcomeRule {
  bool tests_accuracy = false;
  bool tests_loss = false;
  bool stops = true;  ///< Stopping::on_outcome
  double accuracy = 0.0;
  double loss = 0.0;
  std::int64_t every = 1;
  std::int64_t budget = 0;

  OutcomeRule() = default;
  explicit OutcomeRule(const NetworkBatch& batch)
      : tests_accuracy(batch.success.accuracy.has_value()),
        tests_loss(batch.success.loss.has_value()),
        stops(batch.stopping == Stopping::on_outcome),
        accuracy(batch.success.accuracy.value_or(0.0)),
        loss(batch.success.loss.value_or(0.0)),
        every(batch.success.every.value()),
        budget(batch.budget.value()) {}

  VNS_HD bool is_due(std::int64_t step) const { return step == budget || step % every == 0; }

  VNS_HD TrainingStatus status(std::int64_t step, double loss_now, double accuracy_now) const {
    if (stops && !std::isfinite(loss_now)) return TrainingStatus::diverged;
    const bool met = (tests_accuracy || tests_loss) &&
                     (!tests_accuracy || accuracy_now >= accuracy) &&
                     (!tests_loss || loss_now <= loss);
    if (stops && met) return TrainingStatus::succeeded;
    return step == budget ? TrainingStatus::exhausted : TrainingStatus::training;
  }
};

/// What the programs below know of the networks; pointers by network index but for `active`.
struct OutcomeState {
  const std::int32_t* active = nullptr;  ///< network index by position
  const StepState* step = nullptr;
  std::int32_t* status = nullptr;
  std::int64_t* final_step = nullptr;
  double* loss = nullptr;
  double* correct = nullptr;

  VNS_HD bool is_training(std::int32_t network) const {
    return status[network] == static_cast<std::int32_t>(TrainingStatus::training);
  }
  VNS_HD void finish(std::int32_t network, TrainingStatus outcome) const {
    status[network] = static_cast<std::int32_t>(outcome);
    final_step[network] = step->step;
  }
};

/// Loss and accuracy over the training set, in pieces, and the outcome once the last piece is in.
/// A block program, one network an index.
struct ScorePiece {
  OutcomeState state;
  OutcomeRule rule;
  SampleLoss loss;
  int samples = 0;  ///< of this piece
  int total_samples = 0;
  bool is_first = true;
  bool is_last = true;
  bool decides = true;            ///< whether an outcome may come of it
  const float* logits = nullptr;  ///< (networks, samples, outputs)
  const float* target = nullptr;  ///< (samples, outputs)

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t index) const {
    const std::int32_t network = state.active[index];
    const int outputs = loss.outputs;
    const float* z = logits + index * samples * outputs;
    const double loss_before = is_first ? 0.0 : state.loss[network];
    const double correct_before = is_first ? 0.0 : state.correct[network];
    const double loss_sum =
        loss_before + block.template reduce_sum<double>(samples, [=, this](int s) {
          return loss.value(z + s * outputs, target + s * outputs);
        });
    const double correct =
        correct_before + block.template reduce_sum<double>(samples, [=, this](int s) {
          return loss.correct(z + s * outputs, target + s * outputs);
        });
    block.for_each(1, [=, this](int) {
      const double mean = loss.mean(loss_sum, total_samples);
      state.loss[network] = is_last ? mean : loss_sum;
      state.correct[network] = correct;
      const std::int64_t step = state.step->step;
      if (!is_last || !decides || !rule.is_due(step) || !state.is_training(network)) return;
      const TrainingStatus outcome = rule.status(step, mean, correct / total_samples);
      if (outcome != TrainingStatus::training) state.finish(network, outcome);
    });
  }
};

}  // namespace vnsweep::batched
