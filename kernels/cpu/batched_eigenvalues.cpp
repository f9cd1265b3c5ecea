#include "kernels/cpu/batched_eigenvalues.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>

#include "kernels/cpu/double_passes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/batched_eigenvalues.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

#ifndef VNSWEEP_CPU_BATCHED_EIGENVALUES_ONCE
#define VNSWEEP_CPU_BATCHED_EIGENVALUES_ONCE
namespace vnsweep::cpu {

/// Matrices whose elements lie side by side, enough for the longest vector.
constexpr int kLaneGroup = 8;
constexpr int kLaneGroups = kMatrixBatch / kLaneGroup;

/// Element (i, j <= i) of a lower triangle that is packed by rows.
constexpr std::size_t packed_index(int i, int j) {
  return static_cast<std::size_t>(i) * static_cast<std::size_t>(i + 1) / 2 +
         static_cast<std::size_t>(j);
}

/// Tridiagonal matrices, interleaved. Row 0 is a fictitious one of zeros; row 1 + i of
/// off_squares couples rows i and i + 1 of the matrix.
struct Tridiagonals {
  double* diagonal;     ///< (1 + size, kMatrixBatch)
  double* off_squares;  ///< (1 + size, kMatrixBatch)
  int size;
};

/// Work space of one reduction to tridiagonal form.
struct Reduction {
  double* packed;     ///< (elements, kLaneGroup), destroyed
  double* reflector;  ///< (size, kLaneGroup)
  double* product;    ///< (size, kLaneGroup)
};

}  // namespace vnsweep::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<double, kLaneGroup>;
using V = hn::Vec<D>;

/// Columns whose squares sum to less are zero: their reciprocal would overflow.
constexpr double kSmallestColumn = 0x1p-960;

/// Makes the reflector of column k that leaves only its first element below the diagonal.
/// @returns tau of I - tau v v^T, zero where there is nothing to reflect
HWY_INLINE V make_reflector(const Reduction& r, int size, int k, double* off_square) {
  const D d;
  V sum = hn::Zero(d);
  for (int i = k + 2; i < size; ++i) {
    const V x = hn::Load(d, r.packed + packed_index(i, k) * kLaneGroup);
    hn::Store(x, d, r.reflector + (i - k - 1) * kLaneGroup);
    sum = hn::MulAdd(x, x, sum);
  }
  const V alpha = hn::Load(d, r.packed + packed_index(k + 1, k) * kLaneGroup);
  const auto reflects = hn::Gt(sum, hn::Set(d, kSmallestColumn));
  const V square = hn::MulAdd(alpha, alpha, hn::IfThenElseZero(reflects, sum));
  hn::Store(square, d, off_square);
  const V norm = hn::Sqrt(square);
  const V first = hn::Add(hn::Abs(alpha), norm);
  hn::Store(hn::CopySign(first, alpha), d, r.reflector);
  return hn::IfThenElseZero(reflects, hn::Div(hn::Set(d, 1.0), hn::Mul(norm, first)));
}

/// product = A v of the trailing matrix A of `count` rows from row k + 1 on.
/// @returns v^T A v
HWY_INLINE V multiply_trailing(const Reduction& r, int k, int count) {
  const D d;
  V quadratic = hn::Zero(d);
  for (int i = 0; i < count; ++i) {
    const double* a = r.packed + packed_index(k + 1 + i, k + 1) * kLaneGroup;
    const V v_i = hn::Load(d, r.reflector + i * kLaneGroup);
    V below = hn::Zero(d);
    for (int j = 0; j < i; ++j) {
      const V a_ij = hn::Load(d, a + j * kLaneGroup);
      double* p_j = r.product + j * kLaneGroup;
      below = hn::MulAdd(a_ij, hn::Load(d, r.reflector + j * kLaneGroup), below);
      hn::Store(hn::MulAdd(a_ij, v_i, hn::Load(d, p_j)), d, p_j);
    }
    const V diagonal = hn::Mul(hn::Load(d, a + i * kLaneGroup), v_i);
    hn::Store(hn::Add(below, diagonal), d, r.product + i * kLaneGroup);
    quadratic = hn::MulAdd(v_i, hn::MulAdd(hn::Set(d, 2.0), below, diagonal), quadratic);
  }
  return quadratic;
}

/// A -= v w^T + w v^T with w = tau A v - (tau^2 / 2) (v^T A v) v, which is (I - tau v v^T) applied
/// from both sides.
HWY_INLINE void update_trailing(const Reduction& r, int k, int count, V tau, V quadratic) {
  const D d;
  const V share = hn::Mul(hn::Mul(hn::Set(d, 0.5), hn::Mul(tau, quadratic)), tau);
  for (int i = 0; i < count; ++i) {
    double* a = r.packed + packed_index(k + 1 + i, k + 1) * kLaneGroup;
    double* w = r.product + i * kLaneGroup;
    const V v_i = hn::Load(d, r.reflector + i * kLaneGroup);
    const V w_i = hn::NegMulAdd(share, v_i, hn::Mul(tau, hn::Load(d, w)));
    hn::Store(w_i, d, w);
    for (int j = 0; j <= i; ++j) {
      const V v_j = hn::Load(d, r.reflector + j * kLaneGroup);
      const V w_j = hn::Load(d, r.product + j * kLaneGroup);
      const V a_ij = hn::NegMulAdd(v_i, w_j, hn::Load(d, a + j * kLaneGroup));
      hn::Store(hn::NegMulAdd(w_i, v_j, a_ij), d, a + j * kLaneGroup);
    }
  }
}

/// Householder's reduction of one vector of matrices.
HWY_INLINE void reduce(const Reduction& r, int size, double* diagonal, double* off_squares) {
  const D d;
  for (int k = 0; k < size; ++k) {
    hn::Store(hn::Load(d, r.packed + packed_index(k, k) * kLaneGroup), d,
              diagonal + k * kMatrixBatch);
    double* off_square = off_squares + k * kMatrixBatch;
    if (k + 2 < size) {
      const int count = size - k - 1;
      const V tau = make_reflector(r, size, k, off_square);
      const V quadratic = multiply_trailing(r, k, count);
      update_trailing(r, k, count, tau, quadratic);
    } else if (k + 2 == size) {
      const V off = hn::Load(d, r.packed + packed_index(k + 1, k) * kLaneGroup);
      hn::Store(hn::Mul(off, off), d, off_square);
    } else {
      hn::Store(hn::Zero(d), d, off_square);
    }
  }
}

/// What a matrix of the batch is at: eigenvalues before row `active` are found.
struct Progress {
  HWY_ALIGN double active[kMatrixBatch];      ///< row + 1; beyond all rows when done
  HWY_ALIGN double negligible[kMatrixBatch];  ///< squares of this size are zero beside the diagonal
  HWY_ALIGN double here[kMatrixBatch];        ///< diagonal at the active row
  HWY_ALIGN double next[kMatrixBatch];        ///< and at the next
  HWY_ALIGN double coupling[kMatrixBatch];    ///< square between the two
  int row[kMatrixBatch];
};

/// Goes on to the next row that is still coupled, and reads what the shift takes.
/// @returns the first such row of all matrices; `size` when all are done
int find_active_rows(const Tridiagonals& t, int count, Progress& progress) {
  int first = t.size;
  for (int m = 0; m < count; ++m) {
    int& row = progress.row[m];
    double* off = t.off_squares + (1 + row) * kMatrixBatch + m;
    while (row < t.size - 1 && *off <= progress.negligible[m]) {
      *off = 0.0;
      off += kMatrixBatch;
      ++row;
    }
    const bool done = row >= t.size - 1;
    const int at = done ? 0 : row;
    progress.active[m] = done ? t.size + 2 : row + 1;
    progress.here[m] = t.diagonal[(1 + at) * kMatrixBatch + m];
    progress.next[m] = t.diagonal[(2 + at) * kMatrixBatch + m];
    progress.coupling[m] = done ? 1.0 : *off;
    if (!done) first = std::min(first, row);
  }
  return first;
}

/// Wilkinson's shift: the eigenvalue of the leading two rows that is nearer to the first.
HWY_INLINE V shift_of(V here, V next, V coupling) {
  const D d;
  const V off = hn::Sqrt(coupling);
  const V ratio = hn::Div(hn::Sub(next, here), hn::Add(off, off));
  const V root = hn::Sqrt(hn::MulAdd(ratio, ratio, hn::Set(d, 1.0)));
  return hn::Sub(here, hn::Div(off, hn::Add(ratio, hn::CopySign(root, ratio))));
}

/// One QL sweep from the last row up to the first active one, kVectors vectors of matrices. A
/// matrix is left alone above its active row, where squares beside the diagonal are zero: rotations
/// start anew there. So they do below a smaller matrix, which zeros complete.
template <int kVectors>
HWY_INLINE void sweep(const Tridiagonals& t, int m, int first, const Progress& progress) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  // Instead of zero, whose quotients with other zeros would be NaN; its root is still negligible.
  const V tiny = hn::Set(d, 0x1p-960);
  V shift[kVectors];
  V gamma[kVectors];
  V p[kVectors];
  V s[kVectors];
  V active[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const int at = m + v * lanes;
    shift[v] = shift_of(hn::Load(d, progress.here + at), hn::Load(d, progress.next + at),
                        hn::Load(d, progress.coupling + at));
    active[v] = hn::Load(d, progress.active + at);
    gamma[v] = hn::Sub(hn::Load(d, t.diagonal + t.size * kMatrixBatch + at), shift[v]);
    p[v] = hn::MulAdd(gamma[v], gamma[v], tiny);
    s[v] = hn::Zero(d);
  }
  for (int i = t.size - 1; i >= first; --i) {
    const V row = hn::Set(d, i + 1);
    for (int v = 0; v < kVectors; ++v) {
      double* diagonal = t.diagonal + i * kMatrixBatch + m + v * lanes;
      double* off = t.off_squares + i * kMatrixBatch + m + v * lanes;
      const auto within = hn::Ge(row, active[v]);
      const V b = hn::Load(d, off);
      const V r = hn::Add(p[v], b);
      const V alpha = hn::Load(d, diagonal);
      const V off_below = hn::Load(d, off + kMatrixBatch);
      hn::Store(hn::IfThenElse(within, hn::Mul(s[v], r), off_below), d, off + kMatrixBatch);
      const V c = hn::Div(p[v], r);
      const V inverse_c = hn::Div(r, p[v]);
      s[v] = hn::Div(b, r);
      const V old = gamma[v];
      gamma[v] = hn::NegMulAdd(s[v], old, hn::Mul(c, hn::Sub(alpha, shift[v])));
      const V below = hn::Load(d, diagonal + kMatrixBatch);
      hn::Store(hn::IfThenElse(within, hn::Add(old, hn::Sub(alpha, gamma[v])), below), d,
                diagonal + kMatrixBatch);
      p[v] = hn::Mul(hn::MulAdd(gamma[v], gamma[v], tiny), inverse_c);
    }
  }
}

void start(const Tridiagonals& t, int count, Progress& progress) {
  constexpr double kRounding = 0x1p-53;
  std::fill_n(progress.row, kMatrixBatch, 0);
  for (int m = 0; m < kMatrixBatch; ++m) {
    double largest = 0.0;
    for (int i = 1; i <= t.size && m < count; ++i) {
      const double a = t.diagonal[i * kMatrixBatch + m];
      largest = std::max({largest, a * a, t.off_squares[i * kMatrixBatch + m]});
    }
    progress.negligible[m] = kRounding * kRounding * largest;
    progress.active[m] = t.size + 2;
    progress.here[m] = 0.0;
    progress.next[m] = 0.0;
    progress.coupling[m] = 1.0;
  }
}

}  // namespace

void Reduce(const Reduction& reduction, int count, const Tridiagonals& t, int first_matrix) {
  const int lanes = static_cast<int>(hn::Lanes(D()));
  for (int m = 0; m < count; m += lanes) {
    reduce({reduction.packed + m, reduction.reflector, reduction.product}, t.size,
           t.diagonal + kMatrixBatch + first_matrix + m,
           t.off_squares + kMatrixBatch + first_matrix + m);
  }
}

bool Diagonalise(const Tridiagonals& t, int count) {
  constexpr int kMostSweepsPerRow = 30;
  const int lanes = static_cast<int>(hn::Lanes(D()));
  Progress progress;
  start(t, count, progress);
  for (int sweeps = 0; sweeps <= kMostSweepsPerRow * t.size; ++sweeps) {
    const int first = find_active_rows(t, count, progress);
    if (first == t.size) return true;
    int m = 0;
    // The chain of divisions of one vector hides in that of another.
    for (; m + lanes < count; m += 2 * lanes)
      sweep<2>(t, m, first, progress);
    if (m < count) sweep<1>(t, m, first, progress);
  }
  return false;
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(Reduce);
HWY_EXPORT(Diagonalise);

namespace {

std::size_t packed_doubles(int size) {
  return kLaneGroup * packed_index(size, 0);
}

void pack(std::span<const SymmetricMatrix> matrices, int size, double* packed) {
  std::fill_n(packed, packed_doubles(size), 0.0);
  for (std::size_t m = 0; m < matrices.size(); ++m) {
    const auto n = static_cast<std::size_t>(matrices[m].size);
    double* to = packed + m;
    for (std::size_t i = 0; i < n; ++i) {
      const double* row = matrices[m].lower + i * n;
      for (std::size_t j = 0; j <= i; ++j, to += kLaneGroup)
        *to = row[j];
    }
  }
}

}  // namespace

std::size_t BatchedEigenvalues::bytes(int size) {
  const std::size_t rows = static_cast<std::size_t>(size) + 2;
  return sizeof(double) * (packed_doubles(size) + 2 * rows * kLaneGroup + 2 * rows * kMatrixBatch);
}

void BatchedEigenvalues::reserve(int size) {
  if (size <= reserved_) return;
  const std::size_t rows = static_cast<std::size_t>(size) + 2;
  packed_ = AlignedBuffer<double>(packed_doubles(size));
  reflector_ = AlignedBuffer<double>(rows * kLaneGroup);
  product_ = AlignedBuffer<double>(rows * kLaneGroup);
  diagonal_ = AlignedBuffer<double>(rows * kMatrixBatch);
  off_squares_ = AlignedBuffer<double>(rows * kMatrixBatch);
  reserved_ = size;
}

void BatchedEigenvalues::solve(std::span<const SymmetricMatrix> matrices,
                               std::span<const std::span<double>> eigenvalues) {
  int size = 0;
  for (const SymmetricMatrix& matrix : matrices)
    size = std::max(size, matrix.size);
  if (size == 0) return;
  reserve(size);
  const Tridiagonals t{diagonal_.data(), off_squares_.data(), size};
  const std::size_t rows = static_cast<std::size_t>(size) + 2;
  std::fill_n(t.diagonal, rows * kMatrixBatch, 0.0);
  std::fill_n(t.off_squares, rows * kMatrixBatch, 0.0);

  for (std::size_t first = 0; first < matrices.size(); first += kLaneGroup) {
    const auto group =
        matrices.subspan(first, std::min<std::size_t>(kLaneGroup, matrices.size() - first));
    pack(group, size, packed_.data());
    HWY_DYNAMIC_DISPATCH(Reduce)
    ({packed_.data(), reflector_.data(), product_.data()}, static_cast<int>(group.size()), t,
     static_cast<int>(first));
  }
  if (!HWY_DYNAMIC_DISPATCH(Diagonalise)(t, static_cast<int>(matrices.size()))) {
    throw std::runtime_error(
        "eigenvalues of a correlation matrix did not converge (an element may not be finite)");
  }
  for (std::size_t m = 0; m < matrices.size(); ++m) {
    for (std::size_t i = 0; i < eigenvalues[m].size(); ++i)
      eigenvalues[m][i] = t.diagonal[(1 + i) * kMatrixBatch + m];
    std::sort(eigenvalues[m].begin(), eigenvalues[m].end(), std::greater<>());
  }
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE
