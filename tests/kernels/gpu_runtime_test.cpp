#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/device_context.hpp"
#include "kernels/cuda/runtime.hpp"
#include "tests/kernels/gpu_fixture.hpp"

namespace vnsweep {
namespace {

using testing::ElementsAre;

constexpr std::size_t kMiB = std::size_t{1} << 20;

using GpuRuntimeTest = GpuTest;

int current_device() {
  int device = -1;
  VNS_CHECK_CUDA(cudaGetDevice(&device));
  return device;
}

/// Whether the device still computes: bytes go there and back.
bool works(DeviceId device) {
  const CudaStream stream(device);
  const DeviceMemory memory(device, 64);
  std::array<unsigned char, 64> bytes{};
  VNS_CHECK_CUDA(cudaMemsetAsync(memory.data(), 7, memory.size(), stream.get()));
  VNS_CHECK_CUDA(cudaMemcpyAsync(bytes.data(), memory.data(), memory.size(), cudaMemcpyDeviceToHost,
                                 stream.get()));
  stream.synchronize();
  for (const unsigned char byte : bytes) {
    if (byte != 7) return false;
  }
  return true;
}

TEST_F(GpuRuntimeTest, CurrentDeviceIsRestored) {
  VNS_CHECK_CUDA(cudaSetDevice(device_.value()));

  {
    const CurrentDevice other(last_device_);
    EXPECT_EQ(current_device(), last_device_.value());
  }

  EXPECT_EQ(current_device(), device_.value());
}

TEST_F(GpuRuntimeTest, CurrentDeviceIsRestoredAfterAnException) {
  VNS_CHECK_CUDA(cudaSetDevice(device_.value()));

  EXPECT_THROW(
      {
        const CurrentDevice other(last_device_);
        throw std::runtime_error("in between");
      },
      std::runtime_error);

  EXPECT_EQ(current_device(), device_.value());
}

TEST_F(GpuRuntimeTest, OwnersGoWhileAnotherDeviceIsCurrent) {
  std::optional<CudaStream> stream(std::in_place, device_);
  std::optional<CudaEvent> event(std::in_place, device_);
  std::optional<DeviceMemory> memory(std::in_place, device_, kMiB);
  std::optional<PinnedMemory> pinned(std::in_place, device_, kMiB);
  VNS_CHECK_CUDA(cudaSetDevice(last_device_.value()));
  testing::internal::CaptureStderr();

  stream.reset();
  event.reset();
  memory.reset();
  pinned.reset();

  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(current_device(), last_device_.value());
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

TEST_F(GpuRuntimeTest, OwnersGoInAThreadThatHasNoDevice) {
  std::optional<DeviceMemory> memory(std::in_place, last_device_, kMiB);
  testing::internal::CaptureStderr();

  std::thread([&memory] { memory.reset(); }).join();

  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(works(last_device_));
}

TEST_F(GpuRuntimeTest, MemoryIsGivenBack) {
  const CurrentDevice current(device_);
  const std::size_t share = describe_cuda_device(device_).total_memory / 4;

  // More than the device has, if any of them stayed.
  for (int k = 0; k < 8; ++k) {
    const DeviceMemory memory(device_, share);
    EXPECT_NE(memory.data(), nullptr);
  }

  EXPECT_TRUE(works(device_));
}

TEST_F(GpuRuntimeTest, OutOfMemoryLeavesTheDeviceUsable) {
  const std::size_t too_much = 2 * describe_cuda_device(device_).total_memory;

  EXPECT_THROW((DeviceMemory{device_, too_much}), DeviceOutOfMemory);

  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
  EXPECT_TRUE(works(device_));
}

TEST_F(GpuRuntimeTest, MovedFromMemoryIsEmptyAndCanBeAssignedTo) {
  DeviceMemory source(device_, 2 * kMiB);
  void* const data = source.data();

  DeviceMemory target(std::move(source));

  EXPECT_EQ(source.data(), nullptr);  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(source.size(), 0U);
  EXPECT_EQ(target.data(), data);
  EXPECT_EQ(target.size(), 2 * kMiB);
  source = DeviceMemory(device_, kMiB);
  EXPECT_EQ(source.size(), kMiB);
}

TEST_F(GpuRuntimeTest, AssignmentReleasesWhatWasHeld) {
  const CurrentDevice current(device_);
  const std::size_t share = describe_cuda_device(device_).total_memory / 4;
  DeviceMemory memory;

  for (int k = 0; k < 8; ++k) {
    memory = DeviceMemory();
    memory = DeviceMemory(device_, share);
  }

  EXPECT_EQ(memory.size(), share);
}

TEST_F(GpuRuntimeTest, PinnedMemoryIsReadByTheDevice) {
  const CudaStream stream(device_);
  const PinnedMemory from(device_, 256);
  const PinnedMemory to(device_, 256);
  const DeviceMemory memory(device_, 256);
  std::memset(from.data(), 3, from.size());
  std::memset(to.data(), 0, to.size());

  VNS_CHECK_CUDA(
      cudaMemcpyAsync(memory.data(), from.data(), 256, cudaMemcpyHostToDevice, stream.get()));
  VNS_CHECK_CUDA(
      cudaMemcpyAsync(to.data(), memory.data(), 256, cudaMemcpyDeviceToHost, stream.get()));
  stream.synchronize();

  EXPECT_EQ(std::memcmp(from.data(), to.data(), 256), 0);
}

TEST_F(GpuRuntimeTest, EventsTellTheTimeOfTheWorkBetweenThem) {
  const CudaStream stream(device_);
  const DeviceMemory memory(device_, 64 * kMiB);
  CudaEvent start(device_);
  CudaEvent end(device_);

  start.record(stream);
  VNS_CHECK_CUDA(cudaMemsetAsync(memory.data(), 0, memory.size(), stream.get()));
  end.record(stream);

  EXPECT_GT(elapsed_milliseconds(start, end), 0.0);
}

TEST_F(GpuRuntimeTest, CapturedWorkRunsOnlyWhenItIsLaunched) {
  const CurrentDevice current(device_);
  const CudaStream stream(device_);
  // Each replay moves the bytes one place on: place k becomes 1 at replay k.
  constexpr std::size_t kPlaces = 8;
  const DeviceMemory from(device_, kPlaces);
  const DeviceMemory to(device_, kPlaces);
  auto* const first = static_cast<unsigned char*>(from.data());
  auto* const second = static_cast<unsigned char*>(to.data());
  VNS_CHECK_CUDA(cudaMemsetAsync(first, 0, kPlaces, stream.get()));
  VNS_CHECK_CUDA(cudaMemsetAsync(first, 1, 1, stream.get()));
  const auto bytes = [&] {
    std::vector<int> values;
    std::array<unsigned char, kPlaces> copy{};
    VNS_CHECK_CUDA(
        cudaMemcpyAsync(copy.data(), first, kPlaces, cudaMemcpyDeviceToHost, stream.get()));
    stream.synchronize();
    for (const unsigned char byte : copy)
      values.push_back(byte);
    return values;
  };

  const GraphExecutable graph = capture(stream, [&] {
    VNS_CHECK_CUDA(cudaMemcpyAsync(second, first, kPlaces, cudaMemcpyDeviceToDevice, stream.get()));
    VNS_CHECK_CUDA(
        cudaMemcpyAsync(first + 1, second, kPlaces - 1, cudaMemcpyDeviceToDevice, stream.get()));
  });

  EXPECT_THAT(bytes(), ElementsAre(1, 0, 0, 0, 0, 0, 0, 0));
  for (int k = 0; k < 3; ++k)
    graph.launch(stream);
  EXPECT_THAT(bytes(), ElementsAre(1, 1, 1, 1, 0, 0, 0, 0));
}

TEST_F(GpuRuntimeTest, CaptureThatThrowsLeavesTheStreamUsable) {
  const CurrentDevice current(device_);
  const CudaStream stream(device_);
  const DeviceMemory memory(device_, 64);

  EXPECT_THROW(capture(stream,
                       [&] {
                         VNS_CHECK_CUDA(cudaMemsetAsync(memory.data(), 1, 64, stream.get()));
                         throw std::runtime_error("in between");
                       }),
               std::runtime_error);

  cudaStreamCaptureStatus status = cudaStreamCaptureStatusActive;
  VNS_CHECK_CUDA(cudaStreamIsCapturing(stream.get(), &status));
  EXPECT_EQ(status, cudaStreamCaptureStatusNone);
  EXPECT_NO_THROW(stream.synchronize());
}

TEST_F(GpuRuntimeTest, CaptureBrokenByAForbiddenCallLeavesTheStreamUsable) {
  const CurrentDevice current(device_);
  const CudaStream stream(device_);

  EXPECT_THROW(capture(stream, [&] { stream.synchronize(); }), CudaError);

  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
  EXPECT_NO_THROW(stream.synchronize());
  EXPECT_TRUE(works(device_));
}

using GpuContextTest = GpuTest;

TEST_F(GpuContextTest, KnowsItsDevice) {
  const DeviceContext context(device_);

  EXPECT_EQ(context.device(), device_);
  EXPECT_EQ(context.stream().device(), device_);
  EXPECT_EQ(context.blas().device(), device_);
  EXPECT_EQ(context.solver().device(), device_);
  EXPECT_FALSE(context.info().name.empty());
  EXPECT_EQ(context.info().uuid.size(), std::strlen("GPU-00000000-0000-0000-0000-000000000000"));
  EXPECT_GE(context.info().compute_major, 8);
  EXPECT_GT(context.info().multiprocessors, 0);
  EXPECT_GT(context.free_memory(), 0U);
  EXPECT_LT(context.free_memory(), context.info().total_memory);
}

TEST_F(GpuContextTest, IsUsedByAnotherThreadAfterMakingItCurrent) {
  const DeviceContext context(last_device_);
  int device = -1;

  std::thread([&] {
    context.make_current();
    device = current_device();
  }).join();

  EXPECT_EQ(device, last_device_.value());
}

TEST_F(GpuContextTest, BlasMultipliesInItsStreamInFloat32) {
  const DeviceContext context(device_);
  // 1 + 2^-20 is lost in TF32 and kept in FP32.
  const std::array<float, 4> a = {1.0F + 0x1p-20F, 0.0F, 0.0F, 2.0F};
  const std::array<float, 4> b = {1.0F, 3.0F, 4.0F, 5.0F};
  std::array<float, 4> c{};
  const DeviceMemory memory(device_, sizeof(a) + sizeof(b) + sizeof(c));
  auto* const data = static_cast<float*>(memory.data());
  cudaStream_t stream = context.stream().get();
  VNS_CHECK_CUDA(cudaMemcpyAsync(data, a.data(), sizeof(a), cudaMemcpyHostToDevice, stream));
  VNS_CHECK_CUDA(cudaMemcpyAsync(data + 4, b.data(), sizeof(b), cudaMemcpyHostToDevice, stream));
  const float one = 1.0F;
  const float zero = 0.0F;

  VNS_CHECK_CUBLAS(cublasSgemm(context.blas().get(), CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, data,
                               2, data + 4, 2, &zero, data + 8, 2));
  VNS_CHECK_CUDA(cudaMemcpyAsync(c.data(), data + 8, sizeof(c), cudaMemcpyDeviceToHost, stream));
  context.stream().synchronize();

  // Column-major: C = diag(1 + 2^-20, 2) B.
  EXPECT_THAT(c, ElementsAre(1.0F + 0x1p-20F, 6.0F, 4.0F * (1.0F + 0x1p-20F), 10.0F));
}

TEST_F(GpuContextTest, FailedBlasCallLeavesTheHandleUsable) {
  const DeviceContext context(device_);
  const float one = 1.0F;

  EXPECT_THROW(VNS_CHECK_CUBLAS(cublasSgemm(context.blas().get(), CUBLAS_OP_N, CUBLAS_OP_N, -1, 2,
                                            2, &one, nullptr, 2, nullptr, 2, &one, nullptr, 2)),
               CudaError);

  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
  EXPECT_TRUE(works(device_));
}

TEST_F(GpuContextTest, SolverHasParametersForThe64BitFunctions) {
  const DeviceContext context(device_);
  const DeviceMemory matrix(device_, 4 * sizeof(float));
  const DeviceMemory eigenvalues(device_, 2 * sizeof(float));
  std::size_t on_device = 0;
  std::size_t on_host = 0;

  VNS_CHECK_CUSOLVER(cusolverDnXsyevBatched_bufferSize(
      context.solver().get(), context.solver().parameters(), CUSOLVER_EIG_MODE_NOVECTOR,
      CUBLAS_FILL_MODE_LOWER, 2, CUDA_R_32F, matrix.data(), 2, CUDA_R_32F, eigenvalues.data(),
      CUDA_R_32F, &on_device, &on_host, 1));

  EXPECT_GT(on_device + on_host, 0U);
}

TEST_F(GpuContextTest, MovedContextKeepsItsHandles) {
  DeviceContext source(device_);
  cudaStream_t stream = source.stream().get();

  const DeviceContext target(std::move(source));

  EXPECT_EQ(target.stream().get(), stream);
  EXPECT_GT(target.free_memory(), 0U);
}

}  // namespace
}  // namespace vnsweep
