#pragma once

#include <cuda_pipeline_primitives.h>

#include <cstddef>

namespace vnsweep {

/// Most threads of a block.
inline constexpr int kMostCudaThreads = 256;
/// Sums that reduce_sum adds up side by side: as many as a block has threads at most.
inline constexpr int kPartialSums = kMostCudaThreads;

/// Runs a block program on the device; see block/README.md. The number of threads is a power of two
/// from a warp's 32 to 256.
/// @tparam kThreads  of the block; 0: not known when the program is compiled
template <int kThreads = 0>
class CudaBlock {
 public:
  /// @param scratch       dynamic shared memory of the block
  /// @param partial_sums  shared memory for kPartialSums doubles
  __device__ CudaBlock(void* scratch, double* partial_sums)
      : scratch_(scratch), partial_sums_(partial_sums) {}

  template <class T>
  __device__ T* scratch() {
    return static_cast<T*>(scratch_);
  }

  template <class F>
  __device__ void for_each(int n, F f) {
    for (int i = static_cast<int>(threadIdx.x); i < n; i += thread_count())
      f(i);
  }

  /// How the threads share out rows of so many columns. It takes divisions, so programs that go
  /// through rows of the same columns again and again keep it.
  struct Split {
    static constexpr int kTurns = 2;  ///< that a loop over them makes at once
    int columns;
    int row;  ///< and column: where this thread begins
    int column;
    int rows_ahead;  ///< and columns: from one element of a thread to its next
    int columns_ahead;
  };
  __device__ Split split(int columns) const {
    const int threads = thread_count();
    const int thread = static_cast<int>(threadIdx.x);
    return {columns, thread / columns, thread % columns, threads / columns, threads % columns};
  }

  template <class F>
  __device__ void for_each(int rows, const Split& split, F f) {
    int row = split.row;
    int column = split.column;
    while (row < rows) {
      f(row, column);
      row += split.rows_ahead;
      column += split.columns_ahead;
      if (column >= split.columns) {
        column -= split.columns;
        ++row;
      }
    }
  }
  /// Likewise, of a number of columns that is known when the program is compiled, which divides the
  /// number of threads.
  template <int kColumns>
  struct FixedSplit {
    static_assert(kThreads % kColumns == 0);
    static constexpr int kTurns = 8;
    static constexpr int columns = kColumns;
    static constexpr int rows_ahead = kThreads / kColumns;
    int row;  ///< where this thread begins
    int column;
  };
  template <int kColumns>
  __device__ FixedSplit<kColumns> fixed_split() const {
    const int thread = static_cast<int>(threadIdx.x);
    return {thread / kColumns, thread % kColumns};
  }
  /// A known number of rows makes a known number of turns.
  /// @tparam kTurns  rows at once
  template <int kTurns = 8, int kColumns, class F>
  __device__ void for_each(int rows, const FixedSplit<kColumns>& split, F f) {
    constexpr int kAhead = FixedSplit<kColumns>::rows_ahead;
#pragma unroll kTurns
    for (int k = 0; k < rows; k += kAhead) {
      const int row = k + split.row;
      if (rows % kAhead == 0 || row < rows) f(row, split.column);
    }
  }
  /// f(i, j, prepare(j)): a thread has one column, for which it prepares once.
  template <int kTurns, int kColumns, class Prepare, class F>
  __device__ void for_each_of_column(int rows, const FixedSplit<kColumns>& split, Prepare prepare,
                                     F f) {
    const auto prepared = prepare(split.column);
    for_each<kTurns>(rows, split, [&](int row, int column) { f(row, column, prepared); });
  }

  template <class F>
  __device__ void for_each(int rows, int columns, F f) {
    for_each(rows, split(columns), f);
  }

  /// Begins to copy a matrix (rows, columns) into shared memory.
  /// @tparam kUnit  floats at once: 1, or 4 if all rows begin at multiples of 16 bytes
  /// @param split   of the units of a row
  template <int kUnit, class AnySplit>
  __device__ void copy_rows(float* to, int pitch, const float* from, int rows,
                            const AnySplit& split) {
    for_each(rows, split, [=](int i, int j) {
      __pipeline_memcpy_async(to + i * pitch + j * kUnit, from + (i * split.columns + j) * kUnit,
                              kUnit * sizeof(float));
    });
  }
  __device__ void close_copies() {
    __pipeline_commit();
  }
  template <int kLatest>
  __device__ void wait_for_copies() {
    __pipeline_wait_prior(kLatest);
  }

  __device__ void sync() {
    if constexpr (kThreads == kWarpThreads) {
      __syncwarp();
    } else {
      __syncthreads();
    }
  }

  /// The order of additions depends on n alone.
  template <class Real, class F>
  __device__ Real reduce_sum(int n, F f) {
    static_assert(sizeof(Real) <= sizeof(double));
    Real* partial = static_cast<Real*>(partial_sums_);
    const int thread = static_cast<int>(threadIdx.x);
    const int threads = thread_count();
    int lanes = 1;
    while (lanes < n && lanes < kPartialSums)
      lanes *= 2;
    for (int lane = thread; lane < lanes; lane += threads) {
      Real sum = 0;
      for (int i = lane; i < n; i += kPartialSums)
        sum += f(i);
      partial[lane] = sum;
    }
    sync();
    for (int half = lanes / 2; half > 0; half /= 2) {
      for (int lane = thread; lane < half; lane += threads)
        partial[lane] += partial[lane + half];
      sync();
    }
    const Real total = partial[0];
    sync();  // before the next reduction writes over it
    return total;
  }

 private:
  static constexpr int kWarpThreads = 32;

  __device__ static int thread_count() {
    if constexpr (kThreads > 0) {
      return kThreads;
    } else {
      return static_cast<int>(blockDim.x);
    }
  }

  void* scratch_;
  void* partial_sums_;
};

}  // namespace vnsweep
