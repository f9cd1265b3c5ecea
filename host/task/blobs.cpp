#include "host/task/blobs.hpp"

#include <cmath>

#include "host/task/targets.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep {
namespace {

/// (classes, inputs), row-major, of mean square 1.
std::vector<double> draw_centres(const BlobsShape& shape, std::uint64_t key) {
  const std::vector<float> z =
      draw_normals({key, 0, Stream::generated_data}, std::int64_t{shape.classes} * shape.inputs);
  double squares = 0.0;
  for (const double value : z)
    squares += value * value;
  const double rms = std::sqrt(squares / static_cast<double>(z.size()));
  std::vector<double> centres(z.begin(), z.end());
  for (double& value : centres)
    value /= rms;
  return centres;
}

}  // namespace

TrainingData make_blobs(const BlobsShape& shape, std::uint64_t key) {
  const std::vector<double> centres = draw_centres(shape, key);
  TrainingData data{.samples = shape.samples,
                    .inputs = shape.inputs,
                    .outputs = class_outputs(shape.classes),
                    .input = draw_normals({key, 1, Stream::generated_data},
                                          std::int64_t{shape.samples} * shape.inputs)};
  const auto inputs = static_cast<std::size_t>(shape.inputs);
  std::vector<std::int32_t> labels;
  for (int i = 0; i < shape.samples; ++i) {
    const int label = i % shape.classes;
    labels.push_back(label);
    for (std::size_t j = 0; j < inputs; ++j) {
      float& x = data.input[static_cast<std::size_t>(i) * inputs + j];
      const double centre = centres[static_cast<std::size_t>(label) * inputs + j];
      x = static_cast<float>(centre + shape.noise * x);
    }
  }
  data.target = class_targets(labels, shape.classes);
  return data;
}

}  // namespace vnsweep
