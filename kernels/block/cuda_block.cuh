#pragma once

#include <cuda_pipeline_primitives.h>

#include <cstddef>

namespace vnsweep {

/// Runs a block program on the device; see block/README.md. The number of threads is a power of two
/// from a warp's 32 to 256.
class CudaBlock {
 public:
  static constexpr int kMostThreads = 256;
  static constexpr int kPartialSums = kMostThreads;

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
    for (int i = static_cast<int>(threadIdx.x); i < n; i += static_cast<int>(blockDim.x))
      f(i);
  }

  /// How the threads share out rows of so many columns. It takes divisions, so programs that go
  /// through rows of the same columns again and again keep it.
  struct Split {
    int columns;
    int row;  ///< and column: where this thread begins
    int column;
    int rows_ahead;  ///< and columns: from one element of a thread to its next
    int columns_ahead;
  };
  __device__ Split split(int columns) const {
    const int threads = static_cast<int>(blockDim.x);
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
  template <class F>
  __device__ void for_each(int rows, int columns, F f) {
    for_each(rows, split(columns), f);
  }

  /// Begins to copy a matrix (rows, columns) into shared memory.
  /// @tparam kUnit  floats at once: 1, or 4 if all rows begin at multiples of 16 bytes
  /// @param split   of the units of a row
  template <int kUnit>
  __device__ void copy_rows(float* to, int pitch, const float* from, int rows, const Split& split) {
    for_each(rows, split, [=](int i, int j) {
      __pipeline_memcpy_async(to + i * pitch + j * kUnit, from + (i * split.columns + j) * kUnit,
                              kUnit * sizeof(float));
    });
  }
  __device__ void close_copies() { __pipeline_commit(); }
  template <int kLatest>
  __device__ void wait_for_copies() {
    __pipeline_wait_prior(kLatest);
  }

  __device__ void sync() { __syncthreads(); }

  /// The order of additions depends on n alone.
  template <class Real, class F>
  __device__ Real reduce_sum(int n, F f) {
    static_assert(sizeof(Real) <= sizeof(double));
    Real* partial = static_cast<Real*>(partial_sums_);
    const int thread = static_cast<int>(threadIdx.x);
    const int threads = static_cast<int>(blockDim.x);
    int lanes = 1;
    while (lanes < n && lanes < kPartialSums)
      lanes *= 2;
    for (int lane = thread; lane < lanes; lane += threads) {
      Real sum = 0;
      for (int i = lane; i < n; i += kPartialSums)
        sum += f(i);
      partial[lane] = sum;
    }
    __syncthreads();
    for (int half = lanes / 2; half > 0; half /= 2) {
      for (int lane = thread; lane < half; lane += threads)
        partial[lane] += partial[lane + half];
      __syncthreads();
    }
    const Real total = partial[0];
    __syncthreads();  // before the next reduction writes over it
    return total;
  }

 private:
  void* scratch_;
  void* partial_sums_;
};

}  // namespace vnsweep
