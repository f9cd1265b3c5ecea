#include "kernels/batched/batched_engine.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/engines_under_test.hpp"
#include "tests/kernels/serial_device.hpp"

namespace vnsweep::testing {

/// `layer_by_layer` and `in_blocks` are the two paths of the engine of GPUs, run on the host; the
/// latter takes the former where networks are too large for it. In `crowded_blocks` many networks
/// share a multiprocessor, so that few of their layers are in its memory at a time.
std::vector<EngineUnderTest> engines_under_test() {
  const auto make = [](TrainingPath path, int multiprocessors = 1000) {
    const auto device = std::make_shared<batched::SerialDeviceRecord>();
    device->block_limits.multiprocessors = multiprocessors;
    return std::make_unique<batched::BatchedEngine<batched::SerialDevice>>(
        batched::SerialDevice(device), path);
  };
  return {{.name = "reference", .make = [] { return std::make_unique<ReferenceEngine>(); }},
          {.name = "cpu", .make = [] { return std::make_unique<CpuEngine>(); }},
          {.name = "layer_by_layer", .make = [make] { return make(TrainingPath::layer_by_layer); }},
          {.name = "in_blocks", .make = [make] { return make(TrainingPath::in_blocks); }},
          {.name = "crowded_blocks", .make = [make] { return make(TrainingPath::in_blocks, 1); }}};
}

}  // namespace vnsweep::testing
