// Vector activations with their slopes, on data in the first cache.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/random/draws.hpp"
#include "tools/benchmarks/counters.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tools/benchmarks/activation_benchmark.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

#include "kernels/cpu/activation-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {

/// x = phi(h) and phi'(h) of count values, a multiple of 64.
template <class Phi>
void apply_all(const float* h, std::size_t count, float* x, float* derivative) {
  const hn::CappedTag<float, 16> d;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto pair = Phi::apply(d, hn::Load(d, h + i));
    hn::Store(pair.x, d, x + i);
    hn::Store(pair.derivative, d, derivative + i);
  }
}

void ApplyActivation(Activation activation, const float* h, std::size_t count, float* x,
                     float* derivative) {
  switch (activation) {
    case Activation::linear:
      return apply_all<Linear>(h, count, x, derivative);
    case Activation::tanh:
      return apply_all<Tanh>(h, count, x, derivative);
    case Activation::relu:
      return apply_all<Relu>(h, count, x, derivative);
    case Activation::hardtanh:
      return apply_all<Hardtanh>(h, count, x, derivative);
    case Activation::erf:
      return apply_all<Erf>(h, count, x, derivative);
    case Activation::sigmoid:
      return apply_all<Sigmoid>(h, count, x, derivative);
    case Activation::leaky_relu:
      return apply_all<LeakyRelu>(h, count, x, derivative);
    case Activation::gelu:
      return apply_all<Gelu>(h, count, x, derivative);
    case Activation::silu:
      return apply_all<Silu>(h, count, x, derivative);
  }
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(ApplyActivation);

void apply_activation(Activation activation, const float* h, std::size_t count, float* x,
                      float* derivative) {
  HWY_DYNAMIC_DISPATCH(ApplyActivation)(activation, h, count, x, derivative);
}

}  // namespace vnsweep::cpu

namespace vnsweep::benchmark {
namespace {

void activation(::benchmark::State& state, Activation kind) {
  constexpr std::size_t kCount = 2048;
  const std::vector<float> drawn = draw_normals({0, 0, Stream::generated_data}, kCount);
  cpu::AlignedBuffer<float> h(kCount);
  std::copy(drawn.begin(), drawn.end(), h.data());
  cpu::AlignedBuffer<float> x(kCount);
  cpu::AlignedBuffer<float> derivative(kCount);
  for ([[maybe_unused]] auto _ : state) {
    cpu::apply_activation(kind, h.data(), kCount, x.data(), derivative.data());
    ::benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCount));
}
BENCHMARK_CAPTURE(activation, linear, Activation::linear);
BENCHMARK_CAPTURE(activation, tanh, Activation::tanh);
BENCHMARK_CAPTURE(activation, relu, Activation::relu);
BENCHMARK_CAPTURE(activation, hardtanh, Activation::hardtanh);
BENCHMARK_CAPTURE(activation, erf, Activation::erf);
BENCHMARK_CAPTURE(activation, sigmoid, Activation::sigmoid);
BENCHMARK_CAPTURE(activation, leaky_relu, Activation::leaky_relu);
BENCHMARK_CAPTURE(activation, gelu, Activation::gelu);
BENCHMARK_CAPTURE(activation, silu, Activation::silu);

}  // namespace
}  // namespace vnsweep::benchmark
#endif  // HWY_ONCE
