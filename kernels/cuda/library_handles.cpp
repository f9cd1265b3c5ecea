#include "kernels/cuda/library_handles.hpp"

#include <cstddef>
#include <exception>
#include <iostream>

#include "kernels/cuda/check.hpp"

namespace vnsweep {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// Workspace with which cuBLAS is free to choose any algorithm, as its manual recommends.
std::size_t workspace_size(int compute_major) {
  constexpr int kHopper = 9;
  return (compute_major >= kHopper ? 32 : 4) * kMiB;
}

cublasHandle_t create_blas(DeviceId device) {
  const CurrentDevice current(device);
  cublasHandle_t blas = nullptr;
  VNS_CHECK_CUBLAS(cublasCreate(&blas));
  return blas;
}

cusolverDnHandle_t create_solver(DeviceId device) {
  const CurrentDevice current(device);
  cusolverDnHandle_t solver = nullptr;
  VNS_CHECK_CUSOLVER(cusolverDnCreate(&solver));
  return solver;
}

cusolverDnParams_t create_solver_parameters(DeviceId device) {
  const CurrentDevice current(device);
  cusolverDnParams_t parameters = nullptr;
  VNS_CHECK_CUSOLVER(cusolverDnCreateParams(&parameters));
  return parameters;
}

/// For destructors: like report_cuda(), by way of `check`, which throws.
template <class Check>
void report(Check&& check) noexcept {
  try {
    check();
  } catch (const DeviceLost&) {
    // The call that found it has said so.
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
}

}  // namespace

namespace detail {

void destroy_blas(cublasHandle_t blas) noexcept {
  report([blas] { VNS_CHECK_CUBLAS(cublasDestroy(blas)); });
}

void destroy_solver(cusolverDnHandle_t solver) noexcept {
  report([solver] { VNS_CHECK_CUSOLVER(cusolverDnDestroy(solver)); });
}

void destroy_solver_parameters(cusolverDnParams_t parameters) noexcept {
  report([parameters] { VNS_CHECK_CUSOLVER(cusolverDnDestroyParams(parameters)); });
}

}  // namespace detail

BlasHandle::BlasHandle(const CudaStream& stream, int compute_major)
    : workspace_(stream.device(), workspace_size(compute_major)),
      handle_(stream.device(), create_blas(stream.device())) {
  const CurrentDevice current(stream.device());
  VNS_CHECK_CUBLAS(cublasSetMathMode(get(), CUBLAS_DEFAULT_MATH));
  VNS_CHECK_CUBLAS(cublasSetPointerMode(get(), CUBLAS_POINTER_MODE_HOST));
  set_stream(stream);
}

void BlasHandle::set_stream(const CudaStream& stream) {
  VNS_CHECK_CUBLAS(cublasSetStream(get(), stream.get()));
  // cublasSetStream() goes back to a workspace that cuBLAS shares among its handles.
  VNS_CHECK_CUBLAS(cublasSetWorkspace(get(), workspace_.data(), workspace_.size()));
}

SolverHandle::SolverHandle(const CudaStream& stream)
    : handle_(stream.device(), create_solver(stream.device())),
      parameters_(stream.device(), create_solver_parameters(stream.device())) {
  VNS_CHECK_CUSOLVER(cusolverDnSetStream(get(), stream.get()));
}

}  // namespace vnsweep
