// CUDA's record of the last error, which only a machine with a device keeps.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/device_query.hpp"
#include "tests/kernels/gpu_fixture.hpp"

namespace vnsweep {
namespace {

using GpuCheckTest = GpuTest;

/// A call that fails and is recorded, on a device that goes on working.
cudaError_t failing_call() {
  return cudaMalloc(nullptr, 1);
}

TEST_F(GpuCheckTest, FailureIsNotFoundAgainByALaterCheck) {
  EXPECT_THROW(VNS_CHECK_CUDA(failing_call()), CudaError);

  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

TEST_F(GpuCheckTest, LibraryFailureClearsWhatTheLibraryLeft) {
  ASSERT_NE(failing_call(), cudaSuccess);
  ASSERT_NE(cudaPeekAtLastError(), cudaSuccess);

  EXPECT_THROW(check_cublas(CUBLAS_STATUS_INVALID_VALUE, "f()", "x.cpp", 3), CudaError);

  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

TEST_F(GpuCheckTest, ReportClearsTheRecord) {
  testing::internal::CaptureStderr();

  VNS_REPORT_CUDA(failing_call());

  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

TEST_F(GpuCheckTest, QueryLeavesNoErrorForALaterCheck) {
  static_cast<void>(query_cuda_devices());

  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

}  // namespace
}  // namespace vnsweep
