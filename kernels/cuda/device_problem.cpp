#include "kernels/cuda/device_problem.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace vnsweep {
namespace {

/// What to install for the toolkit of this build, from the compatibility table of CUDA's manual.
std::string driver_advice(int toolkit_version) {
  const int major = toolkit_version / 1000;
  const std::string advice =
      "install a driver that supports CUDA " + std::to_string(major) + " or newer";
  if (major == 12) return advice + " (release 525 or later)";
  if (major == 13) return advice + " (release 580 or later)";
  return advice;
}

std::string status_words(cudaError_t status) {
  return std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status);
}

bool runs_on(std::string_view architecture, int compute_major, int compute_minor) {
  int number = 0;
  const auto [end, error] =
      std::from_chars(architecture.data(), architecture.data() + architecture.size(), number);
  if (error != std::errc()) return true;
  const std::string_view suffix(end, architecture.data() + architecture.size());
  const int major = number / 10;
  const int minor = number % 10;
  const int device = 10 * compute_major + compute_minor;
  if (suffix.starts_with('a')) return device == number;
  const bool same_family = compute_major == major && compute_minor >= minor;
  if (suffix == "-real" || suffix.starts_with('f')) return same_family;
  return device >= number;
}

}  // namespace

std::string version_words(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string explain_no_device(const DeviceSearch& search) {
  if (search.status == cudaErrorInsufficientDriver && search.driver_version == 0) {
    return "there is no NVIDIA driver on this machine, or this process cannot see it; " +
           driver_advice(search.toolkit_version) +
           ", and in a container pass the GPUs on (docker run --gpus all)";
  }
  if (search.status == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver is too old (it supports CUDA " +
           version_words(search.driver_version) + ", this program was built with CUDA " +
           version_words(search.toolkit_version) + "); " + driver_advice(search.toolkit_version);
  }
  const bool found_none = search.status == cudaSuccess || search.status == cudaErrorNoDevice ||
                          search.status == cudaErrorInvalidDevice;
  if (found_none && search.visible_devices) {
    return "no GPU is visible (CUDA_VISIBLE_DEVICES is '" + *search.visible_devices +
           "'); unset it, or let it name GPUs that nvidia-smi -L lists";
  }
  if (found_none) {
    return "the NVIDIA driver finds no GPU; see whether nvidia-smi -L lists one, and in a "
           "container "
           "pass the GPUs on (docker run --gpus all)";
  }
  std::string advice = "see what nvidia-smi and the kernel's log say";
  if (search.status == cudaErrorSystemNotReady) {
    advice = "start the service nvidia-fabricmanager, which machines with NVSwitch need";
  } else if (search.status == cudaErrorSystemDriverMismatch) {
    advice = "restart the machine: the driver was updated while it ran";
  } else if (search.status == cudaErrorUnknown) {
    advice += "; loading the kernel module nvidia_uvm again, or a restart, often helps";
  }
  return "the NVIDIA driver does not start (" + status_words(search.status) + "); " + advice;
}

std::string explain_unsupported(const std::vector<CudaDeviceInfo>& devices,
                                std::string_view architectures) {
  std::string list;
  std::string numbers;
  for (const CudaDeviceInfo& device : devices) {
    const std::string major = std::to_string(device.compute_major);
    const std::string minor = std::to_string(device.compute_minor);
    if (!list.empty()) list += ", ";
    list += "device " + std::to_string(device.id.value()) + ", " + device.name +
            ", has compute capability " + major + "." + minor;
    if (numbers.find(major + minor) != std::string::npos) continue;
    if (!numbers.empty()) numbers += ";";
    numbers += major + minor;
  }
  return "this build has no code for the GPUs here (" + list + "; the build is for " +
         std::string(architectures) + "); configure with -DCMAKE_CUDA_ARCHITECTURES='" + numbers +
         "' and build again";
}

bool has_code_for(std::string_view architectures, int compute_major, int compute_minor) {
  std::istringstream stream{std::string(architectures)};
  for (std::string architecture; stream >> architecture;) {
    if (runs_on(architecture, compute_major, compute_minor)) return true;
  }
  return false;
}

}  // namespace vnsweep
