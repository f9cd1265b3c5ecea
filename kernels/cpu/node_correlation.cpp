#include "kernels/cpu/node_correlation.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/double_passes.hpp"
#include "kernels/engine.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/node_correlation.cpp"
#include <hwy/foreach_target.h>  // recompiles this file for each instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace vnsweep::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<double, kSampleGroup>;
using V = hn::Vec<D>;

/// Squares of signals between these bounds, and of their centred parts down to the tolerance for
/// live nodes, neither overflow nor underflow.
constexpr double kSmallestSquares = 0x1p-800;
constexpr double kLargestSquares = 0x1p800;

struct Sums {
  double values;
  double squares;
};

HWY_INLINE double total(V a, V b) {
  const D d;
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(a, b)));
}

/// The probes of a row that fill no vector, followed by zeros.
HWY_INLINE V load_rest(const double* x, int count) {
  const D d;
  HWY_ALIGN double rest[kSampleGroup] = {};
  std::copy_n(x, count, rest);
  return hn::Load(d, rest);
}

HWY_INLINE Sums sums_of(const double* x, int probes) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  V values[2] = {hn::Zero(d), hn::Zero(d)};
  V squares[2] = {hn::Zero(d), hn::Zero(d)};
  int p = 0;
  for (; p + 2 * lanes <= probes; p += 2 * lanes) {
    for (int v = 0; v < 2; ++v) {
      const V x_p = hn::LoadU(d, x + p + v * lanes);
      values[v] = hn::Add(values[v], x_p);
      squares[v] = hn::MulAdd(x_p, x_p, squares[v]);
    }
  }
  for (; p < probes; p += lanes) {
    const V x_p = load_rest(x + p, std::min(lanes, probes - p));
    values[0] = hn::Add(values[0], x_p);
    squares[0] = hn::MulAdd(x_p, x_p, squares[0]);
  }
  return {total(values[0], values[1]), total(squares[0], squares[1])};
}

/// z = x - mean, zero from the last probe on. x may be z.
/// @returns the sum of squares of z
HWY_INLINE double subtract_mean(const double* x, double mean, int probes, double* z,
                                std::size_t z_stride) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const V m = hn::Set(d, mean);
  V squares[2] = {hn::Zero(d), hn::Zero(d)};
  int p = 0;
  for (; p + 2 * lanes <= probes; p += 2 * lanes) {
    for (int v = 0; v < 2; ++v) {
      const V c = hn::Sub(hn::LoadU(d, x + p + v * lanes), m);
      hn::Store(c, d, z + p + v * lanes);
      squares[v] = hn::MulAdd(c, c, squares[v]);
    }
  }
  for (; p < static_cast<int>(z_stride); p += lanes) {
    const int count = std::clamp(probes - p, 0, lanes);
    const auto within = hn::FirstN(d, static_cast<std::size_t>(count));
    const V c = hn::IfThenElseZero(within, hn::Sub(load_rest(x + p, count), m));
    hn::Store(c, d, z + p);
    squares[0] = hn::MulAdd(c, c, squares[0]);
  }
  return total(squares[0], squares[1]);
}

/// x divided by its largest magnitude: correlation does not depend on the size of a signal.
/// @returns false if there is nothing to divide by, or if x is not finite
bool divide_by_largest(const double* x, int probes, double* scaled) {
  double largest = 0.0;
  bool finite = true;
  for (int p = 0; p < probes; ++p) {
    largest = std::max(largest, std::fabs(x[p]));
    finite = finite && std::isfinite(x[p]);
  }
  if (!finite || largest == 0.0) return false;
  for (int p = 0; p < probes; ++p)
    scaled[p] = x[p] / largest;
  return true;
}

/// @returns what divides the centred output by its norm, or zero if the node is not live
HWY_INLINE double centre(const double* x, int probes, double* z, std::size_t z_stride) {
  Sums sums = sums_of(x, probes);
  if (!(sums.squares > kSmallestSquares && sums.squares < kLargestSquares)) {  // or it is NaN
    if (!divide_by_largest(x, probes, z)) return 0.0;
    x = z;
    sums = sums_of(x, probes);
  }
  const double norm = std::sqrt(subtract_mean(x, sums.values / probes, probes, z, z_stride));
  return norm > kLiveTolerance * std::sqrt(sums.squares) ? 1.0 / norm : 0.0;
}

/// Sums over the lanes of each of eight vectors, in order: sums of neighbouring lanes of two
/// vectors fit into one, again and again.
HWY_INLINE void sums_of_eight(V (&v)[8], double* sums) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t vectors = 8;
#if HWY_TARGET != HWY_SCALAR
  for (std::size_t unsummed = lanes; unsummed > 1; unsummed /= 2) {
    vectors /= 2;
    for (std::size_t k = 0; k < vectors; ++k) {
      const V low = v[2 * k];
      const V high = v[2 * k + 1];
      v[k] = hn::Add(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low));
    }
  }
#endif
  for (std::size_t k = 0; k < vectors; ++k)
    hn::Store(v[k], d, sums + k * lanes);
}

/// Inner products of a group of rows from a on with a group from b on.
/// @param[out] sums  (kNodeGroup, kNodeGroup), aligned
HWY_INLINE void inner_products(const double* a, const double* b, std::size_t stride, double* sums) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  // Two rows of a at a time where there are registers for no more.
  constexpr int kParts = hn::MaxLanes(d) >= 8 ? 1 : 2;
  constexpr int kRows = kNodeGroup / kParts;
  for (int part = 0; part < kParts; ++part) {
    V sum[kRows / 2][8];
    for (auto& eight : sum) {
      for (V& s : eight)
        s = hn::Zero(d);
    }
    const double* rows = a + static_cast<std::size_t>(part * kRows) * stride;
    for (std::size_t p = 0; p < stride; p += lanes) {
      V b_p[kNodeGroup];
      for (int j = 0; j < kNodeGroup; ++j)
        b_p[j] = hn::Load(d, b + j * stride + p);
      for (int i = 0; i < kRows; ++i) {
        const V a_p = hn::Load(d, rows + i * stride + p);
        for (int j = 0; j < kNodeGroup; ++j) {
          V& s = sum[i / 2][i % 2 * kNodeGroup + j];
          s = hn::MulAdd(a_p, b_p[j], s);
        }
      }
    }
    for (int pair = 0; pair < kRows / 2; ++pair)
      sums_of_eight(sum[pair], sums + (part * kRows + 2 * pair) * kNodeGroup);
  }
}

}  // namespace

int CentreLiveNodes(const double* output, int nodes, int probes, std::size_t stride, double* z,
                    std::size_t z_stride, double* scale) {
  int live = 0;
  for (int i = 0; i < nodes; ++i) {
    scale[live] = centre(output + static_cast<std::size_t>(i) * stride, probes,
                         z + static_cast<std::size_t>(live) * z_stride, z_stride);
    if (scale[live] > 0.0) ++live;
  }
  for (int i = live; i < padded_nodes(live); ++i) {
    std::fill_n(z + static_cast<std::size_t>(i) * z_stride, z_stride, 0.0);
    scale[i] = 1.0;
  }
  return live;
}

void GramOfRows(const double* z, const double* scale, int rows, std::size_t stride, double* c) {
  HWY_ALIGN double sums[kNodeGroup * kNodeGroup];
  for (int first_i = 0; first_i < rows; first_i += kNodeGroup) {
    for (int first_j = 0; first_j <= first_i; first_j += kNodeGroup) {
      inner_products(z + static_cast<std::size_t>(first_i) * stride,
                     z + static_cast<std::size_t>(first_j) * stride, stride, sums);
      for (int i = first_i; i < std::min(first_i + kNodeGroup, rows); ++i) {
        double* row = c + static_cast<std::size_t>(i) * static_cast<std::size_t>(rows);
        for (int j = first_j; j < std::min(first_j + kNodeGroup, i + 1); ++j) {
          const double sum = sums[(i - first_i) * kNodeGroup + j - first_j];
          row[j] = scale == nullptr ? sum : sum * (scale[i] * scale[j]);
        }
      }
    }
  }
}

}  // namespace vnsweep::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vnsweep::cpu {

HWY_EXPORT(CentreLiveNodes);
HWY_EXPORT(GramOfRows);

int centre_live_nodes(const double* output, int nodes, int probes, std::size_t stride, double* z,
                      std::size_t z_stride, double* scale) {
  return HWY_DYNAMIC_DISPATCH(CentreLiveNodes)(output, nodes, probes, stride, z, z_stride, scale);
}
void gram_of_rows(const double* z, const double* scale, int rows, std::size_t stride, double* c) {
  HWY_DYNAMIC_DISPATCH(GramOfRows)(z, scale, rows, stride, c);
}

}  // namespace vnsweep::cpu
#endif  // HWY_ONCE
