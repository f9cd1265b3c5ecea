#include "host/manifest/task_fields.hpp"

#include <fmt/format.h>

#include <array>

#include "host/manifest/diagnostics.hpp"
#include "host/manifest/field_access.hpp"
#include "host/task/targets.hpp"
#include "host/task/task.hpp"

namespace vnsweep {
namespace {

constexpr std::array<std::string_view, 7> kTasks = {"xor",     "parity", "spirals", "blobs",
                                                    "teacher", "csv",    "idx"};
constexpr std::array<std::string_view, 2> kTargetKinds = {"labels", "values"};
constexpr std::array<std::string_view, 4> kNormalizations = {"none", "feature", "global", "unit"};

const std::vector<TaskKind> kGenerated = {TaskKind::spirals, TaskKind::blobs, TaskKind::teacher};
const std::vector<TaskKind> kFromFiles = {TaskKind::csv, TaskKind::idx};
const std::vector<TaskKind> kSized = {TaskKind::spirals, TaskKind::blobs, TaskKind::teacher,
                                      TaskKind::csv, TaskKind::idx};

constexpr double kMaxSamples = 2147483647.0;  // 2^31 - 1
constexpr double kMaxInputs = kMaxSamples;
constexpr double kMaxTeacherWidth = 1024;
constexpr double kMaxTeacherDepth = 64;
constexpr double kMaxTurns = 1000;
/// Beyond it nothing but noise is left in float32.
constexpr double kMaxNoise = 1e6;
constexpr double kMaxDataSeed = 9.0e18;

void assign(std::optional<std::int64_t>& member, const Value& value) {
  member = integer(value);
}
void assign(std::optional<double>& member, const Value& value) {
  member = real(value);
}
void assign(std::string& member, const Value& value) {
  member = std::get<std::string>(value);
}

/// Completes a field that is a number or a text of TaskOptions.
template <auto kMember>
Field option(Field field) {
  field.section = "task";
  field.get = [](const RunSpec& s) { return optional_value((*s.options).*kMember); };
  field.set = [](RunSpec& s, const Value& v) {
    s.options.change([&](TaskOptions& options) { assign(options.*kMember, v); });
  };
  return field;
}

/// The same of a word.
template <auto kMember, const auto& kWords>
Field word_option(Field field) {
  using Enum = typename std::decay_t<decltype(TaskOptions{}.*kMember)>::value_type;
  field.section = "task";
  field.type = FieldType::word;
  field.words = list(kWords);
  field.get = [](const RunSpec& s) {
    const auto& member = (*s.options).*kMember;
    return member ? word_of(*member, kWords) : Value();
  };
  field.set = [](RunSpec& s, const Value& v) {
    s.options.change([&](TaskOptions& options) { options.*kMember = from_word<Enum>(v, kWords); });
  };
  return field;
}

Field count_field(std::string_view name, double minimum, double maximum,
                  const std::vector<TaskKind>& tasks) {
  return {
      .name = name, .minimum = minimum, .maximum = maximum, .can_be_axis = true, .tasks = tasks};
}

Field real_field(std::string_view name, double maximum, const std::vector<TaskKind>& tasks) {
  return {.name = name,
          .type = FieldType::real,
          .maximum = maximum,
          .can_be_axis = true,
          .tasks = tasks};
}

Field text_field(std::string_view name, const std::vector<TaskKind>& tasks) {
  return {.name = name, .type = FieldType::text, .tasks = tasks};
}

Field path_field(std::string_view name, TaskKind task) {
  return {.name = name, .type = FieldType::text, .is_location = true, .tasks = {task}};
}

/// "spirals, blobs and teacher"
std::string names_of(const std::vector<TaskKind>& tasks) {
  std::string names;
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    if (k > 0) names += k + 1 == tasks.size() ? " and " : ", ";
    names += task_name(tasks[k]);
  }
  return names;
}

void check_fields_belong(const RunSpec& spec, std::vector<SpecProblem>& problems) {
  for (const Field& field : all_fields()) {
    const bool applies = field.tasks.empty() || std::find(field.tasks.begin(), field.tasks.end(),
                                                          spec.task) != field.tasks.end();
    if (applies || std::holds_alternative<std::monostate>(field.get(spec))) continue;
    problems.push_back({fmt::format("task.{}", field.name),
                        fmt::format("{} applies to the task{} {} only, not to {}", field.name,
                                    field.tasks.size() > 1 ? "s" : "", names_of(field.tasks),
                                    task_name(spec.task))});
  }
}

/// The size must make sense before anything is made of it.
void check_size(const RunSpec& spec, std::vector<SpecProblem>& problems) {
  const TaskOptions& options = *spec.options;
  if (spec.task == TaskKind::parity && !spec.bits) {
    problems.push_back(
        {"task.bits", "parity needs `bits`, the number of inputs: {name: parity, bits: 3}"});
    return;
  }
  const bool is_sized = std::find(kSized.begin(), kSized.end(), spec.task) != kSized.end();
  if (!is_sized) return;
  if (options.subset && *options.subset > *options.samples) {
    problems.push_back({"task.subset", fmt::format("subset {} is larger than the data set of {} "
                                                   "samples",
                                                   *options.subset, *options.samples)});
    return;
  }
  const double numbers = static_cast<double>(options.subset.value_or(*options.samples)) *
                         (static_cast<double>(task_inputs(spec)) + task_outputs(spec));
  if (numbers > static_cast<double>(kMaxDataNumbers)) {
    problems.push_back(
        {"task.samples",
         fmt::format(
             "the data set would have {:.3g} numbers (the limit is {}); use "
             "fewer samples{}",
             numbers, kMaxDataNumbers,
             spec.task == TaskKind::csv || spec.task == TaskKind::idx ? ", with `subset`" : "")});
  }
  if (spec.task != TaskKind::teacher) return;
  const double teacher_work = static_cast<double>(*options.samples) *
                              static_cast<double>(parameter_count(
                                  task_inputs(spec), task_outputs(spec), *options.teacher_width,
                                  static_cast<int>(*options.teacher_depth)));
  constexpr double kMaxTeacherWork = 1e11;  // multiplications; minutes of one processor
  if (teacher_work > kMaxTeacherWork) {
    problems.push_back({"task.teacher_width",
                        "the teacher would take minutes to answer for every sample; use fewer "
                        "samples or a smaller teacher"});
  }
}

/// The draw of a subset is all that is random about a file.
void check_data_seed(const RunSpec& spec, std::vector<SpecProblem>& problems) {
  const bool is_of_file = !spec.options->content.empty();
  if (is_of_file && !spec.options->subset && spec.options->data_seed.value_or(0) != 0) {
    problems.push_back(
        {"task.data_seed", "data_seed draws the subset, and there is none; add `subset: n`"});
  }
}

void check_classes(const RunSpec& spec, std::vector<SpecProblem>& problems) {
  const TaskOptions& options = *spec.options;
  const std::int64_t classes = spec.task == TaskKind::spirals ? 2 : options.classes.value_or(1);
  const bool is_generated = spec.task == TaskKind::spirals || spec.task == TaskKind::blobs;
  if (is_generated && *options.samples < classes) {
    problems.push_back({"task.samples", fmt::format("{} samples are too few for {} classes",
                                                    *options.samples, classes)});
  }
}

/// Fields of training that only make sense for one kind of target.
void check_target_kind(const RunSpec& spec, std::vector<SpecProblem>& problems) {
  if (task_target_kind(spec) == TargetKind::labels) return;
  if (spec.objective == Objective::cross_entropy) {
    problems.push_back(
        {"objective", fmt::format("cross_entropy needs classes, and the targets of this {} task "
                                  "are values; did you mean 'squared_error'?",
                                  task_name(spec.task))});
  }
  if (spec.success_accuracy) {
    problems.push_back(
        {"accuracy", fmt::format("accuracy is of classes, and the targets of this {} task are "
                                 "values; use `success: {{loss: ...}}`",
                                 task_name(spec.task))});
  }
}

}  // namespace

std::string_view task_name(TaskKind task) {
  return kTasks[static_cast<std::size_t>(task)];
}

std::vector<Field> task_fields() {
  using T = TaskOptions;
  return {
      {.section = "task",
       .name = "name",
       .type = FieldType::word,
       .words = list(kTasks),
       .required = true,
       .get = [](const RunSpec& s) { return word_of(s.task, kTasks); },
       .set = [](RunSpec& s, const Value& v) { s.task = from_word<TaskKind>(v, kTasks); }},
      {.section = "task",
       .name = "bits",
       .minimum = 1,
       .maximum = kMaxParityBits,
       .can_be_axis = true,
       .tasks = {TaskKind::parity},
       .get = [](const RunSpec& s) { return optional_value(s.bits); },
       .set = [](RunSpec& s, const Value& v) { s.bits = integer(v); }},
      option<&T::samples>(count_field("samples", 1, kMaxSamples, kSized)),
      option<&T::turns>(real_field("turns", kMaxTurns, {TaskKind::spirals})),
      option<&T::classes>(count_field("classes", 2, kMaxClasses, {TaskKind::blobs})),
      option<&T::noise>(real_field("noise", kMaxNoise, kGenerated)),
      option<&T::inputs>(
          count_field("inputs", 1, kMaxInputs,
                      {TaskKind::blobs, TaskKind::teacher, TaskKind::csv, TaskKind::idx})),
      option<&T::outputs>(count_field("outputs", 1, kMaxClasses,
                                      {TaskKind::teacher, TaskKind::csv, TaskKind::idx})),
      option<&T::teacher_width>(
          count_field("teacher_width", 1, kMaxTeacherWidth, {TaskKind::teacher})),
      option<&T::teacher_depth>(
          count_field("teacher_depth", 1, kMaxTeacherDepth, {TaskKind::teacher})),
      option<&T::file>(path_field("file", TaskKind::csv)),
      option<&T::images>(path_field("images", TaskKind::idx)),
      option<&T::labels>(path_field("labels", TaskKind::idx)),
      option<&T::content>(text_field("content", kFromFiles)),
      option<&T::target>(text_field("target", {TaskKind::csv})),
      word_option<&T::kind, kTargetKinds>({.name = "kind", .tasks = {TaskKind::csv}}),
      word_option<&T::normalization, kNormalizations>(
          {.name = "normalize", .can_be_axis = true, .tasks = kFromFiles}),
      option<&T::subset>(count_field("subset", 1, kMaxSamples, kFromFiles)),
      option<&T::data_seed>(count_field("data_seed", 0, kMaxDataSeed, kSized)),
  };
}

std::vector<SpecProblem> check_task(const RunSpec& spec) {
  std::vector<SpecProblem> problems;
  check_fields_belong(spec, problems);
  check_size(spec, problems);
  if (!problems.empty()) return problems;
  check_data_seed(spec, problems);
  check_classes(spec, problems);
  check_target_kind(spec, problems);
  return problems;
}

}  // namespace vnsweep
