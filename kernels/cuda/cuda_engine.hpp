#pragma once

#include <memory>

#include "kernels/batched/training_path.hpp"
#include "kernels/engine.hpp"
#include "kernels/types.hpp"

namespace vnsweep {

/// An engine that trains on one CUDA device, as query_cuda_devices() numbers them.
/// @param sharers  engines, this one among them, that share the device's memory
/// @throws std::runtime_error in a build without the CUDA engine
/// @throws DeviceOutOfMemory, DeviceLost
std::unique_ptr<Engine> make_cuda_engine(DeviceId device,
                                         TrainingPath path = TrainingPath::in_blocks,
                                         unsigned sharers = 1);

}  // namespace vnsweep
