#pragma once

#include <cstddef>

#include "kernels/cuda/device_query.hpp"
#include "kernels/cuda/library_handles.hpp"
#include "kernels/cuda/runtime.hpp"

namespace vnsweep {

/// What a worker needs of its device, made once and passed to whatever uses the device. One thread
/// at a time, which has called make_current().
class DeviceContext {
 public:
  /// Makes the device current for the calling thread and leaves it so.
  /// @throws DeviceOutOfMemory, DeviceLost, CudaError
  explicit DeviceContext(DeviceId device);

  /// For a thread that did not make this context.
  void make_current() const;

  DeviceId device() const { return info_.id; }
  const CudaDeviceInfo& info() const { return info_; }
  const CudaStream& stream() const { return stream_; }
  const BlasHandle& blas() const { return blas_; }
  const SolverHandle& solver() const { return solver_; }

  /// Bytes of device memory that nobody has taken, which other processes may do at any time.
  std::size_t free_memory() const;

 private:
  CudaDeviceInfo info_;
  CudaStream stream_;  // declared before what is bound to it
  BlasHandle blas_;
  SolverHandle solver_;
};

}  // namespace vnsweep
