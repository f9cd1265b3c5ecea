#include "kernels/cuda/check.hpp"

#include <cstddef>
#include <exception>
#include <iostream>

namespace vnsweep {
namespace {

/// A status of any of the libraries, in words.
struct Status {
  std::string_view library;
  std::string name;
  std::string text;  ///< may be empty
};

std::string words(const Status& status) {
  return status.text.empty() ? status.name : status.name + " (" + status.text + ")";
}

std::string describe(const Status& status, std::string_view call, std::string_view file, int line) {
  std::string text(status.library);
  text.append(": ").append(call).append(" failed with ").append(words(status));
  return text.append(" at ").append(file).append(":").append(std::to_string(line));
}

[[noreturn]] void fail(CudaFailure failure, const std::string& message, std::string_view call,
                       const Status& status) {
  switch (failure) {
    case CudaFailure::out_of_memory:
      throw DeviceOutOfMemory(message);
    case CudaFailure::device_lost:
      throw DeviceLost(message);
    case CudaFailure::call:
      break;
  }
  throw CudaError(message, std::string(call), status.name);
}

Status status_of(cudaError_t status) {
  return {"CUDA", cudaGetErrorName(status), cudaGetErrorString(status)};
}

/// What the device says of itself, without waiting for its work.
cudaError_t device_status() {
  const cudaError_t last = cudaPeekAtLastError();
  if (classify(last) != CudaFailure::call) return last;
  // The libraries hold a runtime of their own, whose record of errors is not ours. On a device that
  // is lost every call fails, and this one is allowed while a stream is being captured.
  std::size_t free = 0;
  std::size_t total = 0;
  return cudaMemGetInfo(&free, &total);
}

/// Throws for a failed call of a library.
[[noreturn]] void fail_library(const Status& status, bool allocation_failed, std::string_view call,
                               std::string_view file, int line) {
  const cudaError_t device = device_status();
  static_cast<void>(cudaGetLastError());  // for its effect: clears the record
  std::string message = describe(status, call, file, line);
  const CudaFailure failure = classify(device);
  if (failure == CudaFailure::device_lost) {
    fail(failure, message + "; the device is lost: " + words(status_of(device)), call, status);
  }
  fail(allocation_failed ? CudaFailure::out_of_memory : failure, message, call, status);
}

/// cuSOLVER has no function for it.
std::string name_of(cusolverStatus_t status) {
  switch (status) {
#define VNS_NAME(name) \
  case name:           \
    return #name
    VNS_NAME(CUSOLVER_STATUS_SUCCESS);
    VNS_NAME(CUSOLVER_STATUS_NOT_INITIALIZED);
    VNS_NAME(CUSOLVER_STATUS_ALLOC_FAILED);
    VNS_NAME(CUSOLVER_STATUS_INVALID_VALUE);
    VNS_NAME(CUSOLVER_STATUS_ARCH_MISMATCH);
    VNS_NAME(CUSOLVER_STATUS_MAPPING_ERROR);
    VNS_NAME(CUSOLVER_STATUS_EXECUTION_FAILED);
    VNS_NAME(CUSOLVER_STATUS_INTERNAL_ERROR);
    VNS_NAME(CUSOLVER_STATUS_MATRIX_TYPE_NOT_SUPPORTED);
    VNS_NAME(CUSOLVER_STATUS_NOT_SUPPORTED);
    VNS_NAME(CUSOLVER_STATUS_ZERO_PIVOT);
    VNS_NAME(CUSOLVER_STATUS_INVALID_LICENSE);
    VNS_NAME(CUSOLVER_STATUS_INVALID_WORKSPACE);
#undef VNS_NAME
    default:  // those of the iterative refinement solvers, which nothing here uses
      return "cusolverStatus_t " + std::to_string(static_cast<int>(status));
  }
}

}  // namespace

CudaFailure classify(cudaError_t status) {
  switch (status) {
    case cudaErrorMemoryAllocation:
      return CudaFailure::out_of_memory;

    // After these, says CUDA, the process must end before the device can be used again.
    case cudaErrorContained:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorTensorMemoryLeak:
    case cudaErrorMpsClientTerminated:
    case cudaErrorExternalDevice:
    // Hardware whose results are not to be trusted.
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    // Taken by another process, or gone.
    case cudaErrorDevicesUnavailable:
    case cudaErrorDeviceUninitialized:
    case cudaErrorContextIsDestroyed:
    case cudaErrorMpsRpcFailure:
    // What drivers say when a GPU no longer answers.
    case cudaErrorUnknown:
      return CudaFailure::device_lost;

    default:
      return CudaFailure::call;
  }
}

void check_cuda(cudaError_t status, std::string_view call, std::string_view file, int line) {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // for its effect: clears the record
  const Status words = status_of(status);
  fail(classify(status), describe(words, call, file, line), call, words);
}

void check_cublas(cublasStatus_t status, std::string_view call, std::string_view file, int line) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail_library({"cuBLAS", cublasGetStatusName(status), cublasGetStatusString(status)},
               status == CUBLAS_STATUS_ALLOC_FAILED, call, file, line);
}

void check_cusolver(cusolverStatus_t status, std::string_view call, std::string_view file,
                    int line) {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  fail_library({"cuSOLVER", name_of(status), ""}, status == CUSOLVER_STATUS_ALLOC_FAILED, call,
               file, line);
}

void report_cuda(cudaError_t status, std::string_view call, std::string_view file,
                 int line) noexcept {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // for its effect: clears the record
  if (status == cudaErrorCudartUnloading || classify(status) == CudaFailure::device_lost) return;
  try {
    std::cerr << describe(status_of(status), call, file, line) + '\n';
  } catch (const std::exception&) {
    // Without memory for one line there is nobody to tell.
  }
}

}  // namespace vnsweep
