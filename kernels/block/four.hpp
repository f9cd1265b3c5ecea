#pragma once

#include "kernels/host_device.hpp"

#if !defined(__CUDA_ARCH__)
#include <cstring>
#endif

namespace vnsweep {

/// Floats that are read at once.
inline constexpr int kFour = 4;
struct Four {
  float at[kFour];
};

/// @param from  aligned to 16 bytes
VNS_HD inline Four load_four(const float* from) {
#if defined(__CUDA_ARCH__)
  const float4 v = *reinterpret_cast<const float4*>(from);
  return {{v.x, v.y, v.z, v.w}};
#else
  Four four;
  std::memcpy(four.at, __builtin_assume_aligned(from, sizeof(Four)), sizeof(Four));
  return four;
#endif
}

/// The least multiple of four that is not less.
VNS_HD constexpr int round_to_fours(int floats) {
  return (floats + kFour - 1) / kFour * kFour;
}

}  // namespace vnsweep
