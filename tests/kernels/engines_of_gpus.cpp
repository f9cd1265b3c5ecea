#include "kernels/cuda/cuda_engine.hpp"
#include "kernels/cuda/device_query.hpp"
#include "tests/kernels/engines_under_test.hpp"

namespace vnsweep::testing {

std::vector<EngineUnderTest> engines_under_test() {
  const CudaAvailability found = query_cuda_devices();
  const DeviceId device = found.devices.empty() ? DeviceId() : found.devices.front().id;
  const auto make = [device](TrainingPath path) { return make_cuda_engine(device, path); };
  return {{.name = "cuda_in_blocks",
           .make = [make] { return make(TrainingPath::in_blocks); },
           .unavailable = found.problem,
           .loss_tolerance = 3e-6},  // CUDA's tanhf and expf are off by up to 2 ulp
          // cuBLAS chooses its kernels by the whole batch.
          {.name = "cuda_layer_by_layer",
           .make = [make] { return make(TrainingPath::layer_by_layer); },
           .unavailable = found.problem,
           .loss_tolerance = 3e-6,
           .bits_are_its_own = false}};
}

}  // namespace vnsweep::testing
