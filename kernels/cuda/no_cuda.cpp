// Stands for the CUDA engine in a build without it, so that nobody else has to tell the two apart.
#include <stdexcept>

#include "kernels/cuda/cuda_engine.hpp"
#include "kernels/cuda/device_query.hpp"

namespace vnsweep {
namespace {

const char* const kProblem =
    "this build has no CUDA engine (it was configured without the CUDA Toolkit); put nvcc on PATH "
    "and configure again with -DVNSWEEP_CUDA=ON";

}  // namespace

CudaAvailability query_cuda_devices() {
  return {{}, kProblem};
}

CudaDeviceInfo describe_cuda_device(DeviceId /*device*/) {
  throw std::runtime_error(kProblem);
}

std::string cuda_version_text() {
  return {};
}

std::unique_ptr<Engine> make_cuda_engine(DeviceId /*device*/, TrainingPath /*path*/,
                                         unsigned /*sharers*/) {
  throw std::runtime_error(kProblem);
}

}  // namespace vnsweep
