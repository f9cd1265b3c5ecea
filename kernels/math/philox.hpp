#pragma once

#include <Random123/philox.h>

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"

namespace vnsweep {

/// What a sequence of random numbers is for. Source: DESIGN.md section 1, "Random numbers".
enum class Stream : std::uint32_t {
  weights = 0,
  biases = 1,
  batch_order = 2,
  probe_inputs = 3,
  generated_data = 4,
  resampling = 5,
};

/// One random sequence of a run: Philox4x32-10 keyed by the run, counted by tensor and stream.
/// Element e is lane e % 4 of block e / 4, so any element can be had without those before it.
struct RandomSequence {
  std::uint64_t run_key = 0;
  std::uint32_t tensor = 0;  ///< layer number, epoch or 0, as the stream defines
  Stream stream = Stream::weights;

  /// Four independent uniform 32-bit words.
  VNS_HD r123::Philox4x32::ctr_type block(std::uint64_t index) const {
    const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(index),
                                              static_cast<std::uint32_t>(index >> 32), tensor,
                                              static_cast<std::uint32_t>(stream)}};
    const r123::Philox4x32::key_type key{
        {static_cast<std::uint32_t>(run_key), static_cast<std::uint32_t>(run_key >> 32)}};
    return r123::Philox4x32{}(counter, key);
  }
};

struct NormalPair {
  float first = 0.0F;
  float second = 0.0F;
};

/// Box-Muller: two standard normals from two uniform words, computed in double, rounded once.
/// The words stand for the midpoints (w + 1/2) / 2^32, so the logarithm is finite.
VNS_HD inline NormalPair box_muller(std::uint32_t radius_word, std::uint32_t angle_word) {
  constexpr double kStep = 0x1p-32;
  constexpr double kTwoPi = 6.283185307179586476925286766559;
  const double radius = std::sqrt(-2.0 * std::log((radius_word + 0.5) * kStep));
  const double angle = kTwoPi * ((angle_word + 0.5) * kStep);
  return {static_cast<float>(radius * std::cos(angle)),
          static_cast<float>(radius * std::sin(angle))};
}

/// Elements 4 * block to 4 * block + 3 of a sequence of standard normals.
VNS_HD inline void draw_four_normals(const RandomSequence& sequence, std::uint64_t block,
                                     float normals[4]) {
  const auto words = sequence.block(block);
  const NormalPair low = box_muller(words[0], words[1]);
  const NormalPair high = box_muller(words[2], words[3]);
  normals[0] = low.first;
  normals[1] = low.second;
  normals[2] = high.first;
  normals[3] = high.second;
}

/// Puts the samples 0..samples-1 in the order in which an epoch visits them (Fisher-Yates); scaling
/// a 32-bit word to the range is uneven by less than samples / 2^32.
VNS_HD inline void draw_permutation(const RandomSequence& sequence, std::int32_t samples,
                                    std::int32_t* order) {
  for (std::int32_t i = 0; i < samples; ++i)
    order[i] = i;
  for (std::int32_t i = samples - 1; i > 0; --i) {
    const auto words = sequence.block(static_cast<std::uint64_t>(i) / 4);
    const std::uint64_t word = words[static_cast<std::size_t>(i) % 4];
    const auto j = static_cast<std::int32_t>((word * (static_cast<std::uint64_t>(i) + 1)) >> 32);
    const std::int32_t chosen = order[j];
    order[j] = order[i];
    order[i] = chosen;
  }
}

}  // namespace vnsweep
