// The only file that includes Thrust, which takes a compiler long.
#include <thrust/execution_policy.h>
#include <thrust/partition.h>
#include <thrust/system_error.h>

#include <new>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/partition.hpp"

namespace vnsweep::cuda {
namespace {

struct HasNoFlag {
  const std::int32_t* flags;

  __device__ bool operator()(std::int32_t element) const { return flags[element] == 0; }
};

}  // namespace

int stable_partition(const std::int32_t* elements, int count, const std::int32_t* flags,
                     std::int32_t* out, const CudaStream& stream) {
  VNS_CHECK_CUDA(cudaMemcpyAsync(out, elements, static_cast<std::size_t>(count) * sizeof(*out),
                                 cudaMemcpyDeviceToDevice, stream.get()));
  try {
    const std::int32_t* middle = thrust::stable_partition(thrust::cuda::par.on(stream.get()), out,
                                                          out + count, HasNoFlag{flags});
    return static_cast<int>(middle - out);
  } catch (const thrust::system_error& e) {
    check_cuda(static_cast<cudaError_t>(e.code().value()), "thrust::stable_partition", __FILE__,
               __LINE__);
    throw;
  } catch (const std::bad_alloc& e) {
    throw DeviceOutOfMemory(std::string("CUDA: thrust::stable_partition: ") + e.what());
  }
}

}  // namespace vnsweep::cuda
