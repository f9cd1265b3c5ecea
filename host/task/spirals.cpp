#include "host/task/spirals.hpp"

#include <cmath>
#include <numbers>

#include "host/task/targets.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep {

TrainingData make_spirals(int samples, double turns, double noise, std::uint64_t key) {
  const std::vector<float> z =
      draw_normals({key, 0, Stream::generated_data}, std::int64_t{2} * samples);
  TrainingData data{.samples = samples, .inputs = 2, .outputs = 1};
  std::vector<std::int32_t> labels;
  for (int i = 0; i < samples; ++i) {
    const int label = i % 2;
    const int of_class = (samples + 1 - label) / 2;
    const int number = i / 2;
    const double t = (number + 0.5) / of_class;
    const double radius = std::sqrt(6.0) * t;
    const double angle = std::numbers::pi * (2.0 * turns * t + label);
    const auto at = 2 * static_cast<std::size_t>(i);
    data.input.push_back(static_cast<float>(radius * std::cos(angle) + noise * z[at]));
    data.input.push_back(static_cast<float>(radius * std::sin(angle) + noise * z[at + 1]));
    labels.push_back(label);
  }
  data.target = class_targets(labels, 2);
  return data;
}

}  // namespace vnsweep
