#include "host/manifest/task_completion.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "host/manifest/task_fields.hpp"
#include "host/task/data_error.hpp"
#include "host/task/file_task.hpp"
#include "host/task/task.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

class TaskCompletion {
 public:
  TaskCompletion(Manifest& manifest, Diagnostics& diagnostics)
      : manifest_(manifest), diagnostics_(diagnostics) {}

  void complete() {
    fill_task_defaults(manifest_.base);
    if (is_file_task(manifest_.base.task)) complete_files();
    const bool is_regression = task_target_kind(manifest_.base) == TargetKind::values;
    if (is_regression && !is_given("train.objective")) {
      manifest_.base.objective = Objective::squared_error;
    }
  }

 private:
  bool is_given(std::string_view field) const { return manifest_.positions.contains(field); }

  void complete_files() {
    bool has_paths = true;
    for (const Field& field : all_fields()) {
      const bool applies =
          field.is_location && !field.tasks.empty() && field.tasks.front() == manifest_.base.task;
      if (applies && !complete_path(field)) has_paths = false;
    }
    if (check_axes() && has_paths) describe();
  }

  /// @returns whether there is one
  bool complete_path(const Field& field) {
    const Value value = field.get(manifest_.base);
    const auto* path = std::get_if<std::string>(&value);
    if (path == nullptr) {
      const std::string name = fmt::format("task.{}", field.name);
      // A path that could not be read has an error of its own.
      if (!is_given(name)) {
        diagnostics_.error(manifest_.position_of("task.name"),
                           fmt::format("the task {} needs `{}`, a path relative to the manifest",
                                       task_name(manifest_.base.task), field.name));
      }
      return false;
    }
    const fs::path folder = fs::path(manifest_.file).parent_path();
    std::error_code status;
    const fs::path absolute = fs::absolute(folder / *path, status);
    const Value located = (status ? folder / *path : absolute).lexically_normal().string();
    field.set(manifest_.base, located);
    return check_stored(field, located, fmt::format("task.{}", field.name));
  }

  /// What is found out must be as fit for the store as what is given.
  bool check_stored(const Field& field, const Value& value, std::string_view blamed) {
    const std::string problem = check_value(field, value);
    if (problem.empty()) return true;
    diagnostics_.error(manifest_.position_of(blamed),
                       fmt::format("{}; found '{}'", problem, to_string(value)));
    return false;
  }

  /// What the files hold cannot vary.
  bool check_axes() {
    bool sound = true;
    const auto check = [&](const Axis& axis) {
      const std::string_view name = axis.field->name;
      const bool is_fact = axis.field->section == "task" &&
                           (name == "samples" || name == "inputs" || name == "outputs");
      if (!is_fact) return;
      sound = false;
      diagnostics_.error(
          axis.position,
          fmt::format("{} is what the files of the task hold and cannot be an axis{}", name,
                      name == "samples" ? "; vary `subset`" : ""));
    };
    for (const AxisGroup& group : manifest_.groups) {
      for (const Axis& axis : group.axes)
        check(axis);
    }
    for (const Inclusion& inclusion : manifest_.inclusions) {
      for (const Axis& axis : inclusion.axes)
        check(axis);
    }
    return sound;
  }

  void describe() {
    try {
      manifest_.base.options.change(
          [&](TaskOptions& options) { describe_files(manifest_.base.task, options); });
      const std::string& target = manifest_.base.options->target;
      if (!target.empty()) check_stored(*find_field("task", "target"), target, "task.file");
    } catch (const DataError& e) {
      const bool is_csv = manifest_.base.task == TaskKind::csv;
      diagnostics_.error(manifest_.position_of(is_csv ? "task.file" : "task.images"), e.what());
    }
  }

  Manifest& manifest_;
  Diagnostics& diagnostics_;
};

}  // namespace

void complete_task(Manifest& manifest, Diagnostics& diagnostics) {
  TaskCompletion(manifest, diagnostics).complete();
}

}  // namespace vnsweep
