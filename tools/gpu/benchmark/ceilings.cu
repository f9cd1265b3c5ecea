#include <algorithm>
#include <vector>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/runtime.hpp"
#include "tools/gpu/benchmark/ceilings.hpp"

namespace vnsweep::benchmark {
namespace {

constexpr int kWarmUps = 3;
constexpr int kRepetitions = 15;

/// Independent chains of a thread, enough to hide the latency of one multiply-add.
constexpr int kChains = 8;
/// Multiply-adds of each chain in one round, so that the loop around them costs next to nothing.
constexpr int kUnrolled = 32;

/// x <- factor x + summand, again and again, in registers.
/// @param[out] out  one value per thread, so that the work counts for something
template <class Real>
__global__ void fma_chains(Real factor, Real summand, int rounds, Real* out) {
  Real chain[kChains];
#pragma unroll
  for (int k = 0; k < kChains; ++k)
    chain[k] = static_cast<Real>(threadIdx.x + k);
#pragma unroll 1
  for (int round = 0; round < rounds; ++round) {
#pragma unroll
    for (int u = 0; u < kUnrolled; ++u) {
#pragma unroll
      for (int k = 0; k < kChains; ++k)
        chain[k] = fma(chain[k], factor, summand);
    }
  }
  Real sum = 0;
#pragma unroll
  for (int k = 0; k < kChains; ++k)
    sum += chain[k];
  out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

/// Seconds of device time that the work of `enqueue` takes.
template <class Enqueue>
double device_seconds(const DeviceContext& context, Enqueue&& enqueue) {
  CudaEvent start(context.device());
  CudaEvent end(context.device());
  start.record(context.stream());
  enqueue();
  end.record(context.stream());
  return 1e-3 * elapsed_milliseconds(start, end);
}

template <class Enqueue>
Spread repeat(const DeviceContext& context, Enqueue&& enqueue) {
  for (int k = 0; k < kWarmUps; ++k)
    device_seconds(context, enqueue);
  std::vector<double> seconds;
  for (int k = 0; k < kRepetitions; ++k)
    seconds.push_back(device_seconds(context, enqueue));
  return spread_of(seconds);
}

template <class Real>
Spread measure_fma(const DeviceContext& context) {
  constexpr int kThreads = 256;
  constexpr int kBlocksPerMultiprocessor = 8;
  constexpr double kTargetSeconds = 0.02;
  context.make_current();
  const int blocks = context.info().multiprocessors * kBlocksPerMultiprocessor;
  const DeviceMemory out(context.device(), sizeof(Real) * blocks * kThreads);
  const auto launch = [&](int rounds) {
    fma_chains<Real><<<blocks, kThreads, 0, context.stream().get()>>>(
        static_cast<Real>(0.999), static_cast<Real>(0.001), rounds, static_cast<Real*>(out.data()));
    VNS_CHECK_CUDA(cudaGetLastError());
  };

  constexpr int kTrialRounds = 256;
  launch(kTrialRounds);  // loads the kernel
  const double trial = device_seconds(context, [&] { launch(kTrialRounds); });
  const double wanted = kTrialRounds * kTargetSeconds / std::max(trial, 1e-9);
  const int rounds = static_cast<int>(std::clamp(wanted, 1.0 * kTrialRounds, 1e7));

  const double flop = 2.0 * kChains * kUnrolled * rounds * kThreads * blocks;
  return rate(flop, repeat(context, [&] { launch(rounds); }));
}

}  // namespace

std::size_t copy_size(const DeviceContext& context) {
  constexpr std::size_t kLeast = std::size_t{1} << 30;
  constexpr std::size_t kTimesCache = 8;
  int cache = 0;
  VNS_CHECK_CUDA(cudaDeviceGetAttribute(&cache, cudaDevAttrL2CacheSize, context.device().value()));
  const std::size_t wanted = std::max(kLeast, kTimesCache * static_cast<std::size_t>(cache));
  return std::min(wanted, context.free_memory() / 4);
}

Spread measure_copy(const DeviceContext& context, std::size_t bytes) {
  constexpr int kCopies = 8;  // in one repetition
  context.make_current();
  const DeviceMemory from(context.device(), bytes);
  const DeviceMemory to(context.device(), bytes);
  cudaStream_t stream = context.stream().get();
  VNS_CHECK_CUDA(cudaMemsetAsync(from.data(), 1, bytes, stream));
  const Spread seconds = repeat(context, [&] {
    for (int k = 0; k < kCopies; ++k) {
      VNS_CHECK_CUDA(
          cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice, stream));
    }
  });
  return rate(2.0 * kCopies * static_cast<double>(bytes), seconds);
}

Spread measure_fma_fp32(const DeviceContext& context) {
  return measure_fma<float>(context);
}

Spread measure_fma_fp64(const DeviceContext& context) {
  return measure_fma<double>(context);
}

}  // namespace vnsweep::benchmark
