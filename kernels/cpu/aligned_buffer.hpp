#pragma once

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstddef>
#include <new>

namespace vnsweep::cpu {

/// Zero-filled array aligned for every vector length.
template <class T>
class AlignedBuffer {
 public:
  AlignedBuffer() = default;

  /// @throws std::bad_alloc
  explicit AlignedBuffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    data_ = hwy::AllocateAligned<T>(size);
    if (!data_) throw std::bad_alloc();
    std::fill_n(data_.get(), size, T{});
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  hwy::AlignedFreeUniquePtr<T[]> data_;
  std::size_t size_ = 0;
};

}  // namespace vnsweep::cpu
