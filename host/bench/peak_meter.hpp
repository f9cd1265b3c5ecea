#pragma once

#include <cstddef>
#include <vector>

#include "host/bench/crew.hpp"
#include "kernels/cpu/aligned_buffer.hpp"

namespace vnsweep::bench {

/// Measures what the machine reaches now, with every thread of a crew at once. A measurement takes
/// some 5 ms; what disturbs it makes it smaller, so that of several the greatest counts. Rates are
/// sums over the threads, each over the time that it had a processor.
class PeakMeter {
 public:
  explicit PeakMeter(Crew& crew) : crew_(crew), buffers_(crew.size()) {}

  /// Float32 multiply-adds in registers: floating-point operations per second, two each.
  double multiply_adds();

  /// Bytes read and bytes written per second, together, by going through an array in place.
  /// @param bytes  per thread, a multiple of 1 KiB
  double bandwidth(std::size_t bytes);

 private:
  Crew& crew_;
  std::vector<cpu::AlignedBuffer<float>> buffers_;  // of the largest size so far, one per thread
};

}  // namespace vnsweep::bench
