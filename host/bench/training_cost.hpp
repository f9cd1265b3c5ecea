#pragma once

#include <cstdint>

#include "kernels/network.hpp"

/// What a training step costs by the count of DESIGN.md section 6.
namespace vnsweep::bench {

/// Inputs d and outputs of the networks that are measured.
inline constexpr int kInputs = 2;
inline constexpr int kOutputs = 1;

/// One point of the benchmark: networks of equal shape, full-batch steps of B samples.
struct TrainingCase {
  int width = 0;
  int depth = 0;
  int samples = 0;  ///< B
  Optimizer optimizer = Optimizer::sgd;
  Activation activation = Activation::tanh;
  unsigned threads = 1;  ///< engines that train side by side
};

/// Weights and biases of one network.
std::int64_t parameters_of(const TrainingCase& shape);

/// Floating-point operations per parameter and step: 6B + 2 for SGD, 6B + 14 for Adam.
/// @throws std::invalid_argument for other optimizers, of which there is no count
double flop_per_parameter(Optimizer optimizer, int samples);

/// Bytes of weights and optimizer state per parameter and step, read and written, if between its
/// passes a step leaves nothing in a nearer memory: weights are read forward, and read and written
/// with the state backward. 12 for SGD, 28 for Adam.
/// @throws std::invalid_argument for other optimizers
double bytes_per_parameter(Optimizer optimizer);

/// Bytes that a step of one network goes through: weights, optimizer state, and of every hidden
/// layer the outputs and derivatives of all samples. It is what one core works on, since the cpu
/// engine makes many steps of one network before it takes the next.
double working_set_bytes(const TrainingCase& shape);

/// Bounds of how many networks one engine gets.
struct SweepSize {
  int least_networks = 1;
  int most_networks = 1;
  double most_bytes = 0.0;  ///< of all of them
  double most_flop = 0.0;   ///< of one step of all of them
};

/// As many networks as the bounds allow, a power of two; the least number goes before the others.
int networks_within(const SweepSize& bounds, const TrainingCase& shape);

}  // namespace vnsweep::bench
