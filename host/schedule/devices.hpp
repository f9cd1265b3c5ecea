#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/manifest/run_spec.hpp"
#include "host/schedule/device_choice.hpp"
#include "host/schedule/worker.hpp"
#include "kernels/batched/training_path.hpp"

namespace vnsweep {

/// One line of `vnsweep devices`.
struct DeviceDescription {
  std::string name;
  std::string text;
};

std::vector<DeviceDescription> list_devices();

/// Number of processors this process may use.
unsigned available_processors();

/// Reads `--device` and `--threads` on this machine.
/// @param threads          CPU workers; 0 for one per available processor
/// @param workers_per_gpu  at least 1
/// @throws DeviceError
DeviceChoice choose_devices_here(const std::string& device, unsigned threads,
                                 unsigned workers_per_gpu = 1);

/// An engine, and what results call it.
struct NamedEngine {
  std::unique_ptr<Engine> engine;
  std::string kind;    ///< cpu, cuda or reference
  std::string device;  ///< cpu:0, or cuda:1 and the GPU's UUID
};

/// One engine for each worker of a choice, GPUs with the given way to train. CPU engines share out
/// most of the memory that the machine, or the container, has; workers of a GPU share out its own.
/// @throws DeviceError if a GPU that was chosen cannot be used
std::vector<NamedEngine> make_engines(const DeviceChoice& choice,
                                      TrainingPath path = TrainingPath::in_blocks);

/// @param total_cost  predicted cost of the runs to be made, of which a CPU worker beside GPUs
/// takes
///                    little at a time
std::vector<std::shared_ptr<Worker>> make_workers(std::vector<NamedEngine> engines,
                                                  const DeviceChoice& choice, double total_cost);

/// Only GPUs have the tensor cores that tf32 means, and only processors have accurate activations.
/// @throws DeviceError if a run asks for what one of the devices does not have
void check_precision(const DeviceChoice& choice, std::span<const RunSpec> runs);

}  // namespace vnsweep
