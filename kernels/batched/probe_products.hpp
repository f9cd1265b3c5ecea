#pragma once

#include <cstddef>

#include "kernels/host_device.hpp"

namespace vnsweep::batched {

/// How a block shares out the product of a (rows, inner) and an (inner, columns) matrix: tiles of
/// 4 x 4 sums, and where these are few, parts of the inner index besides. It follows from the sizes
/// alone, and with it the order of additions.
struct ProductShares {
  static constexpr int kTile = 4;
  static constexpr int kMostShares = 256;  ///< tiles times parts, if there are several parts

  int rows = 0;
  int columns = 0;
  int inner = 0;
  int row_tiles = 0;
  int column_tiles = 0;
  int parts = 1;

  VNS_HD ProductShares(int row_count, int column_count, int inner_count)
      : rows(row_count),
        columns(column_count),
        inner(inner_count),
        row_tiles((row_count + kTile - 1) / kTile),
        column_tiles((column_count + kTile - 1) / kTile) {
    constexpr int kLeastOfPart = 8;
    const int most = inner / kLeastOfPart;
    parts = kMostShares / (row_tiles * column_tiles);
    if (parts > most) parts = most;
    if (parts < 1) parts = 1;
  }

  /// Shared memory for the sums of all parts.
  static VNS_HD constexpr std::size_t scratch_bytes() {
    return std::size_t{kMostShares} * kTile * kTile * sizeof(double);
  }
};

/// sum_k a(i, k) b(k, j) in double. Ends with a barrier.
/// @param partial  scratch_bytes() of shared memory
/// @param out      called with i, j and the sum, once for each element
template <class Block, class A, class B, class Out>
VNS_HD void multiply_in_tiles(Block& block, const ProductShares& shares, double* partial, A a, B b,
                              Out out) {
  constexpr int kTile = ProductShares::kTile;
  const int length = (shares.inner + shares.parts - 1) / shares.parts;
  block.for_each(
      shares.parts * shares.row_tiles, block.split(shares.column_tiles),
      [=](int row_of_tiles, int column_tile) {
        const int part = row_of_tiles / shares.row_tiles;
        const int first_row = row_of_tiles % shares.row_tiles * kTile;
        const int first_column = column_tile * kTile;
        const int end = (part + 1) * length < shares.inner ? (part + 1) * length : shares.inner;
        // What lies beyond the edge is computed from what is at the edge, and dropped.
        int row[kTile];
        int column[kTile];
        double sum[kTile][kTile];
        for (int i = 0; i < kTile; ++i) {
          row[i] = first_row + i < shares.rows ? first_row + i : shares.rows - 1;
          column[i] = first_column + i < shares.columns ? first_column + i : shares.columns - 1;
          for (int j = 0; j < kTile; ++j)
            sum[i][j] = 0.0;
        }
        VNS_UNROLL(2)
        for (int k = part * length; k < end; ++k) {
          double left[kTile];
          double right[kTile];
          for (int i = 0; i < kTile; ++i) {
            left[i] = a(row[i], k);
            right[i] = b(k, column[i]);
          }
          for (int i = 0; i < kTile; ++i) {
            for (int j = 0; j < kTile; ++j)
              sum[i][j] += left[i] * right[j];
          }
        }
        for (int i = 0; i < kTile && first_row + i < shares.rows; ++i) {
          for (int j = 0; j < kTile && first_column + j < shares.columns; ++j) {
            if (shares.parts == 1) {
              out(first_row + i, first_column + j, sum[i][j]);
            } else {
              partial[((part * shares.rows) + first_row + i) * shares.columns + first_column + j] =
                  sum[i][j];
            }
          }
        }
      });
  block.sync();
  if (shares.parts == 1) return;
  block.for_each(shares.rows, block.split(shares.columns), [=](int i, int j) {
    double sum = 0.0;
    for (int part = 0; part < shares.parts; ++part)
      sum += partial[(part * shares.rows + i) * shares.columns + j];
    out(i, j, sum);
  });
  block.sync();
}

}  // namespace vnsweep::batched
