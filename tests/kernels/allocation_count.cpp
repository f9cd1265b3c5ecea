#include "tests/kernels/allocation_count.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t count = 0;
}  // namespace

namespace vnsweep::testing {
std::size_t allocations() {
  return count;
}
}  // namespace vnsweep::testing

// Replaced for the whole executable. Under AddressSanitizer the forms for arrays have their own
// allocator, and so would the one that does not throw if it were left out, whose memory comes back
// to the delete below.
void* operator new(std::size_t size, const std::nothrow_t& /*nothrow*/) noexcept {
  ++count;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t& /*nothrow*/) noexcept {
  std::free(memory);
}
