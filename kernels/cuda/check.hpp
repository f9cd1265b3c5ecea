#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "kernels/engine.hpp"

namespace vnsweep {

/// What a failed CUDA call means for whoever uses the device.
enum class CudaFailure {
  call,           ///< this call failed; the device goes on working
  out_of_memory,  ///< a smaller request may succeed
  device_lost     ///< every later call on the device fails as well
};

CudaFailure classify(cudaError_t status);

/// A call of CUDA, cuBLAS or cuSOLVER that failed, with the device still in order.
class CudaError : public std::runtime_error {
 public:
  CudaError(const std::string& message, std::string call, std::string status_name)
      : std::runtime_error(message), call_(std::move(call)), status_name_(std::move(status_name)) {}

  /// Source text of the call.
  const std::string& call() const { return call_; }
  /// Such as cudaErrorInvalidValue or CUBLAS_STATUS_NOT_SUPPORTED.
  const std::string& status_name() const { return status_name_; }

 private:
  std::string call_;
  std::string status_name_;
};

/// Returns if `status` is success. Otherwise throws, with the message
/// "CUDA: <call> failed with <status name> (<text>) at <file>:<line>". CUDA's record of the last
/// error is cleared first, so that no later check of a launch finds it.
/// @throws DeviceOutOfMemory, DeviceLost or CudaError, as classify() says
void check_cuda(cudaError_t status, std::string_view call, std::string_view file, int line);

/// Likewise. Also asks the device whether it is lost, which a library's status does not say.
void check_cublas(cublasStatus_t status, std::string_view call, std::string_view file, int line);
void check_cusolver(cusolverStatus_t status, std::string_view call, std::string_view file,
                    int line);

/// For destructors: a failure is one line on standard error. Says nothing of a device that is lost,
/// which the call that found it has said, nor of the runtime's own end at the end of the process.
void report_cuda(cudaError_t status, std::string_view call, std::string_view file,
                 int line) noexcept;

}  // namespace vnsweep

// Macros only to record the text and place of the call, which is evaluated once.
#define VNS_CHECK_CUDA(call) ::vnsweep::check_cuda((call), #call, __FILE__, __LINE__)
#define VNS_CHECK_CUBLAS(call) ::vnsweep::check_cublas((call), #call, __FILE__, __LINE__)
#define VNS_CHECK_CUSOLVER(call) ::vnsweep::check_cusolver((call), #call, __FILE__, __LINE__)
#define VNS_REPORT_CUDA(call) ::vnsweep::report_cuda((call), #call, __FILE__, __LINE__)
