#include "host/task/task.hpp"

#include "host/plan/run_identity.hpp"
#include "host/task/blobs.hpp"
#include "host/task/data_cache.hpp"
#include "host/task/file_task.hpp"
#include "host/task/parity.hpp"
#include "host/task/spirals.hpp"
#include "host/task/targets.hpp"
#include "host/task/teacher.hpp"

namespace vnsweep {
namespace {

int bits_of(const RunSpec& spec) {
  // xor is parity of two bits: the signs differ where exactly one input is +1.
  return spec.task == TaskKind::parity ? static_cast<int>(spec.bits.value()) : 2;
}

TrainingData make_data(const RunSpec& spec) {
  const TaskOptions& options = *spec.options;
  const std::uint64_t key = data_key(spec);
  switch (spec.task) {
    case TaskKind::spirals:
      return make_spirals(task_samples(spec), options.turns.value(), options.noise.value(), key);
    case TaskKind::blobs:
      return make_blobs({.samples = task_samples(spec),
                         .inputs = task_inputs(spec),
                         .classes = static_cast<int>(options.classes.value()),
                         .noise = options.noise.value()},
                        key);
    case TaskKind::teacher:
      return make_teacher_data({.samples = task_samples(spec),
                                .inputs = task_inputs(spec),
                                .outputs = task_outputs(spec),
                                .width = static_cast<int>(options.teacher_width.value()),
                                .depth = static_cast<int>(options.teacher_depth.value()),
                                .noise = options.noise.value()},
                               key);
    case TaskKind::csv:
    case TaskKind::idx:
      return load_files(spec.task, options, key);
    case TaskKind::xor_gate:
    case TaskKind::parity:
      break;
  }
  return make_parity(bits_of(spec));
}

}  // namespace

bool is_file_task(TaskKind task) {
  return task == TaskKind::csv || task == TaskKind::idx;
}

int task_samples(const RunSpec& spec) {
  const TaskOptions& options = *spec.options;
  switch (spec.task) {
    case TaskKind::xor_gate:
    case TaskKind::parity:
      return 1 << bits_of(spec);
    default:
      return static_cast<int>(options.subset ? *options.subset : options.samples.value());
  }
}

int task_inputs(const RunSpec& spec) {
  switch (spec.task) {
    case TaskKind::xor_gate:
    case TaskKind::parity:
      return bits_of(spec);
    case TaskKind::spirals:
      return 2;
    default:
      return static_cast<int>(spec.options->inputs.value());
  }
}

int task_outputs(const RunSpec& spec) {
  switch (spec.task) {
    case TaskKind::xor_gate:
    case TaskKind::parity:
    case TaskKind::spirals:
      return 1;
    case TaskKind::blobs:
      return class_outputs(static_cast<int>(spec.options->classes.value()));
    default:
      return static_cast<int>(spec.options->outputs.value());
  }
}

TargetKind task_target_kind(const RunSpec& spec) {
  if (spec.task == TaskKind::teacher) return TargetKind::values;
  return spec.options->kind.value_or(TargetKind::labels);
}

void fill_task_defaults(RunSpec& spec) {
  const TaskKind task = spec.task;
  if (task == TaskKind::xor_gate || task == TaskKind::parity) return;
  spec.options.change([task](TaskOptions& o) {
    const auto fill = [](auto& member, auto value) { member = member.value_or(value); };
    fill(o.data_seed, 0);
    if (task == TaskKind::spirals) {
      fill(o.samples, 200);
      fill(o.turns, 1.5);
      fill(o.noise, 0.0);
    } else if (task == TaskKind::blobs) {
      fill(o.samples, 300);
      fill(o.classes, 3);
      fill(o.inputs, 2);
      fill(o.noise, 0.3);
    } else if (task == TaskKind::teacher) {
      fill(o.samples, 256);
      fill(o.inputs, 10);
      fill(o.outputs, 1);
      fill(o.teacher_width, 16);
      fill(o.teacher_depth, 1);
      fill(o.noise, 0.0);
    } else {
      fill(o.normalization, Normalization::feature);
      if (task == TaskKind::csv) fill(o.kind, TargetKind::labels);
    }
  });
}

std::shared_ptr<const TrainingData> training_data_sizes(const RunSpec& spec) {
  return std::make_shared<const TrainingData>(TrainingData{.samples = task_samples(spec),
                                                           .inputs = task_inputs(spec),
                                                           .outputs = task_outputs(spec),
                                                           .kind = task_target_kind(spec)});
}

std::shared_ptr<const TrainingData> make_training_data(const RunSpec& spec) {
  // Room for the 60,000 images of MNIST twice over, or for many small sets.
  constexpr CacheLimits kKept{.bytes = std::size_t{1} << 29, .sets = 1024};
  static DataCache cache(kKept);
  return cache.get(task_text(spec), [&spec] { return make_data(spec); });
}

}  // namespace vnsweep
