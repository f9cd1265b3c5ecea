#include "host/task/targets.hpp"

#include "host/task/scaling.hpp"

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
  const std::vector<Scaling> scalings = standard_scalings(stride, samples, [&](auto visit) {
    for (std::size_t at = 0; at < values.size(); ++at)
      visit(at % stride, values[at]);
  });
  for (std::size_t at = 0; at < values.size(); ++at)
    values[at] = scalings[at % stride].apply(values[at]);
}

}  // namespace vnsweep
