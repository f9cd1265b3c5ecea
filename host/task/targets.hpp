#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vnsweep {

inline constexpr std::size_t kMaxClasses = 65'536;

/// Outputs of a network that tells so many classes apart: one for two of them, else one each.
int class_outputs(int classes);

/// Targets of labelled samples: 0 or 1 for two classes, else one-hot.
/// @param labels  class of each sample, 0..classes-1
/// @returns (samples, class_outputs(classes)), row-major
std::vector<float> class_targets(std::span<const std::int32_t> labels, int classes);

/// Scales every output to mean 0 and variance 1 over the samples (dividing by their number); one
/// that is the same for all samples, or so nearly that its variance underflows, becomes 0. @param
/// values  (samples, outputs), row-major
void standardize(std::vector<double>& values, int outputs);

}  // namespace vnsweep
