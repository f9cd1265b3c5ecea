#pragma once

#include <cstddef>

#include "kernels/network.hpp"

namespace vnsweep::cpu {

/// Samples of a double-precision pass are padded to whole groups of this many.
inline constexpr int kSampleGroup = 8;

constexpr int padded_samples(int samples) {
  return (samples + kSampleGroup - 1) / kSampleGroup * kSampleGroup;
}

/// C = A X + b, float64; vectors run over the samples.
/// @param a        (rows, inner), row-major
/// @param bias     (rows), or null for zero
/// @param x        (inner, samples), samples a multiple of kSampleGroup
/// @param[out] c   (rows, samples)
void multiply(const double* a, const double* bias, const double* x, int rows, int inner,
              int samples, double* c);

/// x = phi(h) and phi'(h), element by element.
/// @param h                (count), a multiple of kSampleGroup
/// @param[out] x           (count), may be h itself
/// @param[out] derivative  (count), or null
void activate(Activation activation, const double* h, std::size_t count, double* x,
              double* derivative);

}  // namespace vnsweep::cpu
