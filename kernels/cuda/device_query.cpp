#include "kernels/cuda/device_query.hpp"

#include <cuda_runtime_api.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "build_info.hpp"
#include "kernels/cuda/check.hpp"
#include "kernels/cuda/device_problem.hpp"

namespace vnsweep {
namespace {

std::string uuid_words(const cudaUUID_t& uuid) {
  std::string words = "GPU";
  for (std::size_t k = 0; k < sizeof(uuid.bytes); ++k) {
    if (k == 0 || k == 4 || k == 6 || k == 8 || k == 10) words += '-';
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(uuid.bytes[k])));
    words += digits.data();
  }
  return words;
}

/// Newest CUDA that the driver supports; 0 without a driver, or without an answer from it.
int driver_version() {
  int version = 0;
  if (cudaDriverGetVersion(&version) == cudaSuccess) return version;
  static_cast<void>(cudaGetLastError());  // for its effect: clears the record
  return 0;
}

CudaAvailability query() {
  DeviceSearch search{.toolkit_version = CUDART_VERSION};
  int count = 0;
  search.status = cudaGetDeviceCount(&count);
  if (search.status != cudaSuccess || count == 0) {
    static_cast<void>(cudaGetLastError());  // for its effect: clears the record
    search.driver_version = driver_version();
    if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
      search.visible_devices = visible;
    }
    return {{}, explain_no_device(search)};
  }

  CudaAvailability found;
  std::vector<CudaDeviceInfo> unsupported;
  for (int k = 0; k < count; ++k) {
    CudaDeviceInfo device = describe_cuda_device(DeviceId(k));
    const bool usable =
        has_code_for(build::kCudaArchitectures, device.compute_major, device.compute_minor);
    (usable ? found.devices : unsupported).push_back(std::move(device));
  }
  if (found.devices.empty()) {
    found.problem = explain_unsupported(unsupported, build::kCudaArchitectures);
  }
  return found;
}

}  // namespace

CudaAvailability query_cuda_devices() {
  try {
    return query();
  } catch (const std::exception& error) {
    return {{}, std::string(error.what()) + "; see what nvidia-smi says"};
  }
}

CudaDeviceInfo describe_cuda_device(DeviceId device) {
  cudaDeviceProp properties{};
  VNS_CHECK_CUDA(cudaGetDeviceProperties(&properties, device.value()));
  return {.id = device,
          .name = properties.name,
          .uuid = uuid_words(properties.uuid),
          .compute_major = properties.major,
          .compute_minor = properties.minor,
          .multiprocessors = properties.multiProcessorCount,
          .total_memory = properties.totalGlobalMem,
          .multiprocessor_shared_memory = properties.sharedMemPerMultiprocessor,
          .block_shared_memory = properties.sharedMemPerBlockOptin};
}

std::string cuda_version_text() {
  int runtime = 0;
  VNS_CHECK_CUDA(cudaRuntimeGetVersion(&runtime));  // a constant of the library: does not fail
  const int driver = driver_version();
  return "toolkit " + version_words(CUDART_VERSION) + ", runtime " + version_words(runtime) +
         (driver == 0 ? ", no driver" : ", driver supports " + version_words(driver));
}

}  // namespace vnsweep
