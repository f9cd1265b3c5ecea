#pragma once

#include <cstddef>

namespace vnsweep {

/// Runs a block program on the device; see block/README.md. The number of threads is a power of two
/// from a warp's 32 to 256.
class CudaBlock {
 public:
  /// @param scratch  dynamic shared memory of the block
  __device__ explicit CudaBlock(void* scratch) : scratch_(scratch) {}

  template <class T>
  __device__ T* scratch() {
    return static_cast<T*>(scratch_);
  }

  template <class F>
  __device__ void for_each(int n, F f) {
    for (int i = static_cast<int>(threadIdx.x); i < n; i += static_cast<int>(blockDim.x))
      f(i);
  }

  /// Divides once a call, not once an element.
  template <class F>
  __device__ void for_each(int rows, int columns, F f) {
    const int threads = static_cast<int>(blockDim.x);
    const int rows_ahead = threads / columns;
    const int columns_ahead = threads % columns;
    int row = static_cast<int>(threadIdx.x) / columns;
    int column = static_cast<int>(threadIdx.x) % columns;
    while (row < rows) {
      f(row, column);
      row += rows_ahead;
      column += columns_ahead;
      if (column >= columns) {
        column -= columns;
        ++row;
      }
    }
  }

  __device__ void sync() { __syncthreads(); }

  template <class Real, class F>
  __device__ Real reduce_sum(int n, F f) {
    constexpr int kMaxThreads = 256;
    __shared__ Real partial[kMaxThreads];
    const int thread = static_cast<int>(threadIdx.x);
    Real sum = 0;
    for (int i = thread; i < n; i += static_cast<int>(blockDim.x))
      sum += f(i);
    partial[thread] = sum;
    __syncthreads();
    int width = static_cast<int>(blockDim.x);
    while (width > 1 && width / 2 >= n)
      width /= 2;  // the others hold zeros
    for (int half = width / 2; half > 0; half /= 2) {
      if (thread < half) partial[thread] += partial[thread + half];
      __syncthreads();
    }
    const Real total = partial[0];
    __syncthreads();  // before the next reduction writes over it
    return total;
  }

 private:
  void* scratch_;
};

}  // namespace vnsweep
