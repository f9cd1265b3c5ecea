// What a probe of one layer is made of, in double precision.
#include <algorithm>
#include <span>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/batched_eigenvalues.hpp"
#include "kernels/cpu/correlation.hpp"
#include "kernels/cpu/double_passes.hpp"
#include "kernels/cpu/node_correlation.hpp"
#include "kernels/linear_algebra.hpp"
#include "kernels/random/draws.hpp"
#include "tools/benchmarks/counters.hpp"

namespace vnsweep::benchmark {
namespace {

constexpr int kProbes = 256;

cpu::AlignedBuffer<double> normals(std::int64_t count) {
  const std::vector<float> drawn = draw_normals({0, 0, Stream::generated_data}, count);
  cpu::AlignedBuffer<double> buffer(drawn.size());
  std::copy(drawn.begin(), drawn.end(), buffer.data());
  return buffer;
}

/// Flop of the reduction of a symmetric matrix to a tridiagonal one, which is most of it.
double eigenvalue_flop(double n) {
  return 4.0 / 3.0 * n * n * n;
}

void double_multiply(::benchmark::State& state) {
  const auto width = static_cast<int>(state.range(0));
  const auto weights = normals(std::int64_t{1} * width * width);
  const auto x = normals(std::int64_t{1} * width * kProbes);
  cpu::AlignedBuffer<double> product(x.size());
  for ([[maybe_unused]] auto _ : state) {
    cpu::multiply({weights.data(), width, 1}, nullptr, x.data(), width, width, kProbes,
                  product.data());
    ::benchmark::ClobberMemory();
  }
  count_flop(state, 2.0 * width * width * kProbes);
}
BENCHMARK(double_multiply)->ArgName("width")->RangeMultiplier(2)->Range(8, 512);

void double_activate(::benchmark::State& state, Activation activation) {
  const auto h = normals(kProbes * 16);
  cpu::AlignedBuffer<double> x(h.size());
  cpu::AlignedBuffer<double> derivative(h.size());
  for ([[maybe_unused]] auto _ : state) {
    cpu::activate(activation, h.data(), h.size(), x.data(), derivative.data());
    ::benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(h.size()));
}
BENCHMARK_CAPTURE(double_activate, tanh, Activation::tanh);
BENCHMARK_CAPTURE(double_activate, relu, Activation::relu);
BENCHMARK_CAPTURE(double_activate, gelu, Activation::gelu);

void correlation(::benchmark::State& state) {
  const auto width = static_cast<int>(state.range(0));
  const auto output = normals(std::int64_t{1} * width * kProbes);
  cpu::CorrelationWorkspace workspace;
  LayerProbe probe;
  for ([[maybe_unused]] auto _ : state) {
    cpu::correlation_statistics(output.data(), width, kProbes, kProbes, workspace, probe);
    ::benchmark::DoNotOptimize(probe.vni);
  }
  const double smaller = std::min(width, kProbes);
  const double larger = std::max(width, kProbes);
  count_flop(state, smaller * smaller * larger + eigenvalue_flop(smaller));
}
BENCHMARK(correlation)
    ->ArgName("width")
    ->RangeMultiplier(2)
    ->Range(8, 512)
    ->Unit(::benchmark::kMicrosecond);

/// A matrix like those that a probe meets.
std::vector<double> gram_matrix(int n) {
  const auto z = normals(std::int64_t{1} * n * kProbes);
  std::vector<double> gram(static_cast<std::size_t>(n) * static_cast<std::size_t>(n));
  cpu::gram_of_rows(z.data(), nullptr, n, kProbes, gram.data());
  return gram;
}

void eigenvalues_by_lapack(::benchmark::State& state) {
  const auto n = static_cast<int>(state.range(0));
  const std::vector<double> gram = gram_matrix(n);
  std::vector<double> lower(gram.size());
  for ([[maybe_unused]] auto _ : state) {
    std::copy(gram.begin(), gram.end(), lower.begin());
    ::benchmark::DoNotOptimize(symmetric_eigenvalues(lower, n));
  }
  count_flop(state, eigenvalue_flop(n));
}

void eigenvalues_in_batches(::benchmark::State& state) {
  const auto n = static_cast<int>(state.range(0));
  const std::vector<double> gram = gram_matrix(n);
  const std::vector<cpu::SymmetricMatrix> matrices(cpu::kMatrixBatch, {gram.data(), n});
  std::vector<std::vector<double>> found(matrices.size(),
                                         std::vector<double>(static_cast<std::size_t>(n)));
  const std::vector<std::span<double>> spans(found.begin(), found.end());
  cpu::BatchedEigenvalues solver;
  for ([[maybe_unused]] auto _ : state) {
    solver.solve(matrices, spans);
    ::benchmark::ClobberMemory();
  }
  count_flop(state, cpu::kMatrixBatch * eigenvalue_flop(n));
}

BENCHMARK(eigenvalues_by_lapack)
    ->ArgName("n")
    ->RangeMultiplier(2)
    ->Range(8, 256)
    ->Unit(::benchmark::kMicrosecond);
BENCHMARK(eigenvalues_in_batches)
    ->ArgName("n")
    ->RangeMultiplier(2)
    ->Range(8, 64)
    ->Unit(::benchmark::kMicrosecond);

}  // namespace
}  // namespace vnsweep::benchmark
