#pragma once

#include <cstddef>
#include <cstdint>

namespace vnsweep::batched {

/// Part of an arena: `count` elements that lie `offset` bytes from its begin.
template <class T>
struct Slice {
  std::size_t offset = 0;
  std::int64_t count = 0;

  T* in(std::byte* arena) const { return reinterpret_cast<T*>(arena + offset); }
};

/// Lays out the arrays of a batch in one piece of memory: what is reserved here is what is
/// allocated, so the size of a batch can be told before any of it is.
class ArenaPlan {
 public:
  template <class T>
  Slice<T> reserve(std::int64_t count) {
    const Slice<T> slice{bytes_, count};
    const std::size_t size = static_cast<std::size_t>(count) * sizeof(T);
    bytes_ += (size + kAlignment - 1) / kAlignment * kAlignment;
    return slice;
  }

  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kAlignment = 256;  // what cudaMalloc gives, and vector loads like
  std::size_t bytes_ = 0;
};

}  // namespace vnsweep::batched
