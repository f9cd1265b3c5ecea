#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/task/file_data.hpp"
#include "host/task/task_options.hpp"

namespace vnsweep {

/// Features of the named samples, scaled over these samples alone:
///   feature  (x - mean) / deviation of each feature, dividing by the number of samples
///   global   the same with the mean and deviation of all features together
///   unit     (x - least) / (greatest - least), of all features together
///   none     x
/// What does not vary becomes 0. Computed in double, rounded once.
/// @param rows  samples to take, in this order
/// @returns (rows, inputs), row-major
std::vector<float> normalized_features(const FileData& data, std::span<const std::int32_t> rows,
                                       Normalization normalization);

}  // namespace vnsweep
