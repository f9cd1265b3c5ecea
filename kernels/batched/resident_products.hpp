#pragma once

#include "kernels/block/four.hpp"
#include "kernels/host_device.hpp"

// Products of small matrices in the shared memory of a block. Each thread keeps several sums in
// registers, so that what it reads from shared memory is used more than once. Every sum is added up
// in the order of its index, however the work is shared out.
namespace vnsweep::batched {

/// h_si = bias_i + sum_j W_ij x_sj.
/// @tparam kSamples  that one thread works on
/// @tparam kAligned  whether rows of x begin at multiples of 16 bytes
/// @param nodes  split by the nodes i
/// @param w      (nodes, pitch)
/// @param x_of   sample -> its row of x
/// @param out    called with s, i and h
template <int kSamples, bool kAligned, class Block, class Split, class RowOf, class Out>
VNS_HD_INLINE void multiply_by_rows(Block& block, const Split& nodes, const float* w, int pitch,
                                    const float* bias, int columns, RowOf x_of, int samples,
                                    Out out) {
  block.for_each((samples + kSamples - 1) / kSamples, nodes, [=](int group, int i) {
    const int first = group * kSamples;
    const float* x[kSamples];
    float h[kSamples];
    for (int q = 0; q < kSamples; ++q) {
      x[q] = x_of(first + q < samples ? first + q : samples - 1);
      h[q] = bias[i];
    }
    const float* row = w + i * pitch;
    int j = 0;
    if constexpr (kAligned) {
      VNS_UNROLL(Split::kTurns)
      for (; j + kFour <= columns; j += kFour) {
        const Four weights = load_four(row + j);
        for (int q = 0; q < kSamples; ++q) {
          const Four values = load_four(x[q] + j);
          for (int k = 0; k < kFour; ++k)
            h[q] += weights.at[k] * values.at[k];
        }
      }
    }
    for (; j < columns; ++j) {
      for (int q = 0; q < kSamples; ++q)
        h[q] += row[j] * x[q][j];
    }
    for (int q = 0; q < kSamples; ++q) {
      if (first + q < samples) out(first + q, i, h[q]);
    }
  });
}

/// sum_i delta_si W_ij.
/// @param columns    split by the columns j
/// @param delta      (samples, delta_row), of which `nodes` are used; rows begin at multiples of 16
/// bytes
/// @param out        called with s, j and the sum
template <int kSamples, class Block, class Split, class Out>
VNS_HD_INLINE void multiply_by_columns(Block& block, const Split& columns, const float* w,
                                       int pitch, int nodes, const float* delta, int delta_row,
                                       int samples, Out out) {
  block.for_each((samples + kSamples - 1) / kSamples, columns, [=](int group, int j) {
    const int first = group * kSamples;
    const float* d[kSamples];
    float sum[kSamples];
    for (int q = 0; q < kSamples; ++q) {
      d[q] = delta + (first + q < samples ? first + q : samples - 1) * delta_row;
      sum[q] = 0.0F;
    }
    int i = 0;
    VNS_UNROLL(Split::kTurns)
    for (; i + kFour <= nodes; i += kFour) {
      float weights[kFour];
      for (int k = 0; k < kFour; ++k)
        weights[k] = w[(i + k) * pitch + j];
      for (int q = 0; q < kSamples; ++q) {
        const Four values = load_four(d[q] + i);
        for (int k = 0; k < kFour; ++k)
          sum[q] += values.at[k] * weights[k];
      }
    }
    for (; i < nodes; ++i) {
      for (int q = 0; q < kSamples; ++q)
        sum[q] += d[q][i] * w[i * pitch + j];
    }
    for (int q = 0; q < kSamples; ++q) {
      if (first + q < samples) out(first + q, j, sum[q]);
    }
  });
}

/// sum_s delta_si x_sj.
/// @param columns  split by the columns j
/// @param delta    (samples, delta_row) with room for a multiple of four nodes in a row
/// @param x_of     sample -> its row of x
/// @param out      called with i, j and the sum
template <class Block, class Split, class RowOf, class Out>
VNS_HD_INLINE void sum_outer_products(Block& block, const Split& columns, int nodes,
                                      const float* delta, int delta_row, RowOf x_of, int samples,
                                      Out out) {
  block.for_each((nodes + kFour - 1) / kFour, columns, [=](int group, int j) {
    const int first = group * kFour;
    float sum[kFour] = {};
    for (int s = 0; s < samples; ++s) {
      const float x = x_of(s)[j];
      const Four d = load_four(delta + s * delta_row + first);
      for (int k = 0; k < kFour; ++k)
        sum[k] += d.at[k] * x;
    }
    for (int k = 0; k < kFour; ++k) {
      if (first + k < nodes) out(first + k, j, sum[k]);
    }
  });
}

/// The same for a number of samples and of nodes, a multiple of four, that are known when the
/// program is compiled: a thread reads its column of x once.
/// @tparam kTurns  fours of nodes that a device works on at once
template <int kSamples, int kNodes, int kTurns, class Block, class Split, class RowOf, class Out>
VNS_HD_INLINE void sum_fixed_outer_products(Block& block, const Split& columns, const float* delta,
                                            int delta_row, RowOf x_of, Out out) {
  struct Column {
    float at[kSamples];
  };
  const auto read_column = [=](int j) {
    Column x;
    for (int s = 0; s < kSamples; ++s)
      x.at[s] = x_of(s)[j];
    return x;
  };
  block.template for_each_of_column<kTurns>(
      kNodes / kFour, columns, read_column, [=](int group, int j, const Column& x) {
        float sum[kFour] = {};
        for (int s = 0; s < kSamples; ++s) {
          const Four d = load_four(delta + s * delta_row + group * kFour);
          for (int k = 0; k < kFour; ++k)
            sum[k] += d.at[k] * x.at[s];
        }
        for (int k = 0; k < kFour; ++k)
          out(group * kFour + k, j, sum[k]);
      });
}

}  // namespace vnsweep::batched
