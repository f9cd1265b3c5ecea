#include "kernels/cuda/cuda_engine.hpp"
#include "kernels/cuda/device_query.hpp"
#include "tests/kernels/engines_under_test.hpp"

namespace vnsweep::testing {

std::vector<EngineUnderTest> engines_under_test() {
  const CudaAvailability found = query_cuda_devices();
  const DeviceId device = found.devices.empty() ? DeviceId() : found.devices.front().id;
  // cuBLAS chooses its kernels by the whole batch.
  return {{.name = "cuda",
           .make = [device] { return make_cuda_engine(device); },
           .unavailable = found.problem,
           .bits_are_its_own = false}};
}

}  // namespace vnsweep::testing
