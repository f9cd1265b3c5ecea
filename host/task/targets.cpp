#include "host/task/targets.hpp"

#include <cmath>

namespace vnsweep {

int class_outputs(int classes) {
  return classes == 2 ? 1 : classes;
}

std::vector<float> class_targets(std::span<const std::int32_t> labels, int classes) {
  if (classes == 2) return {labels.begin(), labels.end()};
  std::vector<float> targets(labels.size() * static_cast<std::size_t>(classes), 0.0F);
  for (std::size_t s = 0; s < labels.size(); ++s)
    targets[s * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[s])] = 1.0F;
  return targets;
}

void standardize(std::vector<double>& values, int outputs) {
  const auto stride = static_cast<std::size_t>(outputs);
  const std::size_t rows = values.size() / stride;
  const auto samples = static_cast<double>(rows);
  for (std::size_t k = 0; k < stride; ++k) {
    double sum = 0.0;
    bool varies = false;
    for (std::size_t at = k; at < values.size(); at += stride) {
      sum += values[at];
      varies = varies || values[at] != values[k];
    }
    const double mean = sum / samples;
    double squares = 0.0;
    for (std::size_t at = k; at < values.size(); at += stride)
      squares += (values[at] - mean) * (values[at] - mean);
    const double deviation = std::sqrt(squares / samples);
    for (std::size_t at = k; at < values.size(); at += stride)
      values[at] = varies ? (values[at] - mean) / deviation : 0.0;
  }
}

}  // namespace vnsweep
