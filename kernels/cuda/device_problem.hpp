#pragma once

#include <cuda_runtime_api.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/cuda/device_query.hpp"

/// Words for why there is no usable device. Pure functions: tests need no device.
namespace vnsweep {

/// What there is to know when CUDA finds no device.
struct DeviceSearch {
  cudaError_t status = cudaSuccess;  ///< of cudaGetDeviceCount()
  int driver_version = 0;  ///< newest CUDA that the driver supports, 1000 major + 10 minor; 0: none
  int toolkit_version = 0;                     ///< CUDA of this build, likewise
  std::optional<std::string> visible_devices;  ///< value of CUDA_VISIBLE_DEVICES, if it is set
};

/// Why there is no device, and what to do.
std::string explain_no_device(const DeviceSearch& search);

/// Why none of the devices can be used, and what to do.
/// @param devices        none of which has_code_for()
/// @param architectures  that this build has code for, in CMake's notation, separated by spaces
std::string explain_unsupported(const std::vector<CudaDeviceInfo>& devices,
                                std::string_view architectures);

/// Whether code for `architectures` runs on a device of this compute capability.
/// Machine code ("90-real") runs on the same major version from its minor version on, PTX
/// ("90-virtual") on everything from its version on; "90" is both, "90a" runs on 9.0 alone. A word
/// that is no number, such as "native", is taken for a match: CMake resolves it out of sight.
bool has_code_for(std::string_view architectures, int compute_major, int compute_minor);

/// "13.0" for 13000.
std::string version_words(int version);

}  // namespace vnsweep
