#pragma once

#include "kernels/cuda/device_context.hpp"
#include "tools/gpu/benchmark/deadline.hpp"
#include "tools/gpu/benchmark/measurements.hpp"

namespace vnsweep::benchmark {

/// Error of the sum of eigenvalues that is put down to rounding.
inline constexpr double kTraceTolerance = 1e-10;

/// Eigenvalues of `matrices` correlation matrices (n, n) in double, in one call of
/// cusolverDnXsyevBatched, as probes ask for them. Times are the device's own, between events, and
/// do not include the copy that restores the matrices, which the call destroys.
/// @throws DeviceOutOfMemory, DeviceLost, CudaError
EigenvalueResult measure_eigenvalues(const DeviceContext& context, int n, int matrices,
                                     const Deadline& deadline);

}  // namespace vnsweep::benchmark
