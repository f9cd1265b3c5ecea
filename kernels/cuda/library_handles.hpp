#pragma once

#include <cublas_v2.h>
#include <cusolverDn.h>

#include "kernels/cuda/device_handle.hpp"
#include "kernels/cuda/runtime.hpp"

/// Owners of what cuBLAS and cuSOLVER hand out; they keep the rules of runtime.hpp.
namespace vnsweep {

namespace detail {
void destroy_blas(cublasHandle_t blas) noexcept;
void destroy_solver(cusolverDnHandle_t solver) noexcept;
void destroy_solver_parameters(cusolverDnParams_t parameters) noexcept;
}  // namespace detail

/// cuBLAS, bound to a stream: FP32 without TF32 unless a call asks for it, scalars in host memory,
/// and a workspace of its own, so that calls can be captured and replayed.
class BlasHandle {
 public:
  /// @param stream         must outlive the calls
  /// @param compute_major  compute capability of its device, which decides the workspace's size
  /// @throws DeviceOutOfMemory
  BlasHandle(const CudaStream& stream, int compute_major);

  cublasHandle_t get() const { return handle_.get(); }
  DeviceId device() const { return handle_.device(); }
  /// Binds to another stream of the same device. Work that is queued in the old one must be done
  /// before the new one has any: they share the workspace.
  void set_stream(const CudaStream& stream);

 private:
  DeviceMemory workspace_;  // declared first: goes after the handle that uses it
  DeviceHandle<cublasHandle_t, detail::destroy_blas> handle_;
};

/// Dense cuSOLVER, bound to a stream, with the parameters that its 64-bit functions take.
class SolverHandle {
 public:
  /// @param stream  must outlive the calls
  explicit SolverHandle(const CudaStream& stream);

  cusolverDnHandle_t get() const { return handle_.get(); }
  cusolverDnParams_t parameters() const { return parameters_.get(); }
  DeviceId device() const { return handle_.device(); }

 private:
  DeviceHandle<cusolverDnHandle_t, detail::destroy_solver> handle_;
  DeviceHandle<cusolverDnParams_t, detail::destroy_solver_parameters> parameters_;
};

}  // namespace vnsweep
