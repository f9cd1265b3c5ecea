#include "tools/gpu/benchmark/eigenvalues.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/random/draws.hpp"
#include "tools/gpu/benchmark/plan.hpp"

namespace vnsweep::benchmark {
namespace {

/// Samples of the probe that the correlations are of.
constexpr int kProbeSamples = 256;

/// Pearson correlations of n nodes over random outputs (n, n). Nodes share a part of their output,
/// as those of deep networks do.
std::vector<double> random_correlation(int n, std::uint64_t key) {
  constexpr double kShared = 0.5;
  const std::vector<float> normals =
      draw_normals({key, 0, Stream::generated_data}, std::int64_t{1} * (n + 1) * kProbeSamples);
  std::vector<std::vector<double>> z(static_cast<std::size_t>(n),
                                     std::vector<double>(kProbeSamples));
  for (std::size_t i = 0; i < z.size(); ++i) {
    for (std::size_t p = 0; p < kProbeSamples; ++p)
      z[i][p] = kShared * normals[p] + normals[(i + 1) * kProbeSamples + p];
    const double mean = std::accumulate(z[i].begin(), z[i].end(), 0.0) / kProbeSamples;
    for (double& value : z[i])
      value -= mean;
    const double norm = std::sqrt(std::inner_product(z[i].begin(), z[i].end(), z[i].begin(), 0.0));
    for (double& value : z[i])
      value /= norm;
  }
  const auto size = static_cast<std::size_t>(n);
  std::vector<double> correlation(size * size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double value = std::inner_product(z[i].begin(), z[i].end(), z[j].begin(), 0.0);
      correlation[i * size + j] = value;
      correlation[j * size + i] = value;
    }
  }
  return correlation;
}

/// `count` matrices on the device, of which few are different: making them takes the host long.
DeviceMemory upload_correlations(const DeviceContext& context, int n, int count) {
  constexpr int kDifferent = 8;
  const std::size_t bytes =
      sizeof(double) * static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
  DeviceMemory memory(context.device(), bytes * static_cast<std::size_t>(count));
  auto* const data = static_cast<std::byte*>(memory.data());
  std::vector<std::vector<double>> different;
  for (int k = 0; k < std::min(kDifferent, count); ++k)
    different.push_back(random_correlation(n, static_cast<std::uint64_t>(k)));
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
    VNS_CHECK_CUDA(cudaMemcpyAsync(data + k * bytes, different[k % different.size()].data(), bytes,
                                   cudaMemcpyHostToDevice, context.stream().get()));
  }
  context.stream().synchronize();
  return memory;
}

template <class T>
std::vector<T> download(const DeviceContext& context, const DeviceMemory& memory) {
  std::vector<T> values(memory.size() / sizeof(T));
  VNS_CHECK_CUDA(cudaMemcpyAsync(values.data(), memory.data(), memory.size(),
                                 cudaMemcpyDeviceToHost, context.stream().get()));
  context.stream().synchronize();
  return values;
}

/// One call's matrices, results and workspaces.
class EigenvalueCall {
 public:
  EigenvalueCall(const DeviceContext& context, int n, int count)
      : context_(context),
        n_(n),
        count_(count),
        original_(upload_correlations(context, n, count)),
        matrices_(context.device(), original_.size()),
        values_(context.device(),
                sizeof(double) * static_cast<std::size_t>(n) * static_cast<std::size_t>(count)),
        info_(context.device(), sizeof(int) * static_cast<std::size_t>(count)) {
    std::size_t device_bytes = 0;
    std::size_t host_bytes = 0;
    VNS_CHECK_CUSOLVER(cusolverDnXsyevBatched_bufferSize(
        context.solver().get(), context.solver().parameters(), CUSOLVER_EIG_MODE_NOVECTOR,
        CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, matrices_.data(), n, CUDA_R_64F, values_.data(),
        CUDA_R_64F, &device_bytes, &host_bytes, count));
    workspace_ = DeviceMemory(context.device(), std::max<std::size_t>(device_bytes, 1));
    host_workspace_.resize(host_bytes);
    workspace_bytes_ = device_bytes;
  }

  /// Seconds of device time.
  double run() {
    VNS_CHECK_CUDA(cudaMemcpyAsync(matrices_.data(), original_.data(), original_.size(),
                                   cudaMemcpyDeviceToDevice, context_.stream().get()));
    // Whatever the call leaves alone must not pass for a result.
    VNS_CHECK_CUDA(cudaMemsetAsync(values_.data(), 0xff, values_.size(), context_.stream().get()));
    VNS_CHECK_CUDA(cudaMemsetAsync(info_.data(), 0xff, info_.size(), context_.stream().get()));
    CudaEvent start(context_.device());
    CudaEvent end(context_.device());
    start.record(context_.stream());
    VNS_CHECK_CUSOLVER(cusolverDnXsyevBatched(
        context_.solver().get(), context_.solver().parameters(), CUSOLVER_EIG_MODE_NOVECTOR,
        CUBLAS_FILL_MODE_LOWER, n_, CUDA_R_64F, matrices_.data(), n_, CUDA_R_64F, values_.data(),
        CUDA_R_64F, workspace_.data(), workspace_bytes_, host_workspace_.data(),
        host_workspace_.size(), static_cast<int*>(info_.data()), count_));
    end.record(context_.stream());
    return 1e-3 * elapsed_milliseconds(start, end);
  }

  /// Takes down how right the results of the last run are.
  void check(EigenvalueResult& result) const {
    const auto info = download<int>(context_, info_);
    const auto failed =
        std::count_if(info.begin(), info.end(), [](int status) { return status != 0; });
    result.failed_matrices = std::max(result.failed_matrices, static_cast<int>(failed));
    const auto values = download<double>(context_, values_);
    for (auto first = values.begin(); first != values.end(); first += n_) {
      // The trace of a correlation matrix is n.
      const double error = std::abs(std::accumulate(first, first + n_, 0.0) - n_) / n_;
      if (!(error <= result.worst_trace_error)) result.worst_trace_error = error;
    }
    result.workspace_bytes = workspace_bytes_;
  }

 private:
  const DeviceContext& context_;
  int n_;
  int count_;
  DeviceMemory original_;  ///< (count, n, n)
  DeviceMemory matrices_;  ///< likewise; destroyed by each call
  DeviceMemory values_;    ///< (count, n)
  DeviceMemory info_;      ///< (count)
  DeviceMemory workspace_;
  std::size_t workspace_bytes_ = 0;
  std::vector<std::byte> host_workspace_;
};

}  // namespace

EigenvalueResult measure_eigenvalues(const DeviceContext& context, int n, int matrices,
                                     const Deadline& deadline) {
  constexpr int kMostRepetitions = 15;
  context.make_current();
  EigenvalueResult result{.n = n, .matrices = matrices};
  EigenvalueCall call(context, n, matrices);
  call.run();  // loads the kernels
  call.check(result);
  const double once = call.run();
  std::vector<double> seconds;
  const int repetitions = repetitions_within(once, deadline.remaining(), kMostRepetitions);
  for (int k = 0; k < repetitions; ++k)
    seconds.push_back(call.run());
  call.check(result);
  result.call_seconds = spread_of(seconds);
  return result;
}

}  // namespace vnsweep::benchmark
