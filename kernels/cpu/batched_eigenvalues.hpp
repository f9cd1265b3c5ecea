#pragma once

#include <cstddef>
#include <span>

#include "kernels/cpu/aligned_buffer.hpp"

namespace vnsweep::cpu {

/// Matrices that are solved at once. Their eigenvalues do not depend on which others are with them.
inline constexpr int kMatrixBatch = 16;

/// A symmetric matrix: lower triangle of (size, size), row-major.
struct SymmetricMatrix {
  const double* lower = nullptr;
  int size = 0;
};

/// Eigenvalues of several small symmetric matrices at once, by the classical way: Householder's
/// reduction to tridiagonal form, then QL iterations without square roots (Pal, Walker and Kahan;
/// Parlett, The Symmetric Eigenvalue Problem, section 8.15), as LAPACK's dsytrd and dsterf do for
/// one matrix. Vectors run across matrices, so that one of width 8 to 64 costs a fifth to a tenth
/// of what the library takes. Errors are a few roundings of the largest eigenvalue, as there.
class BatchedEigenvalues {
 public:
  /// @param matrices     up to kMatrixBatch of any sizes; elements finite, and none so large that
  ///                     its square overflows; those below 2^-480 may count as zero
  /// @param eigenvalues  one span for each matrix, as long as its size; [out] descending
  /// @throws std::runtime_error if the iteration does not converge, as when an element is NaN
  void solve(std::span<const SymmetricMatrix> matrices,
             std::span<const std::span<double>> eigenvalues);

  /// Bytes held for matrices of at most this size.
  static std::size_t bytes(int size);

 private:
  void reserve(int size);

  int reserved_ = 0;
  AlignedBuffer<double> packed_;       ///< lower triangles (groups, elements, lanes of a group)
  AlignedBuffer<double> reflector_;    ///< (size, lanes of a group)
  AlignedBuffer<double> product_;      ///< (size, lanes of a group)
  AlignedBuffer<double> diagonal_;     ///< (1 + size, matrices)
  AlignedBuffer<double> off_squares_;  ///< squares beside the diagonal (1 + size, matrices)
};

}  // namespace vnsweep::cpu
