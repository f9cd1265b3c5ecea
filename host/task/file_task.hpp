#pragma once

#include <cstdint>

#include "host/task/task_options.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// Reads the task's files and completes the options that follow from them: content, samples,
/// inputs, outputs, and the target's column. What the options have already must be true of the
/// files. Reads nothing if all of it is there: then whoever had the files has described them.
/// @throws DataError
void describe_files(TaskKind task, TaskOptions& options);

/// Training set from files that have been described: a subset, if there is one, of samples drawn
/// without replacement, in the order drawn (the first of draw_permutation from
/// RandomSequence{key, 0, Stream::generated_data}); features scaled over the samples taken; labels
/// as class_targets of all classes in the file; values scaled to mean 0 and variance 1 over the
/// samples taken unless `normalize: none`.
/// @throws DataError also if the content is not the one described
TrainingData load_files(TaskKind task, const TaskOptions& options, std::uint64_t key);

}  // namespace vnsweep
