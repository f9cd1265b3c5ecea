#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kernels/batched/batch_probe.hpp"
#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/initial_state.hpp"
#include "kernels/batched/rearrange.hpp"
#include "kernels/batched/repeated_work.hpp"
#include "kernels/batched/training_in_blocks.hpp"
#include "kernels/batched/training_path.hpp"
#include "kernels/batched/training_step.hpp"
#include "kernels/engine.hpp"

namespace vnsweep::batched {

/// Updates between two looks at which networks have finished; in between, these cost as before.
inline constexpr std::int64_t kStepsBetweenLooks = 64;

/// Updates that blocks make in one launch, so that no launch takes seconds.
inline constexpr std::int64_t kStepsOfLaunch = 256;

/// Finished networks are moved out of the way once they are at least this share of the active ones:
/// moving costs about as much as one step.
inline constexpr double kWorthMoving = 1.0 / 16.0;

/// Float32 engine that trains all networks of a batch at once on a Device.
///
/// Small networks are trained each in a block of its own; see ResidentTraining. Otherwise each
/// layer of all networks is one batched product. Networks may differ in depth: they are sorted
/// deepest first, so those that have a given layer are a prefix and only the count of the product
/// changes. The device itself tells which networks have succeeded or diverged and freezes them; the
/// host looks now and then and moves them out of the way.
template <Device D>
class BatchedEngine final : public Engine {
 public:
  explicit BatchedEngine(D device, TrainingPath path = TrainingPath::in_blocks,
                         const PlanLimits& limits = {})
      : device_(std::move(device)), path_(path), limits_(limits) {}

  std::size_t memory_needed(const NetworkBatch& batch) const override {
    const auto plan_eigenvalues = [&](int n, int count) {
      return device_.plan_eigenvalues(n, count);
    };
    return BatchPlan(batch, plan_eigenvalues, limits_).arena.bytes();
  }
  /// What is free, and what the batch at hand holds, which the next one takes over.
  std::size_t memory_limit() const override {
    return device_.memory_limit(state_ ? state_->bytes() : 0);
  }
  void initialize(const NetworkBatch& batch) override;
  void train(StepCount steps) override;
  std::vector<Evaluation> evaluate() override;
  std::vector<Evaluation> finished() override;
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override;
  void retire(std::span<const NetworkIndex> networks) override;
  NetworkWeights download_weights(NetworkIndex network) const override;
  std::vector<double> losses(NetworkIndex network) const override;

 private:
  void test_outcomes();
  void evaluate_afresh();
  void advance(std::int64_t steps);
  bool in_blocks() const {
    return path_ == TrainingPath::in_blocks && fits_in_blocks(state_->batch);
  }
  bool is_time_to_look() const;
  void look();
  std::vector<Evaluation> read_evaluations();
  void adopt(const NetworkOrder& next);

  D device_;
  TrainingPath path_;
  PlanLimits limits_;
  mutable std::optional<BatchState<D>> state_;  // mutable: reading from a device queues work
  std::int64_t step_ = 0;                       ///< of the active networks that are still training
  std::int64_t last_look_ = 0;                  ///< step
  std::vector<std::int32_t> gone_;              ///< retired, but still among the active networks
  bool fresh_ = false;   ///< loss and accuracy on the device are those of this step
  bool tested_ = false;  ///< outcomes of this step have been decided
  RepeatedWork<D> step_work_;
  RepeatedWork<D> evaluation_work_;
};

template <Device D>
void BatchedEngine<D>::initialize(const NetworkBatch& batch) {
  step_work_ = {};
  evaluation_work_ = {};
  state_.reset();  // first, to have its memory
  state_.emplace(device_, batch, limits_);
  step_ = 0;
  last_look_ = 0;
  gone_.clear();
  fresh_ = false;
  tested_ = false;
  upload_networks(*state_);
  draw_parameters(*state_);
}

// ---- training ----

template <Device D>
void BatchedEngine<D>::train(StepCount steps) {
  // Full-batch steps, and blocks, test outcomes by themselves.
  const bool tests_apart = state_->batch.minibatch && !in_blocks();
  const std::int64_t target = std::min(step_ + steps.value(), state_->batch.budget.value());
  while (step_ < target && state_->active_count() > 0) {
    if (tests_apart) test_outcomes();
    if (is_time_to_look()) look();
    if (state_->active_count() == 0) break;
    advance(in_blocks() ? std::min(kStepsOfLaunch, target - step_) : 1);
  }
  test_outcomes();
}

/// In blocks there is no need: a network that is done ends its block at once. Elsewhere the step
/// alone decides, since another count of networks may mean another kernel of a library. Those that
/// are done must have been evaluated: by the latest full-batch step, or by a test at this step.
template <Device D>
bool BatchedEngine<D>::is_time_to_look() const {
  if (in_blocks() || step_ - last_look_ < kStepsBetweenLooks) return false;
  return !state_->batch.minibatch || (tested_ && OutcomeRule(state_->batch).is_due(step_));
}

template <Device D>
void BatchedEngine<D>::advance(std::int64_t steps) {
  if (in_blocks()) {
    enqueue_in_blocks(*state_, steps, true);
  } else {
    step_work_.run(device_, [this] { TrainingStep<D>(*state_).enqueue(); });
  }
  step_ += steps;
  fresh_ = false;
  tested_ = false;
}

/// Decides which networks are done at this step, if it is one of those where that is asked.
template <Device D>
void BatchedEngine<D>::test_outcomes() {
  if (tested_ || state_->active_count() == 0 || !OutcomeRule(state_->batch).is_due(step_)) return;
  if (in_blocks()) {
    enqueue_in_blocks(*state_, 0, true);
  } else {
    evaluation_work_.run(device_, [this] { TrainingStep<D>(*state_).enqueue_evaluation(true); });
  }
  fresh_ = true;
  tested_ = true;
}

/// Makes loss and accuracy on the device those of this step, without deciding anything.
template <Device D>
void BatchedEngine<D>::evaluate_afresh() {
  if (fresh_ || state_->active_count() == 0) return;
  if (in_blocks()) {
    enqueue_in_blocks(*state_, 0, false);
  } else {
    TrainingStep<D>(*state_).enqueue_evaluation(false);
  }
  fresh_ = true;
}

/// Moves finished networks out of the way if that is worth it.
template <Device D>
void BatchedEngine<D>::look() {
  const TrainingMemory& memory = state_->plan.training;
  last_look_ = step_;
  const int active = state_->active_count();
  std::int32_t* partitioned = state_->in(memory.scratch);
  const int training = device_.stable_partition(state_->in(memory.active), active,
                                                state_->in(memory.status), partitioned);
  const int finished = active - training;
  if (finished < std::max(1.0, kWorthMoving * active)) return;
  std::vector<std::int32_t> networks(static_cast<std::size_t>(finished));
  device_.download(networks.data(), static_cast<const std::int32_t*>(partitioned) + training,
                   finished);
  adopt(state_->order.changed(networks, gone_));
  gone_.clear();
}

template <Device D>
void BatchedEngine<D>::adopt(const NetworkOrder& next) {
  const bool same_active = next.active() == state_->order.active();
  rearrange(*state_, next);
  if (same_active) return;
  // What was recorded has the old counts of networks.
  step_work_ = {};
  evaluation_work_ = {};
}

/// Networks that are done stay where they are until the next look: when they are retired may depend
/// on the clock, which must not show in results.
template <Device D>
void BatchedEngine<D>::retire(std::span<const NetworkIndex> networks) {
  if (networks.empty()) return;
  const auto status = state_->download(state_->plan.training.status);
  std::vector<std::int32_t> at_once;
  const std::vector<Place> places = state_->order.places();
  for (const NetworkIndex n : networks) {
    const auto network = static_cast<std::int32_t>(n.value());
    const bool is_training =
        static_cast<TrainingStatus>(status[n.value()]) == TrainingStatus::training;
    const bool is_parked = places[n.value()] < 0;
    (is_training || is_parked ? at_once : gone_).push_back(network);
  }
  if (!at_once.empty()) adopt(state_->order.changed({}, at_once));
}

// ---- reading ----

template <Device D>
std::vector<Evaluation> BatchedEngine<D>::evaluate() {
  evaluate_afresh();
  return read_evaluations();
}

template <Device D>
std::vector<Evaluation> BatchedEngine<D>::finished() {
  // A mini-batch network that diverges between two tests is not evaluated by its step.
  if (state_->batch.minibatch && !in_blocks() && !fresh_) {
    const auto is_diverged = [](std::int32_t status) {
      return static_cast<TrainingStatus>(status) == TrainingStatus::diverged;
    };
    const auto status = state_->download(state_->plan.training.status);
    if (std::any_of(status.begin(), status.end(), is_diverged)) evaluate_afresh();
  }
  std::vector<Evaluation> evaluations = read_evaluations();
  std::erase_if(evaluations,
                [](const Evaluation& e) { return e.status == TrainingStatus::training; });
  return evaluations;
}

/// What the device knows of every network that has not been retired, fresh or not.
template <Device D>
std::vector<Evaluation> BatchedEngine<D>::read_evaluations() {
  const TrainingMemory& memory = state_->plan.training;
  const auto status = state_->download(memory.status);
  const auto final_step = state_->download(memory.final_step);
  const auto loss = state_->download(memory.loss);
  const auto correct = state_->download(memory.correct);
  std::vector<bool> present = state_->order.stored();
  for (const std::int32_t network : gone_)
    present[static_cast<std::size_t>(network)] = false;
  std::vector<Evaluation> evaluations;
  for (std::size_t n = 0; n < present.size(); ++n) {
    if (!present[n]) continue;
    Evaluation evaluation;
    evaluation.network = NetworkIndex(static_cast<std::uint32_t>(n));
    evaluation.status = static_cast<TrainingStatus>(status[n]);
    evaluation.step =
        StepCount(evaluation.status == TrainingStatus::training ? step_ : final_step[n]);
    evaluation.loss = loss[n];
    evaluation.accuracy = correct[n] / state_->batch.data->samples;
    evaluations.push_back(evaluation);
  }
  return evaluations;
}

template <Device D>
std::vector<Probe> BatchedEngine<D>::probe(const ProbeSpec& spec,
                                           std::span<const NetworkIndex> networks) {
  std::vector<Probe> probes = BatchProbe<D>(*state_).measure(spec, networks);
  const auto status = state_->download(state_->plan.training.status);
  const auto final_step = state_->download(state_->plan.training.final_step);
  for (Probe& result : probes) {
    const std::size_t n = result.network.value();
    const bool training = static_cast<TrainingStatus>(status[n]) == TrainingStatus::training;
    result.step = StepCount(training ? step_ : final_step[n]);
  }
  return probes;
}

template <Device D>
NetworkWeights BatchedEngine<D>::download_weights(NetworkIndex index) const {
  const auto network = static_cast<std::int32_t>(index.value());
  const int depth = state_->order.depth(network);
  const Place place = state_->order.places().at(index.value());
  const float* base = state_->in(state_->plan.training.parameters);
  const auto read = [&](std::int64_t offset, std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    state_->device.download(values.data(), base + offset, count);
    return std::vector<double>(values.begin(), values.end());
  };
  NetworkWeights result;
  for (int l = 1; l <= depth + 1; ++l) {
    const bool is_output = l > depth;
    const Slab& layer = is_output ? state_->plan.layout.output() : state_->plan.layout.hidden(l);
    const std::int64_t at = stored_position(place, state_->order.active_at(is_output ? 1 : l));
    result.weights.push_back(read(layer.weights + at * layer.matrix_size(), layer.matrix_size()));
    result.biases.push_back(read(layer.biases + at * layer.outputs, layer.outputs));
  }
  return result;
}

template <Device D>
std::vector<double> BatchedEngine<D>::losses(NetworkIndex network) const {
  if (!state_->batch.record_losses) return {};
  const TrainingMemory& memory = state_->plan.training;
  std::int64_t count = 0;
  state_->device.download(&count, state_->in(memory.steps_recorded) + network.value(), 1);
  std::vector<double> values(static_cast<std::size_t>(count));
  state_->device.download(
      values.data(),
      state_->in(memory.step_losses) +
          static_cast<std::int64_t>(network.value()) * state_->batch.budget.value(),
      count);
  return values;
}

}  // namespace vnsweep::batched
