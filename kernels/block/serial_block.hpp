#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace vnsweep {

/// Order in which SerialBlock lets its threads run between two barriers. A program that is right
/// gives the same bits in every order.
enum class ThreadOrder { forward, reverse, shuffled };

/// Runs a block program on the host, one thread after the other.
///
/// A block program is a functor `void operator()(Block& block, std::int64_t index) const` that a
/// group of threads runs together; see block/README.md. Here the work of for_each() waits until the
/// next barrier; then each thread in turn does its share of everything since the last one. So a
/// thread is as far ahead of the others as a GPU would ever let it be, and a missing sync() shows.
class SerialBlock {
 public:
  /// @param scratch_bytes  shared memory of the block, filled with a pattern at first
  SerialBlock(int threads, std::size_t scratch_bytes, ThreadOrder order)
      : threads_(static_cast<std::size_t>(threads)),
        scratch_(scratch_bytes / sizeof(std::max_align_t) + 1),
        turns_(threads_) {
    constexpr int kUninitialised = 0x7f;
    std::fill_n(reinterpret_cast<unsigned char*>(scratch_.data()),
                scratch_.size() * sizeof(std::max_align_t),
                static_cast<unsigned char>(kUninitialised));
    std::iota(turns_.begin(), turns_.end(), std::size_t{0});
    if (order == ThreadOrder::reverse) std::reverse(turns_.begin(), turns_.end());
    if (order == ThreadOrder::shuffled) {
      // An odd stride through a power of two visits every thread once.
      for (std::size_t t = 0; t < threads_; ++t)
        turns_[t] = (t * 37 + 11) % threads_;
    }
  }

  template <class T>
  T* scratch() {
    return reinterpret_cast<T*>(scratch_.data());
  }

  /// Calls f(i) for i in [0, n), in no particular order. `f` must capture by value: it runs later.
  template <class F>
  void for_each(int n, F f) {
    const auto threads = static_cast<int>(threads_);
    pending_.emplace_back([n, f, threads](std::size_t thread) {
      for (int i = static_cast<int>(thread); i < n; i += threads)
        f(i);
    });
  }

  /// Calls f(i, j) for i in [0, rows) and j in [0, columns), neighbouring j by neighbouring
  /// threads.
  template <class F>
  void for_each(int rows, int columns, F f) {
    for_each(rows * columns, [columns, f](int e) { f(e / columns, e % columns); });
  }

  /// Barriers so far, those of sums included: a measure of the work of a block.
  std::int64_t barriers() const { return barriers_; }

  /// Barrier: everything written before it is seen after it.
  void sync() {
    ++barriers_;
    for (const std::size_t thread : turns_) {
      for (const auto& work : pending_)
        work(thread);
    }
    pending_.clear();
  }

  /// Sum of f(i) over [0, n), the same for every thread; includes barriers. The order of additions
  /// depends on n and the number of threads alone.
  template <class Real, class F>
  Real reduce_sum(int n, F f) {
    std::vector<Real> partial(threads_);
    pending_.emplace_back([&, n, f](std::size_t thread) {
      Real sum = 0;
      for (int i = static_cast<int>(thread); i < n; i += static_cast<int>(threads_))
        sum += f(i);
      partial[thread] = sum;
    });
    sync();
    std::size_t width = threads_;
    while (width / 2 >= static_cast<std::size_t>(std::max(n, 1)))
      width /= 2;  // the others hold zeros
    for (std::size_t half = width / 2; half > 0; half /= 2) {
      for (std::size_t t = 0; t < half; ++t)
        partial[t] += partial[t + half];
    }
    return partial[0];
  }

 private:
  std::size_t threads_;  // a power of two
  std::vector<std::max_align_t> scratch_;
  std::vector<std::size_t> turns_;
  std::int64_t barriers_ = 0;
  std::vector<std::function<void(std::size_t)>> pending_;
};

}  // namespace vnsweep
