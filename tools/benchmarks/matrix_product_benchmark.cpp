// The three products of a layer by OpenBLAS, of the sizes that training has: what there is to beat.
#include <cblas.h>

#include <vector>

#include "kernels/random/draws.hpp"
#include "tools/benchmarks/counters.hpp"

namespace vnsweep::benchmark {
namespace {

/// One layer from N to N nodes, of B samples; random numbers.
struct Layer {
  int width;
  int samples;
  std::vector<float> weights;   ///< W (N, N)
  std::vector<float> output;    ///< x (B, N)
  std::vector<float> delta;     ///< (B, N)
  std::vector<float> product;   ///< (B, N)
  std::vector<float> gradient;  ///< (N, N)

  explicit Layer(const ::benchmark::State& state)
      : width(static_cast<int>(state.range(0))),
        samples(static_cast<int>(state.range(1))),
        weights(normals(width, 0)),
        output(normals(samples, 1)),
        delta(normals(samples, 2)),
        product(output.size()),
        gradient(weights.size()) {}

  std::vector<float> normals(int rows, std::uint32_t tensor) const {
    return draw_normals({0, tensor, Stream::generated_data}, std::int64_t{1} * rows * width);
  }
  double flop() const { return 2.0 * width * width * samples; }
};

/// x W^T
void forward_product(::benchmark::State& state) {
  Layer layer(state);
  const int n = layer.width;
  for ([[maybe_unused]] auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, layer.samples, n, n, 1.0F,
                layer.output.data(), n, layer.weights.data(), n, 0.0F, layer.product.data(), n);
    ::benchmark::ClobberMemory();
  }
  count_flop(state, layer.flop());
}

/// delta W
void input_gradient_product(::benchmark::State& state) {
  Layer layer(state);
  const int n = layer.width;
  for ([[maybe_unused]] auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, layer.samples, n, n, 1.0F,
                layer.delta.data(), n, layer.weights.data(), n, 0.0F, layer.product.data(), n);
    ::benchmark::ClobberMemory();
  }
  count_flop(state, layer.flop());
}

/// delta^T x
void weight_gradient_product(::benchmark::State& state) {
  Layer layer(state);
  const int n = layer.width;
  for ([[maybe_unused]] auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, n, layer.samples, 1.0F,
                layer.delta.data(), n, layer.output.data(), n, 0.0F, layer.gradient.data(), n);
    ::benchmark::ClobberMemory();
  }
  count_flop(state, layer.flop());
}

void shapes(::benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"width", "B"});
  for (const int samples : {4, 128}) {
    for (const int width : {8, 16, 32, 64, 128, 256, 512})
      benchmark->Args({width, samples});
  }
}
BENCHMARK(forward_product)->Apply(shapes);
BENCHMARK(input_gradient_product)->Apply(shapes);
BENCHMARK(weight_gradient_product)->Apply(shapes);

}  // namespace
}  // namespace vnsweep::benchmark
