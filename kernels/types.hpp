#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace vnsweep {

/// An integer with a meaning of its own: two kinds do not mix without saying so.
template <class Tag, class Rep>
class StrongInt {
 public:
  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongInt&) const = default;  // NOLINT(modernize-use-nullptr)

  constexpr StrongInt operator+(StrongInt other) const { return StrongInt(value_ + other.value_); }
  constexpr StrongInt operator-(StrongInt other) const { return StrongInt(value_ - other.value_); }
  constexpr StrongInt& operator++() {
    ++value_;
    return *this;
  }

 private:
  Rep value_{};
};

/// Position of a network inside its batch, from 0.
using NetworkIndex = StrongInt<struct NetworkIndexTag, std::uint32_t>;
/// Layer number: 1..depth are hidden layers, depth + 1 is the output layer.
using LayerIndex = StrongInt<struct LayerIndexTag, std::int32_t>;
/// Number of parameter updates.
using StepCount = StrongInt<struct StepCountTag, std::int64_t>;
/// Number of a CUDA device in this process, from 0, as CUDA_VISIBLE_DEVICES leaves them.
using DeviceId = StrongInt<struct DeviceIdTag, std::int32_t>;

}  // namespace vnsweep
