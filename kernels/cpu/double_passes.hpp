#pragma once

#include <cstddef>

#include "kernels/network.hpp"

namespace vnsweep::cpu {

/// Samples of a double-precision pass are padded to whole groups of this many.
inline constexpr int kSampleGroup = 8;

constexpr int padded_samples(int samples) {
  return (samples + kSampleGroup - 1) / kSampleGroup * kSampleGroup;
}

/// Transposes `count` rows of (count, nodes) into (nodes, stride); the rest of each row is zero.
void transpose_rows(const float* rows, int count, int nodes, int stride, double* columns);

/// A matrix in double whose element (i, j) is data[i * row_step + j * column_step], so that a
/// layer's weights and their transpose are the same numbers.
struct StridedMatrix {
  const double* data = nullptr;
  std::ptrdiff_t row_step = 0;
  std::ptrdiff_t column_step = 0;
};

/// C = A X + b, float64; vectors run over the samples.
/// @param a        (rows, inner)
/// @param bias     (rows), or null for zero
/// @param x        (inner, samples), samples a multiple of kSampleGroup, aligned
/// @param[out] c   (rows, samples), aligned
void multiply(const StridedMatrix& a, const double* bias, const double* x, int rows, int inner,
              int samples, double* c);

/// Sum of squares over the first `count` samples of every node.
/// @param a  (nodes, stride), stride a multiple of kSampleGroup, aligned
double sum_of_squares(const double* a, int nodes, int count, int stride);

/// x = phi(h) and phi'(h), element by element.
/// @param h                (count), a multiple of kSampleGroup
/// @param[out] x           (count), may be h itself
/// @param[out] derivative  (count), or null
void activate(Activation activation, const double* h, std::size_t count, double* x,
              double* derivative);

}  // namespace vnsweep::cpu
