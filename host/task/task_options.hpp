#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/network.hpp"

namespace vnsweep {

enum class TaskKind { xor_gate, parity, spirals, blobs, teacher, csv, idx };

/// How the features of a file are scaled. feature: each to zero mean and unit variance. global: the
/// same with one mean and one variance of all. unit: least of all to 0, greatest to 1.
enum class Normalization { none, feature, global, unit };

/// What a task is made from, other than xor and parity. What a task has no use for is empty.
struct TaskOptions {
  std::optional<std::int64_t> samples;  ///< of files: all that they hold
  std::optional<double> turns;
  std::optional<double> noise;
  std::optional<std::int64_t> classes;
  std::optional<std::int64_t> inputs;
  std::optional<std::int64_t> outputs;
  std::optional<std::int64_t> teacher_width;
  std::optional<std::int64_t> teacher_depth;
  std::optional<std::int64_t> data_seed;

  std::string file;    ///< csv: absolute path
  std::string images;  ///< idx: absolute paths
  std::string labels;
  std::string content;  ///< XXH3-128 of each file's bytes, 32 hexadecimal digits, joined by '+'
  std::string target;   ///< csv: name of the target's column
  std::optional<TargetKind> kind;
  std::optional<Normalization> normalization;
  std::optional<std::int64_t> subset;

  bool operator==(const TaskOptions&) const = default;
};

}  // namespace vnsweep
