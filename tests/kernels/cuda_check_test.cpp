#include "kernels/cuda/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

namespace vnsweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Message of the exception of type `Error` that `act` throws; a failed test if it throws none.
template <class Error>
std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no exception of the expected type";
  return {};
}

constexpr std::array kLost = {cudaErrorContained,           cudaErrorIllegalAddress,
                              cudaErrorLaunchTimeout,       cudaErrorAssert,
                              cudaErrorHardwareStackError,  cudaErrorIllegalInstruction,
                              cudaErrorMisalignedAddress,   cudaErrorInvalidAddressSpace,
                              cudaErrorInvalidPc,           cudaErrorLaunchFailure,
                              cudaErrorTensorMemoryLeak,    cudaErrorMpsClientTerminated,
                              cudaErrorExternalDevice,      cudaErrorECCUncorrectable,
                              cudaErrorNvlinkUncorrectable, cudaErrorDevicesUnavailable,
                              cudaErrorDeviceUninitialized, cudaErrorContextIsDestroyed,
                              cudaErrorMpsRpcFailure,       cudaErrorUnknown};

bool is_lost(int status) {
  for (const cudaError_t lost : kLost) {
    if (status == lost) return true;
  }
  return false;
}

TEST(CudaCheckTest, EveryStatusMeansWhatCudaSaysOfIt) {
  // Beyond the last status, cudaErrorUnknown, there is room for those of later toolkits.
  for (int status = 0; status <= 1100; ++status) {
    CudaFailure expected = CudaFailure::call;
    if (status == cudaErrorMemoryAllocation) expected = CudaFailure::out_of_memory;
    if (is_lost(status)) expected = CudaFailure::device_lost;

    EXPECT_EQ(classify(static_cast<cudaError_t>(status)), expected) << status;
  }
}

TEST(CudaCheckTest, SuccessThrowsNothing) {
  EXPECT_NO_THROW(VNS_CHECK_CUDA(cudaSuccess));
  EXPECT_NO_THROW(VNS_CHECK_CUBLAS(CUBLAS_STATUS_SUCCESS));
  EXPECT_NO_THROW(VNS_CHECK_CUSOLVER(CUSOLVER_STATUS_SUCCESS));
}

TEST(CudaCheckTest, MessageHasCallStatusTextAndPlace) {
  const std::string message = message_of<CudaError>(
      [] { check_cuda(cudaErrorInvalidValue, "cudaMalloc(&p, n)", "kernels/cuda/x.cpp", 12); });

  EXPECT_EQ(message,
            "CUDA: cudaMalloc(&p, n) failed with cudaErrorInvalidValue (invalid argument) at "
            "kernels/cuda/x.cpp:12");
}

TEST(CudaCheckTest, ErrorCarriesCallAndStatus) {
  try {
    check_cuda(cudaErrorInvalidValue, "cudaMalloc(&p, n)", "x.cpp", 12);
    FAIL() << "no exception";
  } catch (const CudaError& error) {
    EXPECT_EQ(error.call(), "cudaMalloc(&p, n)");
    EXPECT_EQ(error.status_name(), "cudaErrorInvalidValue");
  }
}

TEST(CudaCheckTest, MacroRecordsTextAndPlaceOfTheCall) {
  const auto failing_call = [](int) { return cudaErrorInvalidValue; };
  int line = 0;

  const std::string message = message_of<CudaError>([&] {
    line = __LINE__ + 1;
    VNS_CHECK_CUDA(failing_call(1 + 2));
  });

  EXPECT_THAT(message, StartsWith("CUDA: failing_call(1 + 2) failed with"));
  EXPECT_THAT(message, HasSubstr(" at tests/kernels/cuda_check_test.cpp:" + std::to_string(line)));
}

TEST(CudaCheckTest, MacrosEvaluateTheCallOnce) {
  int calls = 0;
  const auto count = [&calls](auto status) {
    ++calls;
    return status;
  };

  VNS_CHECK_CUDA(count(cudaSuccess));
  VNS_CHECK_CUBLAS(count(CUBLAS_STATUS_SUCCESS));
  VNS_CHECK_CUSOLVER(count(CUSOLVER_STATUS_SUCCESS));
  EXPECT_THROW(VNS_CHECK_CUDA(count(cudaErrorInvalidValue)), CudaError);
  VNS_REPORT_CUDA(count(cudaSuccess));

  EXPECT_EQ(calls, 5);
}

TEST(CudaCheckTest, OutOfMemoryKeepsTheWholeMessage) {
  const std::string message = message_of<DeviceOutOfMemory>(
      [] { check_cuda(cudaErrorMemoryAllocation, "cudaMalloc(&p, n)", "x.cpp", 3); });

  EXPECT_EQ(message,
            "CUDA: cudaMalloc(&p, n) failed with cudaErrorMemoryAllocation (out of memory) at "
            "x.cpp:3");
}

TEST(CudaCheckTest, EveryStickyErrorLosesTheDevice) {
  for (const cudaError_t status : kLost) {
    const std::string message =
        message_of<DeviceLost>([status] { check_cuda(status, "launch()", "x.cpp", 3); });

    EXPECT_THAT(message, AllOf(StartsWith("CUDA: launch() failed with "),
                               HasSubstr(cudaGetErrorName(status)), HasSubstr(" at x.cpp:3")));
  }
}

TEST(CudaCheckTest, BlasFailureIsNamed) {
  const std::string message = message_of<CudaError>(
      [] { check_cublas(CUBLAS_STATUS_NOT_SUPPORTED, "cublasGemmEx(...)", "x.cpp", 3); });

  EXPECT_THAT(message, StartsWith("cuBLAS: cublasGemmEx(...) failed with "
                                  "CUBLAS_STATUS_NOT_SUPPORTED ("));
  EXPECT_THAT(message, HasSubstr(") at x.cpp:3"));
}

TEST(CudaCheckTest, SolverFailureIsNamed) {
  const std::string message = message_of<CudaError>(
      [] { check_cusolver(CUSOLVER_STATUS_INVALID_VALUE, "cusolverDnCreate(&s)", "x.cpp", 3); });

  EXPECT_EQ(message,
            "cuSOLVER: cusolverDnCreate(&s) failed with CUSOLVER_STATUS_INVALID_VALUE at x.cpp:3");
}

TEST(CudaCheckTest, SolverStatusWithoutANameKeepsItsNumber) {
  const std::string message = message_of<CudaError>(
      [] { check_cusolver(CUSOLVER_STATUS_IRS_INTERNAL_ERROR, "f()", "x.cpp", 3); });

  EXPECT_THAT(message, HasSubstr("cusolverStatus_t 20"));
}

TEST(CudaCheckTest, LibraryThatCannotAllocateIsOutOfMemory) {
  EXPECT_THROW(check_cublas(CUBLAS_STATUS_ALLOC_FAILED, "f()", "x.cpp", 3), DeviceOutOfMemory);
  EXPECT_THROW(check_cusolver(CUSOLVER_STATUS_ALLOC_FAILED, "f()", "x.cpp", 3), DeviceOutOfMemory);
}

TEST(CudaCheckTest, ReportIsOneLineOnStandardError) {
  testing::internal::CaptureStderr();

  report_cuda(cudaErrorInvalidValue, "cudaFree(p)", "x.cpp", 3);

  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "CUDA: cudaFree(p) failed with cudaErrorInvalidValue (invalid argument) at x.cpp:3\n");
}

TEST(CudaCheckTest, ReportIsSilentAboutLostDevicesAndTheEndOfTheProcess) {
  testing::internal::CaptureStderr();

  report_cuda(cudaSuccess, "cudaFree(p)", "x.cpp", 3);
  report_cuda(cudaErrorIllegalAddress, "cudaFree(p)", "x.cpp", 3);
  report_cuda(cudaErrorCudartUnloading, "cudaFree(p)", "x.cpp", 3);

  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace vnsweep
