#pragma once

#include <memory>

#include "host/manifest/run_spec.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// 2^16 points are the largest training set that parity makes.
inline constexpr int kMaxParityBits = 16;

int task_samples(const RunSpec& spec);
int task_inputs(const RunSpec& spec);
int task_outputs(const RunSpec& spec);

/// Training set of a task. xor: the four points of {-1, 1}^2, target 1 where the signs differ.
/// parity: all 2^bits points of {-1, 1}^bits, target 1 where the number of +1 is odd. Point p has
/// +1 at input i if bit i of p is set.
std::shared_ptr<const TrainingData> make_training_data(const RunSpec& spec);

}  // namespace vnsweep
