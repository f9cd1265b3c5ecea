#pragma once

#include <string_view>
#include <vector>

#include "host/manifest/field.hpp"

namespace vnsweep {

/// The task's part of the table of fields.
std::vector<Field> task_fields();

/// The word of a manifest: "spirals".
std::string_view task_name(TaskKind task);

/// What is wrong with a run's task, or with what the run asks of it.
std::vector<SpecProblem> check_task(const RunSpec& spec);

}  // namespace vnsweep
