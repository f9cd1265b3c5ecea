#include "kernels/cuda/device_context.hpp"

#include "kernels/cuda/check.hpp"

namespace vnsweep {
namespace {

CudaDeviceInfo start(DeviceId device) {
  VNS_CHECK_CUDA(cudaSetDevice(device.value()));
  return describe_cuda_device(device);
}

}  // namespace

DeviceContext::DeviceContext(DeviceId device)
    : info_(start(device)),
      stream_(device),
      blas_(stream_, info_.compute_major),
      solver_(stream_) {}

void DeviceContext::make_current() const {
  VNS_CHECK_CUDA(cudaSetDevice(device().value()));
}

std::size_t DeviceContext::free_memory() const {
  const CurrentDevice current(device());
  std::size_t free = 0;
  std::size_t total = 0;
  VNS_CHECK_CUDA(cudaMemGetInfo(&free, &total));
  return free;
}

}  // namespace vnsweep
