#pragma once

#include <cstddef>
#include <cstdint>

namespace vnsweep::cpu {

/// What multiply_add_chains computed.
struct MultiplyAddResult {
  double flop = 0.0;  ///< a multiply-add is two
  float sum = 0.0F;   ///< over all elements of all chains; 1 an element after 64 rounds or more
};

/// Multiply-adds in registers alone, float32, with full vectors of the best instruction set: as
/// many independent chains x = x / 2 + 1 / 2 as the registers hold, so that neither memory nor the
/// latency of one operation is a limit. It is for measuring what a core reaches at most.
/// @param rounds  length of each chain
MultiplyAddResult multiply_add_chains(std::int64_t rounds);

/// Elements that negate_in_place takes must be a multiple of this.
inline constexpr std::size_t kNegateGroup = 256;

/// Changes the sign of every element: reads and writes every byte once, and computes next to
/// nothing. It is for measuring how fast a core moves data that stay in some level of memory.
/// @param data   (count), aligned as AlignedBuffer is
/// @param count  a multiple of kNegateGroup
void negate_in_place(float* data, std::size_t count);

}  // namespace vnsweep::cpu
