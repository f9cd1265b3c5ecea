#pragma once

#include <cstddef>

#include "kernels/cuda/device_context.hpp"
#include "tools/gpu/benchmark/statistics.hpp"

/// What the device reaches at the most, measured. Times are the device's own, between events.
namespace vnsweep::benchmark {

/// Bytes of one array of the copy: several times the L2 cache, so that it holds none of it.
std::size_t copy_size(const DeviceContext& context);

/// Bytes read and written per second by copies from one array to another.
/// @throws DeviceOutOfMemory, DeviceLost, CudaError
Spread measure_copy(const DeviceContext& context, std::size_t bytes);

/// Floating-point operations per second of fused multiply-adds in registers.
/// @throws DeviceOutOfMemory, DeviceLost, CudaError
Spread measure_fma_fp32(const DeviceContext& context);
Spread measure_fma_fp64(const DeviceContext& context);

}  // namespace vnsweep::benchmark
