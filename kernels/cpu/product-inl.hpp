// Products of small matrices, float32. Compiled once for each instruction set, hence no #pragma
// once.
#if defined(VNSWEEP_CPU_PRODUCT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VNSWEEP_CPU_PRODUCT_INL
#undef VNSWEEP_CPU_PRODUCT_INL
#else
#define VNSWEEP_CPU_PRODUCT_INL
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "kernels/cpu/layout.hpp"

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <int kLanes>
using Lanes = hn::CappedTag<float, kLanes>;

/// Vectors that a tile is wide: as many as leave the registers for four rows of them.
#if HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_AVX2 || \
    HWY_TARGET == HWY_SCALAR
inline constexpr int kTileVectors = 2;
#else
inline constexpr int kTileVectors = 4;
#endif

/// Rows of a tile of so many vectors: eight independent sums and more keep the multipliers busy.
constexpr int tile_rows(int vectors) {
  return vectors == kTileVectors ? 4 : 8;
}

/// Where a vector of columns begins in a matrix in panels, (panels, rows, kRow).
template <int kRow, class D>
HWY_INLINE std::ptrdiff_t vector_offset(D d, std::size_t panel_size, int vector) {
  const int per_panel = kRow / static_cast<int>(hn::Lanes(d));
  return static_cast<std::ptrdiff_t>(static_cast<std::size_t>(vector / per_panel) * panel_size +
                                     static_cast<std::size_t>(vector % per_panel) * hn::Lanes(d));
}

/// C = A B + bias, or C = A B times a factor element by element. Every element is one chain of
/// fused multiply-adds over the inner index in ascending order, whatever the tile that it is in.
struct Product {
  const float* a = nullptr;  ///< (rows, a_stride)
  std::ptrdiff_t a_stride = 0;
  const float* b = nullptr;  ///< (panels, inner, kRow)
  std::size_t panel_size = 0;
  int inner = 0;
  int rows = 0;
  int columns = 0;                ///< a multiple of the lanes of a vector
  const float* bias = nullptr;    ///< (columns), or null for zero
  const float* factor = nullptr;  ///< (rows, c_stride), or null for one
  float* c = nullptr;             ///< (rows, c_stride)
  std::ptrdiff_t c_stride = 0;
};

template <int kRow, int kRows, int kVectors, class D>
HWY_INLINE void product_tile(D d, const Product& p, int row, int vector) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t column = vector * lanes;
  const float* b[kVectors];
  for (int v = 0; v < kVectors; ++v)
    b[v] = p.b + vector_offset<kRow>(d, p.panel_size, vector + v);
  const float* a[kRows];
  for (int r = 0; r < kRows; ++r)
    a[r] = p.a + (row + r) * p.a_stride;

  V sum[kRows][kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const V start = p.bias == nullptr ? hn::Zero(d) : hn::Load(d, p.bias + column + v * lanes);
    for (int r = 0; r < kRows; ++r)
      sum[r][v] = start;
  }
  const std::ptrdiff_t inner = p.inner;
  for (std::ptrdiff_t k = 0; k < inner; ++k) {
    V bk[kVectors];
    for (int v = 0; v < kVectors; ++v)
      bk[v] = hn::Load(d, b[v] + k * kRow);
    for (int r = 0; r < kRows; ++r) {
      const V ak = hn::Set(d, a[r][k]);
      for (int v = 0; v < kVectors; ++v)
        sum[r][v] = hn::MulAdd(ak, bk[v], sum[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    const std::ptrdiff_t at = (row + r) * p.c_stride + column;
    for (int v = 0; v < kVectors; ++v) {
      const V value = p.factor == nullptr
                          ? sum[r][v]
                          : hn::Mul(sum[r][v], hn::Load(d, p.factor + at + v * lanes));
      hn::Store(value, d, p.c + at + v * lanes);
    }
  }
}

template <int kRow, int kVectors, class D>
HWY_INLINE void product_columns(D d, const Product& p, int vector) {
  constexpr int kRows = tile_rows(kVectors);
  int row = 0;
  for (; row + kRows <= p.rows; row += kRows)
    product_tile<kRow, kRows, kVectors>(d, p, row, vector);
  if constexpr (kRows > 4) {
    for (; row + 4 <= p.rows; row += 4)
      product_tile<kRow, 4, kVectors>(d, p, row, vector);
  }
  for (; row < p.rows; ++row)
    product_tile<kRow, 1, kVectors>(d, p, row, vector);
}

template <int kRow>
HWY_NOINLINE void multiply_panels(const Product& p) {
  const Lanes<kRow> d;
  const int vectors = p.columns / static_cast<int>(hn::Lanes(d));
  int vector = 0;
  if constexpr (kTileVectors == 4) {
    for (; vector + 4 <= vectors; vector += 4)
      product_columns<kRow, 4>(d, p, vector);
  }
  for (; vector + 2 <= vectors; vector += 2)
    product_columns<kRow, 2>(d, p, vector);
  for (; vector < vectors; ++vector)
    product_columns<kRow, 1>(d, p, vector);
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // VNSWEEP_CPU_PRODUCT_INL
