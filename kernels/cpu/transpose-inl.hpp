// Transposition of blocks of floats. Compiled once for each instruction set, hence no #pragma once.
#if defined(VNSWEEP_CPU_TRANSPOSE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef VNSWEEP_CPU_TRANSPOSE_INL
#undef VNSWEEP_CPU_TRANSPOSE_INL
#else
#define VNSWEEP_CPU_TRANSPOSE_INL
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
template <class D, class V>
HWY_INLINE void transpose_four_in_blocks(D d, V (&r)[4]) {
  const V even_low = hn::InterleaveLower(d, r[0], r[2]);
  const V even_high = hn::InterleaveUpper(d, r[0], r[2]);
  const V odd_low = hn::InterleaveLower(d, r[1], r[3]);
  const V odd_high = hn::InterleaveUpper(d, r[1], r[3]);
  r[0] = hn::InterleaveLower(d, even_low, odd_low);
  r[1] = hn::InterleaveUpper(d, even_low, odd_low);
  r[2] = hn::InterleaveLower(d, even_high, odd_high);
  r[3] = hn::InterleaveUpper(d, even_high, odd_high);
}

/// @param from  row(r) points at four floats
/// @param to    row(c) points at where column c goes
template <class From, class To>
HWY_INLINE void transpose_four(From from, To to) {
  const hn::FixedTag<float, 4> d;
  hn::Vec<decltype(d)> r[4] = {hn::LoadU(d, from(0)), hn::LoadU(d, from(1)), hn::LoadU(d, from(2)),
                               hn::LoadU(d, from(3))};
  transpose_four_in_blocks(d, r);
  for (int c = 0; c < 4; ++c)
    hn::StoreU(r[c], d, to(c));
}
#endif

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
/// The same for sixteen.
template <class From, class To>
HWY_INLINE void transpose_sixteen(From from, To to) {
  const hn::FixedTag<float, 16> d;
  using V = hn::Vec<decltype(d)>;
  // t[g][k] will hold, in its block b of four lanes, column 4 b + k of rows 4 g..4 g + 3.
  V t[4][4];
  for (int g = 0; g < 4; ++g) {
    for (int k = 0; k < 4; ++k)
      t[g][k] = hn::LoadU(d, from(4 * g + k));
    transpose_four_in_blocks(d, t[g]);
  }
  // Then the blocks themselves are transposed.
  for (int k = 0; k < 4; ++k) {
    const __m512 low01 = _mm512_shuffle_f32x4(t[0][k].raw, t[1][k].raw, 0x44);
    const __m512 high01 = _mm512_shuffle_f32x4(t[0][k].raw, t[1][k].raw, 0xEE);
    const __m512 low23 = _mm512_shuffle_f32x4(t[2][k].raw, t[3][k].raw, 0x44);
    const __m512 high23 = _mm512_shuffle_f32x4(t[2][k].raw, t[3][k].raw, 0xEE);
    hn::StoreU(V{_mm512_shuffle_f32x4(low01, low23, 0x88)}, d, to(0 + k));
    hn::StoreU(V{_mm512_shuffle_f32x4(low01, low23, 0xDD)}, d, to(4 + k));
    hn::StoreU(V{_mm512_shuffle_f32x4(high01, high23, 0x88)}, d, to(8 + k));
    hn::StoreU(V{_mm512_shuffle_f32x4(high01, high23, 0xDD)}, d, to(12 + k));
  }
}
#endif

/// Transposes a matrix whose rows and columns may lie anywhere.
/// @param from  row(r) points at `columns` floats
/// @param to    row(c) points at where the `rows` floats of column c go
template <class From, class To>
HWY_INLINE void transpose(int rows, int columns, From from, To to) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  if (rows == 16 && columns == 16) return transpose_sixteen(from, to);
#endif
  int r = 0;
#if HWY_TARGET != HWY_SCALAR
  const int block_columns = columns / 4 * 4;
  for (; r + 4 <= rows; r += 4) {
    for (int c = 0; c < block_columns; c += 4)
      transpose_four([&](int k) { return from(r + k) + c; }, [&](int k) { return to(c + k) + r; });
    for (int k = r; k < r + 4; ++k) {
      for (int c = block_columns; c < columns; ++c)
        to(c)[k] = from(k)[c];
    }
  }
#endif
  for (; r < rows; ++r) {
    for (int c = 0; c < columns; ++c)
      to(c)[r] = from(r)[c];
  }
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // VNSWEEP_CPU_TRANSPOSE_INL
