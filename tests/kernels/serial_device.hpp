#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/batched/device.hpp"
#include "kernels/block/serial_block.hpp"
#include "kernels/engine.hpp"
#include "kernels/linear_algebra.hpp"

namespace vnsweep::batched {

/// What a SerialDevice does and what it saw, shared with the test that owns it.
struct SerialDeviceRecord {
  ThreadOrder order = ThreadOrder::forward;
  std::size_t memory_limit = std::numeric_limits<std::size_t>::max();
  /// Two blocks fit one of the many multiprocessors.
  BlockLimits block_limits{.multiprocessors = 1000,
                           .multiprocessor_scratch_bytes = 2 * kMostScratchBytes,
                           .block_scratch_bytes = kMostScratchBytes};
  std::size_t most_eigenvalue_matrices = std::numeric_limits<int>::max();
  std::int64_t unconverged_matrix = -1;  ///< of eigenvalues(): does not converge, it says
  std::function<void()> before_launch;   ///< may throw, as a device does that fails

  std::size_t bytes_in_use = 0;
  std::size_t most_bytes_in_use = 0;
  std::int64_t launches = 0;
  std::int64_t multiplied_matrices = 0;
  std::int64_t barriers = 0;          ///< beyond the two of a block that ends at once
  std::vector<int> updated_networks;  ///< of each product that adds to weights
  std::int64_t eigenvalue_calls = 0;
  std::int64_t eigenvalue_matrices = 0;
};

/// Runs the engine of GPUs on the host, plainly: loops, SerialBlock, LAPACK. For tests on machines
/// without a GPU; everything but the calls of CUDA itself is the same code.
class SerialDevice {
 public:
  explicit SerialDevice(std::shared_ptr<SerialDeviceRecord> record) : record_(std::move(record)) {}

  /// Memory that is filled with NaN at first: nothing may count on zeros.
  class Memory {
   public:
    Memory(std::size_t bytes, std::shared_ptr<SerialDeviceRecord> record)
        : bytes_(bytes), record_(std::move(record)), data_(bytes / kAlignment + 1) {
      std::memset(data_.data(), 0xff, data_.size() * kAlignment);
      record_->bytes_in_use += bytes_;
      record_->most_bytes_in_use = std::max(record_->most_bytes_in_use, record_->bytes_in_use);
    }
    Memory(Memory&& other) noexcept
        : bytes_(std::exchange(other.bytes_, 0)),
          record_(std::move(other.record_)),
          data_(std::move(other.data_)) {}
    Memory& operator=(Memory&&) = delete;
    ~Memory() {
      if (record_) record_->bytes_in_use -= bytes_;
    }
    std::byte* data() { return reinterpret_cast<std::byte*>(data_.data()); }
    std::size_t size() const { return bytes_; }

   private:
    static constexpr std::size_t kAlignment = 256;
    struct alignas(kAlignment) Unit {
      std::byte bytes[kAlignment];
    };
    std::size_t bytes_;
    std::shared_ptr<SerialDeviceRecord> record_;
    std::vector<Unit> data_;
  };

  Memory allocate(std::size_t bytes) {
    if (record_->bytes_in_use + bytes > record_->memory_limit) {
      throw DeviceOutOfMemory("serial: " + std::to_string(bytes) + " bytes are too many");
    }
    return {bytes, record_};
  }

  BlockLimits block_limits() const { return record_->block_limits; }

  std::size_t memory_limit(std::size_t held) const {
    return record_->memory_limit - record_->bytes_in_use + held;
  }

  template <class T>
  void upload(T* to, const T* from, std::int64_t count) {
    std::copy_n(from, count, to);
  }
  template <class T>
  void download(T* to, const T* from, std::int64_t count) {
    std::copy_n(from, count, to);
  }
  template <class T>
  void copy(T* to, const T* from, std::int64_t count) {
    std::copy_n(from, count, to);
  }
  template <class T>
  void clear(T* data, std::int64_t count) {
    std::fill_n(data, count, T{});
  }

  /// Items and elements backwards unless the threads of blocks go forward: work that depends on the
  /// order gives other bits.
  template <class F>
  void for_each(std::int64_t items, int size, const F& f) {
    enqueue([this, items, size, f] {
      const bool backwards = record_->order != ThreadOrder::forward;
      for (std::int64_t k = 0; k < items; ++k) {
        const std::int64_t item = backwards ? items - 1 - k : k;
        for (int e = 0; e < size; ++e)
          f(item, backwards ? size - 1 - e : e);
      }
    });
  }

  template <class Program>
  void for_blocks(const BlockLaunch& shape, const Program& program) {
    if (shape.scratch_bytes > record_->block_limits.block_scratch_bytes) {
      throw std::logic_error("more shared memory than a block has");
    }
    enqueue([this, shape, program] {
      const bool backwards = record_->order != ThreadOrder::forward;
      for (std::int64_t k = 0; k < shape.blocks; ++k) {
        SerialBlock block(shape.threads, shape.scratch_bytes, record_->order);
        program(block, backwards ? shape.blocks - 1 - k : k);
        block.sync();
        record_->barriers += std::max<std::int64_t>(0, block.barriers() - 2);
      }
    });
  }

  template <class T>
  void multiply(const BatchedProduct<T>& product) {
    enqueue([this, product] {
      record_->multiplied_matrices += product.count;
      if (product.beta == T(1)) record_->updated_networks.push_back(product.count);
      for (int k = 0; k < product.count; ++k)
        multiply_one(product, k);
    });
  }

  EigenvaluePlan plan_eigenvalues(int /*n*/, int count) const {
    return {static_cast<int>(
        std::min(static_cast<std::size_t>(count), record_->most_eigenvalue_matrices))};
  }

  void eigenvalues(int n, int count, double* matrices, double* values, std::int32_t* info,
                   void* /*workspace*/, std::size_t /*workspace_bytes*/) {
    const auto size = static_cast<std::size_t>(n);
    for (int k = 0; k < count; ++k) {
      const auto at = static_cast<std::size_t>(k);
      const std::vector<double> descending =
          symmetric_eigenvalues({matrices + at * size * size, size * size}, n);
      std::reverse_copy(descending.begin(), descending.end(), values + at * size);
      info[k] = record_->eigenvalue_matrices++ == record_->unconverged_matrix ? 1 : 0;
    }
    ++record_->eigenvalue_calls;
  }

  int stable_partition(const std::int32_t* elements, int count, const std::int32_t* flags,
                       std::int32_t* out) {
    std::copy_n(elements, count, out);
    const auto middle =
        std::stable_partition(out, out + count, [&](std::int32_t e) { return flags[e] == 0; });
    return static_cast<int>(middle - out);
  }

  /// As a graph of CUDA: pieces of work with the arguments that they had when they were recorded.
  using Recording = std::vector<std::function<void()>>;
  template <class Enqueue>
  Recording record(Enqueue&& enqueue_work) {
    recording_.emplace();
    std::forward<Enqueue>(enqueue_work)();
    return *std::exchange(recording_, std::nullopt);
  }
  void replay(const Recording& recording) {
    for (const auto& work : recording)
      enqueue(work);
  }

 private:
  void enqueue(const std::function<void()>& work) {
    if (recording_) {
      recording_->push_back(work);
      return;
    }
    ++record_->launches;
    if (record_->before_launch) record_->before_launch();
    work();
  }

  template <class T>
  static void multiply_one(const BatchedProduct<T>& p, int k) {
    const T* a = p.a.data + k * p.a.stride;
    const T* b = p.b.data + k * p.b.stride;
    T* c = p.c.data + k * p.c.stride;
    for (std::int64_t i = 0; i < p.rows; ++i) {
      for (std::int64_t j = 0; j < p.columns; ++j) {
        T sum = 0;
        for (std::int64_t m = 0; m < p.inner; ++m) {
          const T left = p.a.transposed ? a[m * p.rows + i] : a[i * p.inner + m];
          const T right = p.b.transposed ? b[j * p.inner + m] : b[m * p.columns + j];
          sum += left * right;
        }
        T& out = c[i * p.columns + j];
        out = p.beta == T(0) ? sum : sum + p.beta * out;
      }
    }
  }

  std::shared_ptr<SerialDeviceRecord> record_;
  std::optional<Recording> recording_;
};
static_assert(Device<SerialDevice>);

}  // namespace vnsweep::batched
