#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/gpu/benchmark/measurements.hpp"

/// What a training step costs by the count of DESIGN.md section 6: per parameter and step.
namespace vnsweep::benchmark {

/// Inputs and outputs of the networks that are measured.
inline constexpr int kInputs = 16;
inline constexpr int kOutputs = 1;

/// Weights and biases of all networks of a case.
std::int64_t parameters_of(const TrainingCase& shape);

/// Floating-point operations per parameter: 6B + 2 for SGD, 6B + 14 for Adam.
double flop_per_parameter(Optimizer optimizer, int samples);

/// Bytes per parameter that a step layer by layer moves at the least, of weights, gradients and
/// optimizer state: 16 for SGD, whose update is part of a product, and 40 for Adam, whose gradients
/// are written and read in between. In blocks it depends on how many layers stay in shared memory.
std::optional<double> bytes_per_parameter(Optimizer optimizer, TrainingPath path);

/// Parameter updates per second.
Spread updates_per_second(const TrainingResult& result);
/// Floating-point operations per second.
Spread flop_rate(const TrainingResult& result);
/// Bytes per second, at the least; nothing where they are not counted.
std::optional<Spread> byte_rate(const TrainingResult& result);

/// How many times faster than layer by layer a case is trained in blocks, by the medians of the
/// two; nothing unless both are among the results.
std::optional<double> speed_up(const TrainingResult& result,
                               const std::vector<TrainingResult>& results);

/// Median of `achieved` as a share of the ceiling's; nothing where one of them is missing.
std::optional<double> share_of(const std::optional<Spread>& achieved,
                               const std::optional<Spread>& ceiling);

}  // namespace vnsweep::benchmark
