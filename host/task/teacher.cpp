#include "host/task/teacher.hpp"

#include <cmath>
#include <utility>

#include "host/task/targets.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep {
namespace {

std::vector<float> draw(std::uint64_t key, int tensor, std::int64_t rows, int columns) {
  return draw_normals({key, static_cast<std::uint32_t>(tensor), Stream::generated_data},
                      rows * columns);
}

/// One layer of the teacher. @param x  (samples, inputs)
/// @returns W x, (samples, outputs); both row-major
std::vector<double> apply_layer(const std::vector<double>& x, const std::vector<float>& z,
                                int inputs, int outputs) {
  const auto in = static_cast<std::size_t>(inputs);
  const auto out = static_cast<std::size_t>(outputs);
  const double scale = 1.0 / std::sqrt(inputs);
  std::vector<double> h(x.size() / in * out);
  for (std::size_t s = 0; s < x.size() / in; ++s) {
    for (std::size_t i = 0; i < out; ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < in; ++j)
        sum += z[i * in + j] * x[s * in + j];
      h[s * out + i] = scale * sum;
    }
  }
  return h;
}

std::vector<double> ask_teacher(const TeacherShape& shape, const std::vector<float>& input,
                                std::uint64_t key) {
  std::vector<double> x(input.begin(), input.end());
  int inputs = shape.inputs;
  for (int l = 1; l <= shape.depth; ++l) {
    x = apply_layer(x, draw(key, l, shape.width, inputs), inputs, shape.width);
    for (double& value : x)
      value = std::tanh(value);
    inputs = shape.width;
  }
  return apply_layer(x, draw(key, shape.depth + 1, shape.outputs, inputs), inputs, shape.outputs);
}

}  // namespace

TrainingData make_teacher_data(const TeacherShape& shape, std::uint64_t key) {
  TrainingData data{.samples = shape.samples,
                    .inputs = shape.inputs,
                    .outputs = shape.outputs,
                    .input = draw(key, 0, shape.samples, shape.inputs),
                    .kind = TargetKind::values};
  std::vector<double> answers = ask_teacher(shape, data.input, key);
  standardize(answers, shape.outputs);
  if (shape.noise > 0.0) {
    const std::vector<float> z = draw(key, shape.depth + 2, shape.samples, shape.outputs);
    for (std::size_t e = 0; e < answers.size(); ++e)
      answers[e] += shape.noise * z[e];
    standardize(answers, shape.outputs);
  }
  data.target.assign(answers.begin(), answers.end());
  return data;
}

}  // namespace vnsweep
