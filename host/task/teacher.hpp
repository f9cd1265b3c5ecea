#pragma once

#include <cstdint>

#include "kernels/network.hpp"

namespace vnsweep {

struct TeacherShape {
  int samples = 0;
  int inputs = 0;
  int outputs = 0;
  int width = 0;
  int depth = 0;       ///< D, hidden layers
  double noise = 0.0;  ///< standard deviation, where that of the teacher's answers is 1
};

/// Regression on the answers of a random network: tanh layers at their critical scale, no biases.
///   x_0 = z_0,  x_l = tanh(W_l x_{l-1}),  f = W_{D+1} x_D,  W_l = z_l / sqrt(fan_in)
///   y = standardize(standardize(f) + noise z_{D+2})
/// where standardize gives every output mean 0 and variance 1 over the samples, so that a loss of 1
/// is that of the mean. z_0 (samples, inputs), z_l (outputs, inputs of the layer) and z_{D+2}
/// (samples, outputs), row-major, are standard normals of
/// RandomSequence{key, t, Stream::generated_data} with t = 0, l and D + 2. Computed in double.
TrainingData make_teacher_data(const TeacherShape& shape, std::uint64_t key);

}  // namespace vnsweep
