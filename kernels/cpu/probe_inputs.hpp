#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/network.hpp"

namespace vnsweep::cpu {

/// Probe inputs of the runs of one batch. A run is measured at the same inputs every time, and to
/// draw them costs as much as several layers, so they are kept as far as a fixed amount of memory
/// goes; the others are drawn again.
class ProbeInputs {
 public:
  /// @param inputs   values of one probe input
  /// @param samples  probe inputs of a run
  ProbeInputs(int inputs, int samples);

  /// @returns (inputs, padded samples), float64, aligned, zero beyond the samples; valid until the
  ///          next call
  const double* of(std::uint64_t run_key);

  /// Most bytes held for this many runs.
  static std::size_t bytes(int inputs, int samples, std::size_t runs);

 private:
  void draw(std::uint64_t run_key, AlignedBuffer<double>& columns) const;

  int inputs_;
  int samples_;
  std::unordered_map<std::uint64_t, AlignedBuffer<double>> kept_;
  AlignedBuffer<double> not_kept_;
};

}  // namespace vnsweep::cpu
