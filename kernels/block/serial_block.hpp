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

  /// How the threads share out rows of so many columns.
  struct Split {
    int columns = 0;
  };
  Split split(int columns) const { return {columns}; }

  /// Likewise, of a number of columns that is known when the program is compiled, which divides the
  /// number of threads.
  template <int kColumns>
  struct FixedSplit {
    static constexpr int columns = kColumns;
  };
  template <int kColumns>
  FixedSplit<kColumns> fixed_split() const {
    return {};
  }

  /// Calls f(i, j) for i in [0, rows) and j in [0, columns), neighbouring j by neighbouring
  /// threads.
  template <class AnySplit, class F>
  requires requires(AnySplit split) { split.columns; }
  void for_each(int rows, const AnySplit& split, F f) {
    const int columns = split.columns;
    for_each(rows * columns, [columns, f](int e) { f(e / columns, e % columns); });
  }
  template <class F>
  void for_each(int rows, int columns, F f) {
    for_each(rows, split(columns), f);
  }
  /// Likewise f(i, j, prepare(j)): a thread has one column, for which it prepares once.
  /// @tparam kTurns  rows at once, on a device
  template <int kTurns, int kColumns, class Prepare, class F>
  void for_each_of_column(int rows, const FixedSplit<kColumns>& /*split*/, Prepare prepare, F f) {
    pending_.emplace_back([=, threads = threads_](std::size_t thread) {
      const int column = static_cast<int>(thread) % kColumns;
      const auto prepared = prepare(column);
      for (int row = static_cast<int>(thread) / kColumns; row < rows;
           row += static_cast<int>(threads) / kColumns)
        f(row, column, prepared);
    });
  }

  /// Begins to copy a matrix into shared memory; done as late as is allowed.
  /// @tparam kUnit  floats at once
  /// @param split   of the units of a row
  template <int kUnit, class AnySplit>
  void copy_rows(float* to, int pitch, const float* from, int rows, const AnySplit& split) {
    const int units = split.columns;
    copies_.back().emplace_back([=, threads = threads_](std::size_t thread) {
      for (int e = static_cast<int>(thread); e < rows * units; e += static_cast<int>(threads))
        std::copy_n(from + e * kUnit, kUnit, to + e / units * pitch + e % units * kUnit);
    });
  }
  /// What was begun to be copied since the last call is a group.
  void close_copies() { copies_.emplace_back(); }
  /// Waits for the copies of all groups but the latest ones.
  template <int kLatest>
  void wait_for_copies() {
    // The group that is open is behind those that are closed.
    while (copies_.size() > kLatest + 1) {
      pending_.insert(pending_.end(), copies_.front().begin(), copies_.front().end());
      copies_.erase(copies_.begin());
    }
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
  /// depends on n alone.
  template <class Real, class F>
  Real reduce_sum(int n, F f) {
    std::vector<Real> partial(kPartialSums);
    pending_.emplace_back([&, n, f, threads = threads_](std::size_t thread) {
      for (std::size_t lane = thread; lane < kPartialSums; lane += threads) {
        for (int i = static_cast<int>(lane); i < n; i += kPartialSums)
          partial[lane] += f(i);
      }
    });
    sync();
    for (std::size_t half = kPartialSums / 2; half > 0; half /= 2) {
      for (std::size_t t = 0; t < half; ++t)
        partial[t] += partial[t + half];
    }
    return partial[0];
  }

 private:
  /// As many as a block has threads at most.
  static constexpr int kPartialSums = 256;

  std::size_t threads_;  // a power of two
  std::vector<std::max_align_t> scratch_;
  std::vector<std::size_t> turns_;
  std::int64_t barriers_ = 0;
  using Work = std::vector<std::function<void(std::size_t)>>;
  Work pending_;
  std::vector<Work> copies_{1};  ///< groups, the last of them open
};

}  // namespace vnsweep
