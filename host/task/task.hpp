#pragma once

#include <cstddef>
#include <memory>

#include "host/manifest/run_spec.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// 2^16 points are the largest training set that parity makes.
inline constexpr int kMaxParityBits = 16;
/// Largest training set, inputs and targets together: 2 GiB of float32.
inline constexpr std::size_t kMaxDataNumbers = std::size_t{1} << 29;

/// Size of a run's training set, known without making it. The run's task is complete.
int task_samples(const RunSpec& spec);
int task_inputs(const RunSpec& spec);
int task_outputs(const RunSpec& spec);
TargetKind task_target_kind(const RunSpec& spec);

/// Whether the task's data come from files of the user.
bool is_file_task(TaskKind task);

/// Fills in what the manifest left out and the task has a default for. README.md lists them.
void fill_task_defaults(RunSpec& spec);

/// The training set's sizes and kind of targets without its numbers, which costs nothing.
std::shared_ptr<const TrainingData> training_data_sizes(const RunSpec& spec);

/// Training set of a run's task; one object for all that train on the same data at a time. The sets
/// used last, up to 512 MiB, are kept for the next that asks. Thread-safe. @throws DataError if a
/// file cannot be read or has changed since it was described
std::shared_ptr<const TrainingData> make_training_data(const RunSpec& spec);

}  // namespace vnsweep
