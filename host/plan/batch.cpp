#include "host/plan/batch.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "host/plan/run_identity.hpp"
#include "host/task/task.hpp"

namespace vnsweep {
namespace {

/// Steps of one pass through the training set.
std::int64_t steps_per_epoch(const RunSpec& spec) {
  return spec.minibatch ? task_samples(spec) / *spec.minibatch : 1;
}

double parameters_of(const RunSpec& spec) {
  return static_cast<double>(parameter_count(task_inputs(spec), task_outputs(spec), spec.width,
                                             static_cast<int>(spec.depth)));
}

}  // namespace

RunSpec batch_key(RunSpec spec) {
  spec.depth = 0;
  spec.scale = 0.0;
  spec.bias_scale = 0.0;
  spec.learning_rate = 0.0;
  // With momentum the optimizer has state, without it has none: the arithmetic differs.
  spec.momentum = spec.momentum == 0.0 ? 0.0 : 1.0;
  spec.seed = 0;
  // Where the data are is of no account: they are known by their content.
  if (!spec.options->content.empty()) {
    spec.options.change([](TaskOptions& options) {
      options.file.clear();
      options.images.clear();
      options.labels.clear();
    });
  }
  return spec;
}

std::size_t BatchKeys::number_of(const RunSpec& spec) {
  RunSpec key = batch_key(spec);
  if (last_key_ && *last_key_ == key) return last_number_;
  last_number_ = numbers_.emplace(spec_text(key), numbers_.size()).first->second;
  last_key_ = std::move(key);
  return last_number_;
}

double step_operations(const RunSpec& spec) {
  const auto samples = static_cast<double>(task_samples(spec));
  const double step_samples = spec.minibatch ? static_cast<double>(*spec.minibatch) : samples;
  const double update = spec.optimizer == Optimizer::sgd ? 2.0 : 14.0;
  double per_parameter = 6.0 * step_samples + update;
  if (spec.minibatch) {
    const auto every = static_cast<double>(spec.success_every.value_or(steps_per_epoch(spec)));
    per_parameter += 2.0 * samples / every;
  }
  return parameters_of(spec) * per_parameter;
}

double probe_operations(const RunSpec& spec) {
  // Forward and Gram matrix over the probe inputs, eigenvalues, one backward pass. LAPACK reaches
  // about a tenth of the rate of the training passes on matrices this small.
  const auto samples = static_cast<double>(task_samples(spec));
  const auto width = static_cast<double>(spec.width);
  const auto probe_samples = static_cast<double>(spec.probe_samples);
  const double gram = std::min(width, probe_samples);
  constexpr double kSlowness = 10.0;
  // A Jacobian takes three products of square matrices a layer: one for J, two for its moments.
  const double jacobians = 6.0 * static_cast<double>(spec.probe_jacobians) * width * width * width;
  return parameters_of(spec) * (3.0 * probe_samples + 6.0 * samples) +
         static_cast<double>(spec.depth) * (kSlowness * gram * gram * gram + jacobians);
}

double predicted_cost(const RunSpec& spec) {
  const auto steps = static_cast<double>(spec.steps);
  const double probes =
      2.0 + (spec.probe_every ? steps / static_cast<double>(*spec.probe_every) : 0);
  return steps * step_operations(spec) + probes * probe_operations(spec);
}

PlannedBatch make_batch(std::vector<RunSpec> runs, std::shared_ptr<const TrainingData> data) {
  if (runs.empty()) throw std::logic_error("make_batch: no runs");
  std::stable_sort(runs.begin(), runs.end(),
                   [](const RunSpec& a, const RunSpec& b) { return a.depth > b.depth; });
  const RunSpec& first = runs.front();
  PlannedBatch batch;
  NetworkBatch& networks = batch.networks;
  networks.width = static_cast<int>(first.width);
  networks.activation = first.activation;
  networks.initialization = first.initialization;
  networks.optimizer = first.optimizer;
  networks.objective = first.objective;
  networks.precision = first.precision;
  networks.activation_accuracy = first.activation_accuracy;
  if (first.minibatch) networks.minibatch = static_cast<int>(*first.minibatch);
  networks.budget = StepCount(first.steps);
  networks.success.accuracy = first.success_accuracy;
  networks.success.loss = first.success_loss;
  networks.success.every = StepCount(first.success_every.value_or(steps_per_epoch(first)));
  networks.probe_samples = static_cast<int>(first.probe_samples);
  networks.probe_jacobians = static_cast<int>(first.probe_jacobians);
  networks.data = std::move(data);
  for (const RunSpec& spec : runs) {
    if (batch_key(spec) != batch_key(first)) throw std::logic_error("make_batch: runs differ");
    networks.networks.push_back({.run_key = run_key(spec),
                                 .depth = static_cast<int>(spec.depth),
                                 .scale = spec.scale,
                                 .bias_scale = spec.bias_scale,
                                 .learning_rate = spec.learning_rate,
                                 .momentum = spec.momentum});
    batch.cost += predicted_cost(spec);
  }
  batch.runs = std::move(runs);
  return batch;
}

std::pair<PlannedBatch, PlannedBatch> split_batch(const PlannedBatch& batch, std::size_t runs) {
  const auto middle = batch.runs.begin() + static_cast<std::ptrdiff_t>(runs);
  return {make_batch({batch.runs.begin(), middle}, batch.networks.data),
          make_batch({middle, batch.runs.end()}, batch.networks.data)};
}

ProbeSpec probe_spec(const RunSpec& spec) {
  return {.samples = static_cast<int>(spec.probe_samples),
          .jacobians = static_cast<int>(spec.probe_jacobians)};
}

double total_cost(const RunTable& runs) {
  double total = 0.0;
  std::size_t first = 0;
  for (const std::size_t last : runs.cell_ends()) {
    total += predicted_cost(runs[first]) * static_cast<double>(last - first);
    first = last;
  }
  return total;
}

double total_cost(std::span<const RunSpec> runs) {
  return total_cost(RunTable(runs));
}

}  // namespace vnsweep
