#pragma once

#include <cstdint>

#include "kernels/cuda/runtime.hpp"

namespace vnsweep::cuda {

/// Writes those of `elements` whose flag is 0 to the front of `out` and the others behind, both in
/// their old order. All pointers are the device's.
/// @param flags  indexed by the elements
/// @returns how many are in front, once it is known
/// @throws DeviceOutOfMemory, DeviceLost, CudaError
int stable_partition(const std::int32_t* elements, int count, const std::int32_t* flags,
                     std::int32_t* out, const CudaStream& stream);

}  // namespace vnsweep::cuda
