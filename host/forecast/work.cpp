#include "host/forecast/work.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/manifest/field.hpp"
#include "host/plan/run_identity.hpp"
#include "host/task/task.hpp"

namespace vnsweep {
namespace {

/// "tanh", "full": a field as a manifest writes it.
std::string word(const RunSpec& spec, const char* section, const char* name) {
  return to_string(find_field(section, name)->get(spec));
}

std::string shape_text(const RunSpec& spec) {
  return fmt::format("width {}, {} inputs, {} outputs", spec.width, task_inputs(spec),
                     task_outputs(spec));
}

std::string training_family(const RunSpec& spec, std::size_t together) {
  return fmt::format(
      "train {}, {} samples, batch {}, success every {}, {}, {}{}, {}, {}, {} together",
      shape_text(spec), task_samples(spec), word(spec, "train", "batch"),
      spec.success_every ? std::to_string(*spec.success_every) : "epoch",
      word(spec, "model", "activation"), word(spec, "train", "optimizer"),
      spec.momentum == 0.0 ? "" : " with momentum", word(spec, "train", "objective"),
      word(spec, "train", "precision"), together);
}

std::string probing_family(const RunSpec& spec) {
  return fmt::format("probe {}, {} samples, {} probe inputs, {} jacobians, {}", shape_text(spec),
                     task_samples(spec), spec.probe_samples, spec.probe_jacobians,
                     word(spec, "model", "activation"));
}

/// Adds one of every few runs, so that the sample is of every cell of the class.
void add_to_sample(RunClass& runs, std::span<const RunSpec> group) {
  const std::size_t wanted = kMostTogether - std::min(kMostTogether, runs.sample.size());
  const std::size_t taken = std::min(wanted, group.size());
  for (std::size_t k = 0; k < taken; ++k)
    runs.sample.push_back(group[k * group.size() / taken]);
}

}  // namespace

std::size_t RunClass::together() const {
  constexpr std::size_t kRounding = 4;
  const std::size_t mean = std::clamp<std::size_t>(runs / groups, 1, kMostTogether);
  return mean < kRounding ? mean : mean / kRounding * kRounding;
}

std::string class_key(const RunSpec& spec) {
  return fmt::format("{} {}", spec_text(batch_key(spec)), spec.depth);
}

RunClasses classify(std::span<const PlannedBatch> batches) {
  RunClasses classes;
  for (const PlannedBatch& batch : batches) {
    const std::string line = spec_text(batch_key(batch.runs.front()));
    // Runs of one depth follow one another.
    for (auto first = batch.runs.begin(); first != batch.runs.end();) {
      const auto last = std::find_if(
          first, batch.runs.end(), [&](const RunSpec& spec) { return spec.depth != first->depth; });
      RunClass& runs = classes[fmt::format("{} {}", line, first->depth)];
      runs.line = line;
      runs.runs += static_cast<std::size_t>(last - first);
      ++runs.groups;
      add_to_sample(runs, {first, last});
      first = last;
    }
  }
  return classes;
}

std::string work_family(WorkKind kind, const RunClass& runs) {
  const RunSpec& spec = runs.spec();
  switch (kind) {
    case WorkKind::initialize:
      return fmt::format("initialize {}, {}", shape_text(spec), word(spec, "model", "init"));
    case WorkKind::train:
      return training_family(spec, runs.together());
    case WorkKind::probe:
      return probing_family(spec);
  }
  return {};
}

double unit_operations(WorkKind kind, const RunSpec& spec) {
  switch (kind) {
    case WorkKind::initialize: {
      constexpr double kDraw = 50.0;  // Philox, logarithm, cosine
      const auto width = static_cast<double>(spec.width);
      // An orthogonal matrix takes a factorization and a product, at a tenth of training's rate.
      const double orthogonal =
          spec.initialization == Initialization::orthogonal ? 30.0 * width * width * width : 0.0;
      return kDraw *
                 static_cast<double>(parameter_count(task_inputs(spec), task_outputs(spec),
                                                     spec.width, static_cast<int>(spec.depth))) +
             static_cast<double>(spec.depth) * orthogonal;
    }
    case WorkKind::train:
      return step_operations(spec);
    case WorkKind::probe:
      return probe_operations(spec);
  }
  return 0.0;
}

std::int64_t probes_made(const RunSpec& spec, std::int64_t steps) {
  const std::int64_t scheduled = spec.probe_every ? steps / *spec.probe_every : 0;
  const bool last_is_scheduled = spec.probe_every ? steps % *spec.probe_every == 0 : steps == 0;
  return 1 + scheduled + (last_is_scheduled ? 0 : 1);
}

double RunCost::seconds(const RunSpec& spec, std::int64_t steps) const {
  return initialize + step * static_cast<double>(steps) +
         probe * static_cast<double>(probes_made(spec, steps));
}

}  // namespace vnsweep
