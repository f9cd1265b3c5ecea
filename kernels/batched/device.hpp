#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/network.hpp"

namespace vnsweep::batched {

/// One operand of a batched product: matrices at equal distances, each row-major without gaps.
template <class T>
struct MatrixBatch {
  T* data = nullptr;
  std::int64_t stride = 0;  ///< elements from one matrix to the next; 0: all share one
  bool transposed = false;  ///< op(X) is the transpose of what is stored
};

/// C_k = op(A_k) op(B_k) + beta C_k for k in [0, count), in the operands' own precision.
template <class T>
struct BatchedProduct {
  int rows = 0;     ///< of op(A) and C
  int columns = 0;  ///< of op(B) and C
  int inner = 0;    ///< columns of op(A), rows of op(B)
  MatrixBatch<const T> a;
  MatrixBatch<const T> b;
  MatrixBatch<T> c;
  T beta = 0;
  int count = 0;
  Precision precision = Precision::fp32;  ///< of float products
};

/// How many symmetric matrices a device decomposes at once, and the memory it wants for that.
struct EigenvaluePlan {
  int matrices = 0;
  std::size_t workspace_bytes = 0;
};

/// Blocks of a block program.
struct BlockLaunch {
  std::int64_t blocks = 0;        ///< indices of the program
  int threads = 32;               ///< of each block, a power of two
  std::size_t scratch_bytes = 0;  ///< shared memory of each block, within the device's limits
};

/// What the blocks of a device share.
struct BlockLimits {
  int multiprocessors = 1;
  std::size_t multiprocessor_scratch_bytes = 0;  ///< shared memory for all blocks of one
  std::size_t block_scratch_bytes = 0;           ///< and what one block can have of it
};

/// What every GPU of compute capability 8 gives a block that asks for it, and two blocks of it fit
/// a multiprocessor with 228 KiB.
inline constexpr std::size_t kMostScratchBytes = 96 << 10;

inline constexpr int kWarpThreads = 32;

/// Threads of a block that works on a whole layer of one network.
inline constexpr int kReductionThreads = 256;

/// Threads of a block that shares out `items`: the least power of two that holds them all, within
/// what a warp and a block allow.
constexpr int block_threads(int items) {
  constexpr int kMost = 256;
  int threads = kWarpThreads;
  while (threads < items && threads < kMost)
    threads *= 2;
  return threads;
}

/// What the batched engine needs of a device. Work is done in the order in which it was asked
/// for; download() and synchronize() wait for it. Pointers are the device's.
///
///     allocate(bytes)            memory that frees itself, with data() and size()
///     upload(to, from, count)    from the host; `from` may be reused at once
///     download(to, from, count)  to the host
///     copy(to, from, count)      on the device
///     clear(data, count)         sets bytes to zero
///     for_each(items, size, f)   f(item, element) for item < items and element < size
///     for_blocks(launch, p)      runs a block program; see block/README.md
///     multiply(product)          BatchedProduct of float or double
///     record(f) -> Recording     what f() asks for, with the arguments it has then; nothing runs
///     replay(recording)          runs it
///     block_limits()             BlockLimits
///     memory_limit(held)         bytes that can be allocated once `held` are given back
///     plan_eigenvalues(), eigenvalues(), stable_partition(): see below
namespace detail {
struct AnyElementWork {
  VNS_HD void operator()(std::int64_t /*item*/, int /*element*/) const {}
};
struct AnyBlockProgram {
  template <class Block>
  VNS_HD void operator()(Block& /*block*/, std::int64_t /*index*/) const {}
};
struct AnyWork {
  void operator()() const {}
};
}  // namespace detail

template <class D>
concept Device = requires(D device, std::size_t bytes, float* f32, const float* const_f32,
                          std::int32_t* i32, const std::int32_t* const_i32, double* f64,
                          void* workspace, BatchedProduct<float> product32,
                          BatchedProduct<double> product64) {
  { device.allocate(bytes).data() } -> std::same_as<std::byte*>;
  { device.allocate(bytes).size() } -> std::same_as<std::size_t>;
  device.upload(f32, const_f32, std::int64_t{});
  device.download(f32, const_f32, std::int64_t{});
  device.copy(f32, const_f32, std::int64_t{});
  device.clear(f32, std::int64_t{});
  device.for_each(std::int64_t{}, int{}, detail::AnyElementWork{});
  device.for_blocks(BlockLaunch{}, detail::AnyBlockProgram{});
  device.multiply(product32);
  device.multiply(product64);
  { device.plan_eigenvalues(int{}, int{}) } -> std::same_as<EigenvaluePlan>;
  // Eigenvalues, ascending, (count, n), of symmetric matrices (count, n, n), which are destroyed;
  // info (count) is not zero where the iteration did not converge.
  device.eigenvalues(int{}, int{}, f64, f64, i32, workspace, bytes);
  // Writes those of `elements` whose flag is 0 to the front of `out` and the others behind, both in
  // their old order, and returns how many are in front. Elements are indices of flags.
  { device.stable_partition(const_i32, int{}, const_i32, i32) } -> std::same_as<int>;
  device.replay(device.record(detail::AnyWork{}));
  { device.block_limits() } -> std::same_as<BlockLimits>;
  { device.memory_limit(bytes) } -> std::same_as<std::size_t>;
};

}  // namespace vnsweep::batched
