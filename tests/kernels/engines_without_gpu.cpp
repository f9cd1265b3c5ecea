#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/layerwise/layerwise_engine.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/engines_under_test.hpp"
#include "tests/kernels/serial_device.hpp"

namespace vnsweep::testing {

/// `layerwise` and `in_blocks` are the two paths of the engine of GPUs, run on the host; the latter
/// takes the former where networks are too large for it.
std::vector<EngineUnderTest> engines_under_test() {
  const auto make = [](TrainingPath path) {
    return std::make_unique<layerwise::LayerwiseEngine<layerwise::SerialDevice>>(
        layerwise::SerialDevice(std::make_shared<layerwise::SerialDeviceRecord>()), path);
  };
  return {{.name = "reference", .make = [] { return std::make_unique<ReferenceEngine>(); }},
          {.name = "cpu", .make = [] { return std::make_unique<CpuEngine>(); }},
          {.name = "layerwise", .make = [make] { return make(TrainingPath::layer_by_layer); }},
          {.name = "in_blocks", .make = [make] { return make(TrainingPath::in_blocks); }}};
}

}  // namespace vnsweep::testing
