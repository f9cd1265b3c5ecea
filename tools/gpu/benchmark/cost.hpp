#pragma once

#include <cstdint>
#include <optional>

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

/// Bytes that the layerwise engine moves per parameter at the least: 24 for SGD, 40 for Adam.
double bytes_per_parameter(Optimizer optimizer);

/// Parameter updates per second.
Spread updates_per_second(const TrainingResult& result);
/// Floating-point operations per second.
Spread flop_rate(const TrainingResult& result);
/// Bytes per second, at the least.
Spread byte_rate(const TrainingResult& result);

/// Median of `achieved` as a share of the ceiling's; nothing where there is no ceiling.
std::optional<double> share_of(const Spread& achieved, const std::optional<Spread>& ceiling);

}  // namespace vnsweep::benchmark
