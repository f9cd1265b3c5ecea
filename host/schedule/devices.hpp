#pragma once

#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/schedule/worker.hpp"

namespace vnsweep {

/// One line of `vnsweep devices`.
struct DeviceDescription {
  std::string name;
  std::string text;
};

std::vector<DeviceDescription> list_devices();

/// A device choice that cannot be met; what() says why and what to do.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Number of processors this process may use.
unsigned available_processors();

/// One engine for `--device`: auto, cpu, reference, cuda...
/// @throws DeviceError
/// @param memory_limit  bytes that one batch may take on a CPU
std::unique_ptr<Engine> make_engine(
    std::string_view device, std::size_t memory_limit = std::numeric_limits<std::size_t>::max());

/// Bytes that each of `workers` CPU workers may take: an equal share of most of the memory that the
/// machine, or the container, has.
std::size_t memory_per_worker(std::size_t workers);

/// The workers for `--device` and `--threads`. Each CPU worker may use an equal share of memory.
/// @param threads  0 for one worker per available processor
/// @throws DeviceError
std::vector<std::unique_ptr<Worker>> make_workers(std::string_view device, unsigned threads);

}  // namespace vnsweep
