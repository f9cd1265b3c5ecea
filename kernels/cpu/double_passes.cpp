#include "kernels/cpu/double_passes.hpp"

#include <algorithm>
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
  StridedMatrix a;
  const double* bias;
  const double* x;
  int rows;
  int inner;
  int samples;
  double* c;
};

/// Sums that are carried at once must hide the latency of additions and fit the registers, of which
/// sets with vectors of 64 bytes have twice as many.
constexpr int kWideVectors = hn::MaxLanes(D()) >= 8 ? 4 : 2;

template <int kRows, int kVectors>
HWY_INLINE void multiply_tile(const Product& p, int row, int sample) {
  const D d;
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t samples = p.samples;
  const double* a = p.a.data + row * p.a.row_step;
  const double* x = p.x + sample;
  V sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    const V b = hn::Set(d, p.bias == nullptr ? 0.0 : p.bias[row + r]);
    for (V& s : sum[r])
      s = b;
  }
  for (int j = 0; j < p.inner; ++j) {
    V x_j[kVectors];
    for (int v = 0; v < kVectors; ++v)
      x_j[v] = hn::Load(d, x + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const V w = hn::Set(d, a[r * p.a.row_step]);
      for (int v = 0; v < kVectors; ++v)
        sum[r][v] = hn::MulAdd(w, x_j[v], sum[r][v]);
    }
    a += p.a.column_step;
    x += samples;
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      hn::Store(sum[r][v], d, p.c + (row + r) * samples + sample + v * lanes);
    }
  }
}

/// All rows of a strip of kVectors vectors of samples, which stays in the cache meanwhile.
template <int kRows, int kVectors>
HWY_INLINE void multiply_strip(const Product& p, int sample) {
  int row = 0;
  for (; row + kRows <= p.rows; row += kRows)
    multiply_tile<kRows, kVectors>(p, row, sample);
  for (; row < p.rows; ++row)
    multiply_tile<1, kVectors>(p, row, sample);
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

void Multiply(const StridedMatrix& a, const double* bias, const double* x, int rows, int inner,
              int samples, double* c) {
  const Product product{a, bias, x, rows, inner, samples, c};
  const int lanes = static_cast<int>(hn::Lanes(D()));
  int sample = 0;
  for (; sample + kWideVectors * lanes <= samples; sample += kWideVectors * lanes)
    multiply_strip<4, kWideVectors>(product, sample);
  for (; sample < samples; sample += lanes)
    multiply_strip<8, 1>(product, sample);
}

double SumOfSquares(const double* a, int nodes, int count, int stride) {
  const D d;
  using V = hn::Vec<D>;
  const int lanes = static_cast<int>(hn::Lanes(d));
  V sum[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  for (int i = 0; i < nodes; ++i) {
    const double* row = a + static_cast<std::ptrdiff_t>(i) * stride;
    int s = 0;
    for (; s + 4 * lanes <= count; s += 4 * lanes) {
      for (int v = 0; v < 4; ++v) {
        const V x = hn::Load(d, row + s + v * lanes);
        sum[v] = hn::MulAdd(x, x, sum[v]);
      }
    }
    for (; s < count; s += lanes) {
      const auto within = hn::FirstN(d, static_cast<std::size_t>(count - s));
      const V x = hn::IfThenElseZero(within, hn::Load(d, row + s));
      sum[0] = hn::MulAdd(x, x, sum[0]);
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]))));
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

void transpose_rows(const float* rows, int count, int nodes, int stride, double* columns) {
  for (int i = 0; i < nodes; ++i) {
    double* column = columns + static_cast<std::ptrdiff_t>(i) * stride;
    for (int s = 0; s < count; ++s)
      column[s] = rows[static_cast<std::ptrdiff_t>(s) * nodes + i];
    std::fill(column + count, column + stride, 0.0);
  }
}

HWY_EXPORT(Multiply);
HWY_EXPORT(SumOfSquares);
HWY_EXPORT(Activate);

void multiply(const StridedMatrix& a, const double* bias, const double* x, int rows, int inner,
              int samples, double* c) {
  HWY_DYNAMIC_DISPATCH(Multiply)(a, bias, x, rows, inner, samples, c);
}
double sum_of_squares(const double* a, int nodes, int count, int stride) {
  return HWY_DYNAMIC_DISPATCH(SumOfSquares)(a, nodes, count, stride);
}
void activate(Activation activation, const double* h, std::size_t count, double* x,
              double* derivative) {
  HWY_DYNAMIC_DISPATCH(Activate)(activation, h, count, x, derivative);
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE
