#include "kernels/cpu/double_passes.hpp"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/double_passes.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

#include "kernels/cpu/activation-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<double, kSampleGroup>;

struct Product {
  const double* a;
  const double* bias;
  const double* x;
  int rows;
  int inner;
  int samples;
  double* c;
};

template <int kRows, int kVectors>
HWY_INLINE void multiply_tile(const Product& p, int row, int sample) {
  const D d;
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t samples = p.samples;
  const double* a = p.a + static_cast<std::ptrdiff_t>(row) * p.inner;
  V sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    const V b = hn::Set(d, p.bias == nullptr ? 0.0 : p.bias[row + r]);
    for (V& s : sum[r])
      s = b;
  }
  for (std::ptrdiff_t j = 0; j < p.inner; ++j) {
    V x[kVectors];
    for (int v = 0; v < kVectors; ++v)
      x[v] = hn::Load(d, p.x + j * samples + sample + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const V w = hn::Set(d, a[static_cast<std::ptrdiff_t>(r) * p.inner + j]);
      for (int v = 0; v < kVectors; ++v)
        sum[r][v] = hn::MulAdd(w, x[v], sum[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      hn::Store(sum[r][v], d, p.c + (row + r) * samples + sample + v * lanes);
    }
  }
}

template <int kRows>
HWY_INLINE void multiply_rows(const Product& p, int row) {
  const int lanes = static_cast<int>(hn::Lanes(D()));
  int sample = 0;
  for (; sample + 2 * lanes <= p.samples; sample += 2 * lanes) {
    multiply_tile<kRows, 2>(p, row, sample);
  }
  for (; sample < p.samples; sample += lanes)
    multiply_tile<kRows, 1>(p, row, sample);
}

template <class Phi>
void activate_all(const double* h, std::size_t count, double* x, double* derivative) {
  const D d;
  for (std::size_t k = 0; k < count; k += hn::Lanes(d)) {
    const auto pair = Phi::apply(d, hn::Load(d, h + k));
    hn::Store(pair.x, d, x + k);
    if (derivative != nullptr) hn::Store(pair.derivative, d, derivative + k);
  }
}

/// By the scalar formulas, which libm makes right to the last bits: what a probe calls a live node
/// rests on these, and products take most of its time.
void activate_one_by_one(Activation activation, const double* h, std::size_t count, double* x,
                         double* derivative) {
  for (std::size_t k = 0; k < count; ++k) {
    const double h_k = h[k];  // x may be h
    x[k] = vnsweep::activate(activation, h_k);
    if (derivative != nullptr) derivative[k] = activation_slope(activation, h_k);
  }
}

}  // namespace

void Multiply(const double* a, const double* bias, const double* x, int rows, int inner,
              int samples, double* c) {
  const Product product{a, bias, x, rows, inner, samples, c};
  int row = 0;
  for (; row + 4 <= rows; row += 4)
    multiply_rows<4>(product, row);
  for (; row < rows; ++row)
    multiply_rows<1>(product, row);
}

void Activate(Activation activation, const double* h, std::size_t count, double* x,
              double* derivative) {
  switch (activation) {
    case Activation::linear:
      return activate_all<Linear>(h, count, x, derivative);
    case Activation::tanh:
      return activate_all<Tanh>(h, count, x, derivative);
    case Activation::relu:
      return activate_all<Relu>(h, count, x, derivative);
    case Activation::hardtanh:
      return activate_all<Hardtanh>(h, count, x, derivative);
    case Activation::leaky_relu:
      return activate_all<LeakyRelu>(h, count, x, derivative);
    case Activation::erf:
    case Activation::sigmoid:
    case Activation::gelu:
    case Activation::silu:
      return activate_one_by_one(activation, h, count, x, derivative);
  }
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(Multiply);
HWY_EXPORT(Activate);

void multiply(const double* a, const double* bias, const double* x, int rows, int inner,
              int samples, double* c) {
  HWY_DYNAMIC_DISPATCH(Multiply)(a, bias, x, rows, inner, samples, c);
}
void activate(Activation activation, const double* h, std::size_t count, double* x,
              double* derivative) {
  HWY_DYNAMIC_DISPATCH(Activate)(activation, h, count, x, derivative);
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE
