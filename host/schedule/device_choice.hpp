#pragma once

#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "kernels/cuda/device_query.hpp"
#include "kernels/types.hpp"

namespace vnsweep {

/// A device choice that cannot be met; what() says why and what to do.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What `--device` asks for.
struct DeviceChoice {
  bool reference = false;    ///< the oracle instead of anything else
  unsigned cpu_workers = 0;  ///< threads of the cpu engine, or of the reference
  std::vector<DeviceId> gpus;
  unsigned workers_per_gpu = 1;  ///< batches that each GPU works on at a time

  std::size_t workers() const { return cpu_workers + gpus.size() * workers_per_gpu; }
  bool operator==(const DeviceChoice&) const = default;
};

/// Workers that share a GPU in a sweep unless the user says otherwise. Small batches leave most of
/// a GPU idle, and while one worker reads results or waits for a launch, others keep it busy.
inline constexpr unsigned kWorkersPerGpu = 4;

/// The first worker of a choice, for what is done once.
DeviceChoice first_of(DeviceChoice choice);

/// Reads a choice: auto (every GPU, else the CPU), reference, or a list of cpu, cuda (every GPU)
/// and cuda:K, in which numbers may follow: cuda:0,2,cpu.
/// @param cpu_workers  how many, if the CPU is chosen
/// @throws DeviceError if the text makes no sense or names what is not there
DeviceChoice choose_devices(std::string_view text, unsigned cpu_workers,
                            const CudaAvailability& cuda);

}  // namespace vnsweep
