#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/engine.hpp"
#include "kernels/host_device.hpp"
#include "kernels/layerwise/backward.hpp"
#include "kernels/layerwise/batch_probe.hpp"
#include "kernels/layerwise/draw_parameters.hpp"
#include "kernels/layerwise/forward.hpp"
#include "kernels/layerwise/minibatch.hpp"
#include "kernels/layerwise/network_order.hpp"
#include "kernels/layerwise/outcome.hpp"
#include "kernels/layerwise/parameter_layout.hpp"
#include "kernels/layerwise/probe_memory.hpp"
#include "kernels/layerwise/training_memory.hpp"

namespace vnsweep::layerwise {

/// Updates between two looks at which networks have finished; in between, these cost as before.
inline constexpr std::int64_t kStepsBetweenLooks = 64;

/// Finished networks are moved out of the way once they are at least this share of the active ones:
/// moving costs about as much as one step.
inline constexpr double kWorthMoving = 1.0 / 16.0;

/// Puts items of a new order one after the other; an item is a network, an element one value of it.
struct MoveItems {
  const std::int32_t* from = nullptr;  ///< old position by new position
  std::int64_t size = 0;
  const float* values = nullptr;  ///< (networks, size)
  float* moved = nullptr;

  VNS_HD void operator()(std::int64_t item, int element) const {
    moved[item * size + element] = values[from[item] * size + element];
  }
};

/// Float32 engine that trains all networks of a batch at once, layer by layer, on a Device.
///
/// Each layer of all networks is one batched product. Networks may differ in depth: they are sorted
/// deepest first, so those that have a given layer are a prefix and only the count of the product
/// changes. Everything a step needs is recorded once and replayed; the device itself tells which
/// networks have succeeded or diverged and freezes them, and the host looks every
/// kStepsBetweenLooks steps.
template <Device D>
class LayerwiseEngine final : public Engine {
 public:
  explicit LayerwiseEngine(D device) : device_(std::move(device)) {}

  std::size_t memory_needed(const NetworkBatch& batch) const override;
  /// What is free, and what the batch at hand holds, which the next one takes over.
  std::size_t memory_limit() const override {
    return device_.memory_limit() + (memory_ ? memory_->size() : 0);
  }
  void initialize(const NetworkBatch& batch) override;
  void train(StepCount steps) override;
  std::vector<Evaluation> evaluate() override;
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override;
  void retire(std::span<const NetworkIndex> networks) override;
  NetworkWeights download_weights(NetworkIndex network) const override;
  std::vector<double> losses(NetworkIndex network) const override;

 private:
  /// The arrays of a batch: the plan tells their size, and the size of the batch, beforehand.
  struct Plan {
    ParameterLayout layout;
    ArenaPlan arena;
    TrainingMemory training;
    ProbeMemory probe;
    Slice<double> orthogonal;  ///< matrices and coefficients that DrawOrthogonal works on
    int orthogonal_matrices = 0;

    Plan(const NetworkBatch& batch, const D& device);
  };
  using Memory = decltype(std::declval<D&>().allocate(std::size_t{}));
  using Recording = decltype(std::declval<D&>().record([] {}));

  // Drawing the initial state.
  void upload_batch();
  void draw_parameters();
  void draw_hidden_weights(int layer, const DrawnNetworks& drawn);

  // A training step, in the order in which its parts run.
  void enqueue_step();
  void enqueue_minibatch();
  void enqueue_forward();
  void enqueue_output_delta();
  void enqueue_hidden_layers_backward();
  void enqueue_weight_update(const Slab& slab, int networks, const float* delta, const float* input,
                             std::int64_t input_stride);
  // Loss and accuracy over the training set.
  void enqueue_evaluation(bool decides);
  void enqueue_score(const float* logits, int first, int count, bool decides);

  bool is_due(std::int64_t step) const { return OutcomeRule(batch_).is_due(step); }
  void test_outcomes();
  void evaluate_afresh();
  void run_step();
  void look();

  // Moving networks when the order changes.
  void adopt(NetworkOrder order);
  void move_slab(const Slab& layer, const std::vector<std::int32_t>& from);

  ForwardPass<float> forward_pass(int samples) const;
  LayerParameters<float> parameters(const Slab& slab) const {
    return {in(plan_->training.parameters) + slab.weights,
            in(plan_->training.parameters) + slab.biases};
  }
  MutableParameters mutable_parameters(std::int64_t offset) const;
  OutcomeState outcome_state() const;
  UpdateRule update_rule() const;
  MinibatchState minibatch_state() const;
  const float* step_input() const;
  std::int64_t step_input_stride() const {
    return batch_.minibatch ? std::int64_t{1} * *batch_.minibatch * batch_.data->inputs : 0;
  }
  int active_count() const { return static_cast<int>(order_.active().size()); }
  /// Slab of layer 1..L, or of the output layer for L + 1.
  const Slab& slab(int layer) const {
    return plan_->layout.slabs()[static_cast<std::size_t>(layer - 1)];
  }

  template <class T>
  T* in(const Slice<T>& slice) const {
    return slice.in(arena_);
  }
  template <class T>
  std::vector<T> downloaded(const Slice<T>& slice) const {
    std::vector<T> values(static_cast<std::size_t>(slice.count));
    device_.download(values.data(), static_cast<const T*>(in(slice)), slice.count);
    return values;
  }

  mutable D device_;
  NetworkBatch batch_;
  std::optional<Plan> plan_;
  std::optional<Memory> memory_;
  std::byte* arena_ = nullptr;  ///< of memory_
  NetworkOrder order_;
  std::int64_t step_ = 0;       ///< of the active networks that are still training
  std::int64_t last_look_ = 0;  ///< step
  bool fresh_ = false;          ///< loss and accuracy on the device are those of this step
  bool tested_ = false;         ///< outcomes of this step have been decided
  std::optional<Recording> step_recording_;
  std::optional<Recording> evaluation_recording_;
};

// ---- memory and initial state ----

template <Device D>
LayerwiseEngine<D>::Plan::Plan(const NetworkBatch& batch, const D& device)
    : layout(batch),
      training(batch, layout, arena),
      probe(
          batch, layout, [&](int n, int count) { return device.plan_eigenvalues(n, count); },
          arena) {
  if (batch.initialization != Initialization::orthogonal || layout.greatest_depth() < 2) return;
  // A multiprocessor works on a few matrices at a time; more at once only take memory.
  constexpr int kMatricesAtOnce = 256;
  orthogonal_matrices = std::min(kMatricesAtOnce, layout.hidden(2).networks);
  orthogonal = arena.reserve<double>(std::int64_t{1} * orthogonal_matrices * batch.width *
                                     (batch.width + 1));
}

template <Device D>
std::size_t LayerwiseEngine<D>::memory_needed(const NetworkBatch& batch) const {
  return Plan(batch, device_).arena.bytes();
}

template <Device D>
void LayerwiseEngine<D>::initialize(const NetworkBatch& batch) {
  step_recording_.reset();
  evaluation_recording_.reset();
  memory_.reset();
  batch_ = batch;
  plan_.emplace(batch_, device_);
  memory_.emplace(device_.allocate(plan_->arena.bytes()));
  arena_ = memory_->data();

  std::vector<int> depths;
  for (const NetworkSpec& network : batch_.networks)
    depths.push_back(network.depth);
  order_ = NetworkOrder(std::move(depths));
  step_ = 0;
  last_look_ = 0;
  fresh_ = false;
  tested_ = false;
  upload_batch();
  draw_parameters();
}

template <Device D>
void LayerwiseEngine<D>::upload_batch() {
  const TrainingMemory& memory = plan_->training;
  const auto upload = [this](const auto& slice, const auto& values) {
    device_.upload(in(slice), values.data(), static_cast<std::int64_t>(values.size()));
  };
  const auto upload_each = [&](const auto& slice, auto of) {
    std::vector<decltype(of(batch_.networks.front()))> values;
    for (const NetworkSpec& network : batch_.networks)
      values.push_back(of(network));
    upload(slice, values);
  };
  upload(memory.input, batch_.data->input);
  upload(memory.target, batch_.data->target);
  upload_each(memory.depth, [](const NetworkSpec& n) { return std::int32_t{n.depth}; });
  upload_each(memory.run_key, [](const NetworkSpec& n) { return n.run_key; });
  upload_each(memory.scale, [](const NetworkSpec& n) { return n.scale; });
  upload_each(memory.bias_scale, [](const NetworkSpec& n) { return n.bias_scale; });
  upload_each(memory.learning_rate,
              [](const NetworkSpec& n) { return static_cast<float>(n.learning_rate); });
  upload_each(memory.momentum, [](const NetworkSpec& n) { return static_cast<float>(n.momentum); });
  upload(memory.active, order_.active());
  upload(memory.state, std::vector<StepState>{{.step = 0, .corrections = adam_corrections(1)}});
  device_.clear(in(memory.status), memory.status.count);
  device_.clear(in(memory.final_step), memory.final_step.count);
  device_.clear(in(memory.steps_recorded), memory.steps_recorded.count);
  device_.clear(in(memory.first_moment), memory.first_moment.count);
  device_.clear(in(memory.second_moment), memory.second_moment.count);
}

template <Device D>
void LayerwiseEngine<D>::draw_parameters() {
  const TrainingMemory& memory = plan_->training;
  for (int l = 1; l <= plan_->layout.greatest_depth() + 1; ++l) {
    const bool is_output = l > plan_->layout.greatest_depth();
    const Slab& layer = slab(l);
    const DrawnNetworks drawn{.networks = in(memory.active),
                              .run_key = in(memory.run_key),
                              .depth = in(memory.depth),
                              .layer = is_output ? 0 : l};
    if (batch_.initialization == Initialization::orthogonal && l > 1 && !is_output) {
      draw_hidden_weights(l, drawn);
    } else {
      device_.for_each(layer.networks, static_cast<int>((layer.matrix_size() + 3) / 4),
                       DrawGaussian{.drawn = drawn,
                                    .stream = Stream::weights,
                                    .spread = in(memory.scale),
                                    .divisor = std::sqrt(static_cast<double>(layer.inputs)),
                                    .out = in(memory.parameters) + layer.weights,
                                    .count = layer.matrix_size()});
    }
    device_.for_each(layer.networks, (layer.outputs + 3) / 4,
                     DrawGaussian{.drawn = drawn,
                                  .stream = Stream::biases,
                                  .spread = in(memory.bias_scale),
                                  .out = in(memory.parameters) + layer.biases,
                                  .count = layer.outputs});
  }
}

template <Device D>
void LayerwiseEngine<D>::draw_hidden_weights(int layer, const DrawnNetworks& drawn) {
  const int width = batch_.width;
  const int networks = slab(layer).networks;
  double* matrices = in(plan_->orthogonal);
  for (int first = 0; first < networks; first += plan_->orthogonal_matrices) {
    const int count = std::min(plan_->orthogonal_matrices, networks - first);
    device_.for_blocks({.blocks = count, .threads = kReductionThreads},
                       DrawOrthogonal{.drawn = drawn,
                                      .scale = in(plan_->training.scale),
                                      .width = width,
                                      .first = first,
                                      .matrices = matrices,
                                      .coefficients = matrices + std::int64_t{1} *
                                                                     plan_->orthogonal_matrices *
                                                                     width * width,
                                      .out = in(plan_->training.parameters) +
                                             slab(layer).weights});
  }
}

// ---- training ----

template <Device D>
void LayerwiseEngine<D>::train(StepCount steps) {
  const std::int64_t target = std::min(step_ + steps.value(), batch_.budget.value());
  while (step_ < target && active_count() > 0) {
    // A full-batch step begins with the evaluation that mini-batch runs make apart.
    if (batch_.minibatch) test_outcomes();
    if (step_ - last_look_ >= kStepsBetweenLooks && (fresh_ || !batch_.minibatch)) look();
    if (active_count() > 0) run_step();
  }
  test_outcomes();
}

/// One update of every network that is still training.
template <Device D>
void LayerwiseEngine<D>::run_step() {
  if (!step_recording_) {
    step_recording_.emplace(device_.record([this] { enqueue_step(); }));
  }
  device_.replay(*step_recording_);
  ++step_;
  fresh_ = false;
  tested_ = false;
}

template <Device D>
void LayerwiseEngine<D>::enqueue_step() {
  if (batch_.minibatch) enqueue_minibatch();
  enqueue_forward();
  if (!batch_.minibatch) {
    enqueue_score(in(plan_->training.logits), 0, batch_.data->samples, true);
  }
  enqueue_output_delta();
  enqueue_hidden_layers_backward();
  device_.for_each(1, 1, AdvanceStep{in(plan_->training.state)});
}

template <Device D>
void LayerwiseEngine<D>::enqueue_minibatch() {
  const TrainingMemory& memory = plan_->training;
  const TrainingData& data = *batch_.data;
  const MinibatchState state = minibatch_state();
  device_.for_each(active_count(), 1, DrawEpochOrder{state});
  device_.for_each(active_count(), state.minibatch * data.inputs,
                   GatherMinibatch{state, data.inputs, in(memory.input), in(memory.step_input)});
  device_.for_each(active_count(), state.minibatch * data.outputs,
                   GatherMinibatch{state, data.outputs, in(memory.target), in(memory.step_target)});
}

template <Device D>
void LayerwiseEngine<D>::enqueue_forward() {
  const TrainingMemory& memory = plan_->training;
  ForwardPass<float> pass = forward_pass(batch_.step_samples());
  pass.input = step_input();
  pass.input_stride = step_input_stride();
  pass.top = in(memory.top);
  forward_hidden(
      device_, pass, static_cast<float*>(nullptr),
      [this](int layer) { return parameters(slab(layer)); },
      [&](int layer) { return in(memory.outputs[static_cast<std::size_t>(layer - 1)]); },
      [](int) {});
  forward_output(device_, pass, parameters(plan_->layout.output()), in(memory.logits));
}

template <Device D>
void LayerwiseEngine<D>::enqueue_output_delta() {
  const TrainingMemory& memory = plan_->training;
  const int samples = batch_.step_samples();
  const int outputs = batch_.data->outputs;
  device_.for_blocks(
      {.blocks = active_count(), .threads = block_threads(samples * outputs)},
      OutputDelta{.state = outcome_state(),
                  .rule = update_rule(),
                  .stops = batch_.stopping == Stopping::on_outcome,
                  .objective = batch_.objective,
                  .samples = samples,
                  .outputs = outputs,
                  .logits = in(memory.logits),
                  .target = in(batch_.minibatch ? memory.step_target : memory.target),
                  .target_stride = batch_.minibatch ? samples * outputs : 0,
                  .delta = in(memory.logits_delta),
                  .biases = mutable_parameters(plan_->layout.output().biases),
                  .step_losses = batch_.record_losses ? in(memory.step_losses) : nullptr,
                  .steps_recorded = batch_.record_losses ? in(memory.steps_recorded) : nullptr,
                  .budget = batch_.budget.value()});
}

/// Deltas from the last hidden layer down. A layer's weights are updated once the delta below them
/// has been computed from their old values.
template <Device D>
void LayerwiseEngine<D>::enqueue_hidden_layers_backward() {
  const TrainingMemory& memory = plan_->training;
  const Slab& output = plan_->layout.output();
  const int samples = batch_.step_samples();
  const int width = batch_.width;
  const std::int64_t plane = std::int64_t{1} * samples * width;
  const auto multiply_by_weights = [&](const Slab& layer, const float* delta, float* below,
                                       int networks) {
    device_.multiply(BatchedProduct<float>{
        .rows = samples,
        .columns = layer.inputs,
        .inner = layer.outputs,
        .a = {delta, std::int64_t{1} * samples * layer.outputs},
        .b = {parameters(layer).weights, layer.matrix_size()},
        .c = {below, plane},
        .count = networks,
        .precision = batch_.precision});
  };

  multiply_by_weights(output, in(memory.logits_delta), in(memory.top_delta), active_count());
  const HiddenTiles tiles = hidden_tiles(samples, width);
  float* delta = in(memory.delta);
  float* below = in(memory.delta_below);
  for (int l = order_.greatest_depth(); l >= 1; --l) {
    const int above = order_.active_at(l + 1);
    float* outputs = in(memory.outputs[static_cast<std::size_t>(l - 1)]);
    if (above > 0) multiply_by_weights(slab(l + 1), delta, below, above);
    device_.for_blocks({.blocks = std::int64_t{1} * order_.active_at(l) * tiles.per_network,
                        .threads = tiles.nodes * tiles.lanes,
                        .scratch_bytes = sizeof(float) * tiles.nodes * tiles.lanes},
                       HiddenDelta{.state = outcome_state(),
                                   .rule = update_rule(),
                                   .activation = batch_.activation,
                                   .samples = samples,
                                   .width = width,
                                   .tiles = tiles.per_network,
                                   .tile_nodes = tiles.nodes,
                                   .lanes = tiles.lanes,
                                   .outputs = outputs,
                                   .top = in(memory.top),
                                   .top_delta = in(memory.top_delta),
                                   .first_top = above,
                                   .delta = below,
                                   .biases = mutable_parameters(slab(l).biases)});
    if (above > 0) enqueue_weight_update(slab(l + 1), above, delta, outputs, plane);
    std::swap(delta, below);
  }
  enqueue_weight_update(slab(1), active_count(), delta, step_input(), step_input_stride());
  enqueue_weight_update(output, active_count(), in(memory.logits_delta), in(memory.top), plane);
}

/// W += delta^T x where deltas come multiplied by -lr; else the gradient is formed and a rule applied.
template <Device D>
void LayerwiseEngine<D>::enqueue_weight_update(const Slab& layer, int networks, const float* delta,
                                               const float* input, std::int64_t input_stride) {
  const bool in_product = updates_in_product(batch_);
  const int samples = batch_.step_samples();
  float* gradients = in(plan_->training.slab);
  const MutableParameters weights = mutable_parameters(layer.weights);
  device_.multiply(
      BatchedProduct<float>{.rows = layer.outputs,
                            .columns = layer.inputs,
                            .inner = samples,
                            .a = {delta, std::int64_t{1} * samples * layer.outputs, true},
                            .b = {input, input_stride},
                            .c = {in_product ? weights.values : gradients, layer.matrix_size()},
                            .beta = in_product ? 1.0F : 0.0F,
                            .count = networks,
                            .precision = batch_.precision});
  if (in_product) return;
  device_.for_each(networks, static_cast<int>(layer.matrix_size()),
                   UpdateWeights{.state = outcome_state(),
                                 .rule = update_rule(),
                                 .matrix_size = layer.matrix_size(),
                                 .gradients = gradients,
                                 .weights = weights});
}

// ---- evaluation and outcomes ----

template <Device D>
void LayerwiseEngine<D>::enqueue_evaluation(bool decides) {
  if (!batch_.minibatch) {
    enqueue_forward();
    enqueue_score(in(plan_->training.logits), 0, batch_.data->samples, decides);
    return;
  }
  const TrainingMemory& memory = plan_->training;
  const int samples = batch_.data->samples;
  for (int first = 0; first < samples; first += kEvaluationSamples) {
    const int count = std::min(kEvaluationSamples, samples - first);
    ForwardPass<float> pass = forward_pass(count);
    pass.input = in(memory.input) + std::int64_t{1} * first * batch_.data->inputs;
    pass.top = in(memory.evaluation_top);
    forward_hidden(
        device_, pass, static_cast<float*>(nullptr),
        [this](int layer) { return parameters(slab(layer)); },
        [&](int layer) { return in(memory.evaluation[static_cast<std::size_t>(layer % 2)]); },
        [](int) {});
    float* logits = in(memory.evaluation_logits);
    forward_output(device_, pass, parameters(plan_->layout.output()), logits);
    enqueue_score(logits, first, count, decides);
  }
}

template <Device D>
void LayerwiseEngine<D>::enqueue_score(const float* logits, int first, int count, bool decides) {
  const TrainingData& data = *batch_.data;
  device_.for_blocks(
      {.blocks = active_count(), .threads = block_threads(count * data.outputs)},
      ScorePiece{.state = outcome_state(),
                 .rule = OutcomeRule(batch_),
                 .objective = batch_.objective,
                 .samples = count,
                 .outputs = data.outputs,
                 .total_samples = data.samples,
                 .is_first = first == 0,
                 .is_last = first + count == data.samples,
                 .decides = decides,
                 .logits = logits,
                 .target = in(plan_->training.target) + std::int64_t{1} * first * data.outputs});
}

/// Decides which networks are done at this step, if it is one of those where that is asked.
template <Device D>
void LayerwiseEngine<D>::test_outcomes() {
  if (tested_ || !is_due(step_) || active_count() == 0) return;
  if (!evaluation_recording_) {
    evaluation_recording_.emplace(device_.record([this] { enqueue_evaluation(true); }));
  }
  device_.replay(*evaluation_recording_);
  fresh_ = true;
  tested_ = true;
}

/// Makes loss and accuracy on the device those of this step, without deciding anything.
template <Device D>
void LayerwiseEngine<D>::evaluate_afresh() {
  if (fresh_ || active_count() == 0) return;
  enqueue_evaluation(false);
  fresh_ = true;
}

/// Moves finished networks out of the way if that is worth it. Loss and accuracy of those that have
/// finished must be there: of a full-batch step they are.
template <Device D>
void LayerwiseEngine<D>::look() {
  const TrainingMemory& memory = plan_->training;
  last_look_ = step_;
  const int active = active_count();
  const int training = device_.stable_partition(in(memory.active), active, in(memory.status),
                                                in(memory.scratch));
  const int finished = active - training;
  if (finished < std::max(1.0, kWorthMoving * active)) return;
  std::vector<std::int32_t> partitioned(static_cast<std::size_t>(active));
  device_.download(partitioned.data(), in(memory.scratch), active);
  adopt(order_.changed(std::span(partitioned).subspan(static_cast<std::size_t>(training)), {}));
}

template <Device D>
std::vector<Evaluation> LayerwiseEngine<D>::evaluate() {
  evaluate_afresh();
  const TrainingMemory& memory = plan_->training;
  const auto status = downloaded(memory.status);
  const auto final_step = downloaded(memory.final_step);
  const auto loss = downloaded(memory.loss);
  const auto correct = downloaded(memory.correct);
  std::vector<Evaluation> evaluations;
  for (std::size_t n = 0; n < batch_.networks.size(); ++n) {
    if (!order_.is_stored(static_cast<std::int32_t>(n))) continue;
    Evaluation evaluation;
    evaluation.network = NetworkIndex(static_cast<std::uint32_t>(n));
    evaluation.status = static_cast<TrainingStatus>(status[n]);
    evaluation.step = StepCount(
        evaluation.status == TrainingStatus::training ? step_ : final_step[n]);
    evaluation.loss = loss[n];
    evaluation.accuracy = correct[n] / batch_.data->samples;
    evaluations.push_back(evaluation);
  }
  return evaluations;
}

// ---- the order of networks ----

template <Device D>
void LayerwiseEngine<D>::retire(std::span<const NetworkIndex> networks) {
  if (networks.empty()) return;
  std::vector<std::int32_t> gone;
  for (const NetworkIndex n : networks)
    gone.push_back(static_cast<std::int32_t>(n.value()));
  evaluate_afresh();
  adopt(order_.changed({}, gone));
}

/// Takes a new order: moves parameters and optimizer state so that at every layer the active
/// networks are a prefix and the parked ones follow.
template <Device D>
void LayerwiseEngine<D>::adopt(NetworkOrder next) {
  const int depth = plan_->layout.greatest_depth();
  const std::vector<Place> places = order_.places();
  for (int l = 1; l <= depth + 1; ++l) {
    // Every network has an output layer; reaching layer 1 means the same.
    const int reached = l <= depth ? l : 1;
    std::vector<std::int32_t> from;
    const auto append = [&](const std::vector<std::int32_t>& networks, int count) {
      for (int p = 0; p < count; ++p) {
        const auto network = static_cast<std::size_t>(networks[static_cast<std::size_t>(p)]);
        from.push_back(static_cast<std::int32_t>(
            stored_position(places[network], order_.active_at(reached))));
      }
    };
    append(next.active(), next.active_at(reached));
    append(next.parked(), next.parked_at(reached));
    move_slab(slab(l), from);
  }
  order_ = std::move(next);
  device_.upload(in(plan_->training.active), order_.active().data(), active_count());
  // The counts of networks have changed.
  step_recording_.reset();
  evaluation_recording_.reset();
}

/// Puts the parameters of position from[p] at position p.
template <Device D>
void LayerwiseEngine<D>::move_slab(const Slab& layer, const std::vector<std::int32_t>& from) {
  bool moves = false;
  for (std::size_t p = 0; p < from.size(); ++p)
    moves = moves || from[p] != static_cast<std::int32_t>(p);
  if (!moves) return;
  const TrainingMemory& memory = plan_->training;
  const auto count = static_cast<int>(from.size());
  device_.upload(in(memory.scratch), from.data(), count);
  const auto move = [&](float* values, std::int64_t size) {
    float* moved = in(memory.slab);
    device_.for_each(count, static_cast<int>(size),
                     MoveItems{.from = in(memory.scratch), .size = size, .values = values,
                               .moved = moved});
    device_.copy(values, static_cast<const float*>(moved), count * size);
  };
  for (const Slice<float>& array :
       {memory.parameters, memory.first_moment, memory.second_moment}) {
    if (array.count == 0) continue;
    move(in(array) + layer.weights, layer.matrix_size());
    move(in(array) + layer.biases, layer.outputs);
  }
}

// ---- measuring and reading ----

template <Device D>
std::vector<Probe> LayerwiseEngine<D>::probe(const ProbeSpec& spec,
                                             std::span<const NetworkIndex> networks) {
  BatchProbe<D> probe(device_, batch_, plan_->layout, plan_->training, plan_->probe,
                      arena_);
  std::vector<Probe> probes = probe.measure(spec, order_, networks);
  const auto status = downloaded(plan_->training.status);
  const auto final_step = downloaded(plan_->training.final_step);
  for (Probe& result : probes) {
    const std::size_t n = result.network.value();
    const bool training = static_cast<TrainingStatus>(status[n]) == TrainingStatus::training;
    result.step = StepCount(training ? step_ : final_step[n]);
  }
  return probes;
}

template <Device D>
NetworkWeights LayerwiseEngine<D>::download_weights(NetworkIndex index) const {
  const auto network = static_cast<std::int32_t>(index.value());
  const int depth = order_.depth(network);
  const Place place = order_.places().at(index.value());
  const float* base = in(plan_->training.parameters);
  const auto download = [&](std::int64_t offset, std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    device_.download(values.data(), base + offset, count);
    return std::vector<double>(values.begin(), values.end());
  };
  NetworkWeights result;
  for (int l = 1; l <= depth + 1; ++l) {
    const bool is_output = l > depth;
    const Slab& layer = is_output ? plan_->layout.output() : plan_->layout.hidden(l);
    const std::int64_t at = stored_position(place, order_.active_at(is_output ? 1 : l));
    result.weights.push_back(
        download(layer.weights + at * layer.matrix_size(), layer.matrix_size()));
    result.biases.push_back(download(layer.biases + at * layer.outputs, layer.outputs));
  }
  return result;
}

template <Device D>
std::vector<double> LayerwiseEngine<D>::losses(NetworkIndex network) const {
  if (!batch_.record_losses) return {};
  const TrainingMemory& memory = plan_->training;
  std::int64_t count = 0;
  device_.download(&count, in(memory.steps_recorded) + network.value(), 1);
  std::vector<double> values(static_cast<std::size_t>(count));
  device_.download(values.data(),
                   in(memory.step_losses) +
                       static_cast<std::int64_t>(network.value()) * batch_.budget.value(),
                   count);
  return values;
}

// ---- what the parts of a step have in common ----

template <Device D>
ForwardPass<float> LayerwiseEngine<D>::forward_pass(int samples) const {
  ForwardPass<float> pass{.activation = batch_.activation,
                          .precision = batch_.precision,
                          .width = batch_.width,
                          .inputs = batch_.data->inputs,
                          .outputs = batch_.data->outputs,
                          .samples = samples};
  for (int l = 0; l <= order_.greatest_depth() + 1; ++l)
    pass.reaching.push_back(order_.active_at(l));
  return pass;
}

template <Device D>
MutableParameters LayerwiseEngine<D>::mutable_parameters(std::int64_t offset) const {
  const TrainingMemory& memory = plan_->training;
  return {.values = in(memory.parameters) + offset,
          .first = memory.first_moment.count > 0 ? in(memory.first_moment) + offset : nullptr,
          .second = memory.second_moment.count > 0 ? in(memory.second_moment) + offset : nullptr};
}

template <Device D>
OutcomeState LayerwiseEngine<D>::outcome_state() const {
  const TrainingMemory& memory = plan_->training;
  return {.active = in(memory.active),
          .step = in(memory.state),
          .status = in(memory.status),
          .final_step = in(memory.final_step),
          .loss = in(memory.loss),
          .correct = in(memory.correct)};
}

template <Device D>
UpdateRule LayerwiseEngine<D>::update_rule() const {
  const TrainingMemory& memory = plan_->training;
  return {.optimizer = batch_.optimizer,
          .in_product = updates_in_product(batch_),
          .step = in(memory.state),
          .learning_rate = in(memory.learning_rate),
          .momentum = in(memory.momentum)};
}

template <Device D>
MinibatchState LayerwiseEngine<D>::minibatch_state() const {
  const TrainingMemory& memory = plan_->training;
  return {.active = in(memory.active),
          .run_key = in(memory.run_key),
          .step = in(memory.state),
          .order = in(memory.sample_order),
          .samples = batch_.data->samples,
          .minibatch = *batch_.minibatch};
}

template <Device D>
const float* LayerwiseEngine<D>::step_input() const {
  return in(batch_.minibatch ? plan_->training.step_input : plan_->training.input);
}

}  // namespace vnsweep::layerwise
