#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/types.hpp"

/// What CUDA can do here. In every build: one without the CUDA engine says so.
namespace vnsweep {

struct CudaDeviceInfo {
  DeviceId id;
  std::string name;
  std::string uuid;  ///< as nvidia-smi -L writes it: GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
  int compute_major = 0;
  int compute_minor = 0;
  int multiprocessors = 0;
  std::size_t total_memory = 0;                  ///< bytes
  std::size_t multiprocessor_shared_memory = 0;  ///< bytes that its blocks have together
  std::size_t block_shared_memory = 0;           ///< bytes that one block can ask for
};

struct CudaAvailability {
  std::vector<CudaDeviceInfo> devices;  ///< that this build has code for
  std::string problem;  ///< why there is none, and what to do; empty if there are devices
};

/// The devices that can be used. Never throws, and does not occupy any device.
CudaAvailability query_cuda_devices();

/// @throws std::runtime_error if there is no such device
CudaDeviceInfo describe_cuda_device(DeviceId device);

/// Such as "toolkit 13.0, runtime 13.0, driver supports 13.0"; empty in a build without CUDA.
std::string cuda_version_text();

}  // namespace vnsweep
