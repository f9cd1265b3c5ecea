#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/batched/device.hpp"
#include "kernels/block/cuda_block.cuh"
#include "kernels/cuda/check.hpp"
#include "kernels/cuda/device_context.hpp"
#include "kernels/cuda/partition.hpp"
#include "kernels/cuda/runtime.hpp"

namespace vnsweep {

namespace cuda {

template <class F>
__global__ void for_each_kernel(std::int64_t items, int size, F f) {
  const int element = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (element >= size) return;
  const std::int64_t stride = std::int64_t{1} * gridDim.y * blockDim.y;
  for (std::int64_t item = std::int64_t{1} * blockIdx.y * blockDim.y + threadIdx.y; item < items;
       item += stride) {
    f(item, element);
  }
}

/// Threads of a program that is compiled for so many, or 0.
template <class Program>
inline constexpr int kThreadsOf = 0;
template <class Program>
requires requires {
  Program::kThreads;
}
inline constexpr int kThreadsOf<Program> = Program::kThreads;

/// Registers are shared out so that so many threads fit a multiprocessor: 128 registers each, or
/// 170 where the threads are known to be few.
template <class Program>
inline constexpr int kMostThreads =
    kThreadsOf<Program> > 0 ? kThreadsOf<Program> : kMostCudaThreads;
template <class Program>
inline constexpr int kLeastBlocks = (kThreadsOf<Program> > 0 ? 384 : 512) / kMostThreads<Program>;

template <class Program>
__global__ void __launch_bounds__(kMostThreads<Program>, kLeastBlocks<Program>)
    for_blocks_kernel(Program program) {
  extern __shared__ float4 scratch[];  // float4 for its alignment
  __shared__ double partial_sums[kPartialSums];
  CudaBlock<kThreadsOf<Program>> block(scratch, partial_sums);
  program(block, std::int64_t{blockIdx.x});
}

}  // namespace cuda

/// What the batched engine needs of a device, on CUDA: one stream, in which everything is done in
/// order. See batched/device.hpp. The device must be current for the calling thread.
class CudaDevice {
 public:
  /// @param context  must outlive the device and everything that it hands out
  /// @param sharers  how many of these share the memory of the GPU
  explicit CudaDevice(const DeviceContext& context, unsigned sharers = 1)
      : context_(&context), sharers_(sharers) {}

  class Memory {
   public:
    Memory(DeviceId device, std::size_t bytes) : memory_(device, bytes) {}
    std::byte* data() { return static_cast<std::byte*>(memory_.data()); }
    std::size_t size() const { return memory_.size(); }

   private:
    DeviceMemory memory_;
  };
  Memory allocate(std::size_t bytes) {
    try {
      return {context_->device(), bytes};
    } catch (const DeviceOutOfMemory& e) {
      throw DeviceOutOfMemory("cuda:" + std::to_string(context_->device().value()) +
                              ": a batch needs " + std::to_string(bytes >> 20) + " MiB (" +
                              std::to_string(context_->free_memory() >> 20) + " MiB are free; " +
                              e.what() + "); use a GPU with more memory, or end what else uses it");
    }
  }

  /// All of the shared memory, whoever else shares the device: networks that stay there gain more
  /// than batches that run side by side.
  batched::BlockLimits block_limits() const {
    const CudaDeviceInfo& info = context_->info();
    return {.multiprocessors = info.multiprocessors,
            .multiprocessor_scratch_bytes = info.multiprocessor_shared_memory,
            .block_scratch_bytes = info.block_shared_memory};
  }

  /// Most of what is free, but no more than a fair share of all; the rest is for graphs, and for
  /// what libraries take for themselves.
  std::size_t memory_limit(std::size_t held) const {
    constexpr double kShare = 0.9;
    const std::size_t fair = context_->info().total_memory / sharers_;
    return static_cast<std::size_t>(
        kShare * static_cast<double>(std::min(context_->free_memory() + held, fair)));
  }

  template <class T>
  void upload(T* to, const T* from, std::int64_t count) {
    transfer(to, from, count, cudaMemcpyHostToDevice);
    synchronize();  // a copy from pageable memory may still be reading it
  }
  template <class T>
  void download(T* to, const T* from, std::int64_t count) {
    transfer(to, from, count, cudaMemcpyDeviceToHost);
    synchronize();
  }
  template <class T>
  void copy(T* to, const T* from, std::int64_t count) {
    transfer(to, from, count, cudaMemcpyDeviceToDevice);
  }
  template <class T>
  void clear(T* data, std::int64_t count) {
    if (count == 0) return;
    VNS_CHECK_CUDA(cudaMemsetAsync(data, 0, static_cast<std::size_t>(count) * sizeof(T), stream()));
  }
  void synchronize() { context_->stream().synchronize(); }

  /// Threads run over elements first, so that neighbours touch neighbouring memory.
  template <class F>
  void for_each(std::int64_t items, int size, const F& f) {
    if (items == 0 || size == 0) return;
    constexpr unsigned kThreads = 256;
    constexpr std::int64_t kMostRows = 65535;  // of a grid
    unsigned columns = 1;
    while (columns < static_cast<unsigned>(size) && columns < kThreads)
      columns *= 2;
    const unsigned rows = kThreads / columns;
    const dim3 grid(
        (static_cast<unsigned>(size) + columns - 1) / columns,
        static_cast<unsigned>(std::min<std::int64_t>((items + rows - 1) / rows, kMostRows)));
    cuda::for_each_kernel<<<grid, dim3(columns, rows), 0, stream()>>>(items, size, f);
    VNS_CHECK_CUDA(cudaGetLastError());
  }

  template <class Program>
  void for_blocks(const batched::BlockLaunch& launch, const Program& program) {
    if (launch.blocks == 0) return;
    // More shared memory than this has to be asked for; what sums use of it counts as well. All
    // that there is, since other threads may be launching the program with other sizes.
    constexpr std::size_t kGivenUnasked = 32 << 10;
    constexpr std::size_t kForSums = kPartialSums * sizeof(double);
    if (launch.scratch_bytes > kGivenUnasked) {
      set_attribute<Program>(cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(context_->info().block_shared_memory - kForSums));
    }
    if (launch.scratch_bytes > 0) {
      set_attribute<Program>(cudaFuncAttributePreferredSharedMemoryCarveout,
                             cudaSharedmemCarveoutMaxShared);
    }
    cuda::for_blocks_kernel<<<static_cast<unsigned>(launch.blocks),
                              static_cast<unsigned>(launch.threads), launch.scratch_bytes,
                              stream()>>>(program);
    VNS_CHECK_CUDA(cudaGetLastError());
  }

  /// cuBLAS is column-major: what is asked for row-major is the product of the transposes there,
  /// C^T = op(B)^T op(A)^T, and a row-major matrix already is its transpose.
  template <class T>
  void multiply(const batched::BatchedProduct<T>& p) {
    constexpr int kMostMatrices = 65535;  // of one call, for all of cuBLAS's kernels
    constexpr cudaDataType kType = std::is_same_v<T, double> ? CUDA_R_64F : CUDA_R_32F;
    const T one = 1;
    for (int first = 0; first < p.count; first += kMostMatrices) {
      VNS_CHECK_CUBLAS(cublasGemmStridedBatchedEx(
          context_->blas().get(), p.b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
          p.a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N, p.columns, p.rows, p.inner, &one,
          p.b.data + first * p.b.stride, kType, p.b.transposed ? p.inner : p.columns, p.b.stride,
          p.a.data + first * p.a.stride, kType, p.a.transposed ? p.rows : p.inner, p.a.stride,
          &p.beta, p.c.data + first * p.c.stride, kType, p.columns, p.c.stride,
          std::min(kMostMatrices, p.count - first), compute_type<T>(p.precision),
          CUBLAS_GEMM_DEFAULT));
    }
  }

  /// As many matrices as cuSOLVER takes at once within a workspace of bounded size. It wants up to
  /// a MiB for each, and takes as long for hundreds as for one.
  batched::EigenvaluePlan plan_eigenvalues(int n, int count) const {
    constexpr std::size_t kShareOfMemory = 32;
    const std::size_t most_bytes =
        std::max(std::size_t{256} << 20, context_->info().total_memory / kShareOfMemory);
    const std::int64_t size = std::int64_t{1} * n * n;
    // cuSOLVER's own limit: n * lda * batch must be a 32-bit integer.
    const std::int64_t most = std::max<std::int64_t>(1, std::numeric_limits<int>::max() / size);
    int matrices = static_cast<int>(std::min<std::int64_t>(count, most));
    while (matrices > 1 && eigenvalue_workspace(n, matrices).device_bytes > most_bytes)
      matrices = (matrices + 1) / 2;
    // Fewer matrices may want more: nothing says that they do not.
    std::size_t bytes = 0;
    for (int fewer = matrices; fewer > 0; fewer /= 2)
      bytes = std::max(bytes, eigenvalue_workspace(n, fewer).device_bytes);
    return {matrices, bytes};
  }

  void eigenvalues(int n, int count, double* matrices, double* values, std::int32_t* info,
                   void* workspace, std::size_t workspace_bytes) {
    const EigenvalueWorkspace needed = eigenvalue_workspace(n, count);
    if (needed.device_bytes > workspace_bytes) {  // of a size that was not asked for in the plan
      if (needed.device_bytes > solver_workspace_.size()) {
        solver_workspace_ = DeviceMemory(context_->device(), needed.device_bytes);
      }
      workspace = solver_workspace_.data();
      workspace_bytes = solver_workspace_.size();
    }
    if (needed.host_bytes > solver_host_workspace_.size()) {
      synchronize();  // an earlier call may still be using it
      solver_host_workspace_.resize(needed.host_bytes);
    }
    VNS_CHECK_CUSOLVER(cusolverDnXsyevBatched(
        context_->solver().get(), context_->solver().parameters(), CUSOLVER_EIG_MODE_NOVECTOR,
        CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, matrices, n, CUDA_R_64F, values, CUDA_R_64F,
        workspace, workspace_bytes, solver_host_workspace_.data(), solver_host_workspace_.size(),
        info, count));
  }

  int stable_partition(const std::int32_t* elements, int count, const std::int32_t* flags,
                       std::int32_t* out) {
    return cuda::stable_partition(elements, count, flags, out, context_->stream());
  }

  template <class Enqueue>
  GraphExecutable record(Enqueue&& enqueue) {
    return capture(context_->stream(), std::forward<Enqueue>(enqueue));
  }
  void replay(const GraphExecutable& recording) { recording.launch(context_->stream()); }

 private:
  struct EigenvalueWorkspace {
    std::size_t device_bytes = 0;
    std::size_t host_bytes = 0;
  };

  EigenvalueWorkspace eigenvalue_workspace(int n, int count) const {
    EigenvalueWorkspace bytes;
    VNS_CHECK_CUSOLVER(cusolverDnXsyevBatched_bufferSize(
        context_->solver().get(), context_->solver().parameters(), CUSOLVER_EIG_MODE_NOVECTOR,
        CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, nullptr, n, CUDA_R_64F, nullptr, CUDA_R_64F,
        &bytes.device_bytes, &bytes.host_bytes, count));
    return bytes;
  }

  template <class T>
  static cublasComputeType_t compute_type(Precision precision) {
    if (std::is_same_v<T, double>) return CUBLAS_COMPUTE_64F;
    return precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  }

  template <class Program>
  static void set_attribute(cudaFuncAttribute attribute, int value) {
    VNS_CHECK_CUDA(cudaFuncSetAttribute(cuda::for_blocks_kernel<Program>, attribute, value));
  }

  template <class T>
  void transfer(T* to, const T* from, std::int64_t count, cudaMemcpyKind kind) {
    if (count == 0) return;
    VNS_CHECK_CUDA(
        cudaMemcpyAsync(to, from, static_cast<std::size_t>(count) * sizeof(T), kind, stream()));
  }

  cudaStream_t stream() const { return context_->stream().get(); }

  const DeviceContext* context_;
  unsigned sharers_;
  DeviceMemory solver_workspace_;
  std::vector<std::byte> solver_host_workspace_;
};
static_assert(batched::Device<CudaDevice>);

}  // namespace vnsweep
