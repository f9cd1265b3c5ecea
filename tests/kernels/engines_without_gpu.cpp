#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/layerwise/layerwise_engine.hpp"
#include "kernels/layerwise/serial_device.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/engines_under_test.hpp"

namespace vnsweep::testing {

/// `layerwise` is the engine of GPUs, run on the host.
std::vector<EngineUnderTest> engines_under_test() {
  const auto make_layerwise = [] {
    return std::make_unique<layerwise::LayerwiseEngine<layerwise::SerialDevice>>(
        layerwise::SerialDevice(std::make_shared<layerwise::SerialDeviceRecord>()));
  };
  return {{.name = "reference", .make = [] { return std::make_unique<ReferenceEngine>(); }},
          {.name = "cpu", .make = [] { return std::make_unique<CpuEngine>(); }},
          {.name = "layerwise", .make = make_layerwise}};
}

}  // namespace vnsweep::testing
