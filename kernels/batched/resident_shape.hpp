#pragma once

#include <algorithm>

#include "kernels/batched/device.hpp"
#include "kernels/batched/resident_layout.hpp"
#include "kernels/block/four.hpp"
#include "kernels/network.hpp"

namespace vnsweep::batched {

/// Networks of a width and a number of samples that are known when the program is compiled, so that
/// nothing is left to be counted while it runs. Full batches alone.
template <int kTheWidth, int kTheSamples, int kTheThreads>
struct FixedShape {
  static_assert(kTheWidth % kFour == 0 && kTheThreads % kTheWidth == 0);
  static constexpr bool kFixed = true;
  static constexpr int kWidth = kTheWidth;
  static constexpr int kSamples = kTheSamples;
  static constexpr int kThreads = kTheThreads;
  /// Samples that a thread works on at once.
  static constexpr int kAtOnce = std::clamp(kWidth * kSamples / kThreads, 1, kFour);
  static constexpr int kMostWarps = 12;  ///< of a multiprocessor: registers are for so many
};

/// Any networks that fit.
template <int kSamplesAtOnce>
struct AnyShape {
  static constexpr bool kFixed = false;
  static constexpr int kThreads = 0;  ///< as many as the launch says
  static constexpr int kAtOnce = kSamplesAtOnce;
  static constexpr int kMostWarps = 16;
};

/// Few networks are each given many threads, so that a step is short; many networks few, so that
/// all multiprocessors are busy with the least instructions. Results do not depend on it.
/// @param blocks  networks that share a multiprocessor at a time
/// @param use     called with the shape and the number of threads
template <class Use>
void with_resident_shape(const NetworkBatch& batch, int blocks, Use use) {
  constexpr int kFewWarps = 6;  // of a multiprocessor
  const auto use_fixed = [&](auto shape) { use(shape, decltype(shape)::kThreads); };
  if (!batch.minibatch && batch.data->samples == 4) {  // XOR
    switch (batch.width) {
      case 8:
        return use_fixed(FixedShape<8, 4, 32>{});
      case 16:
        if (blocks < kFewWarps) return use_fixed(FixedShape<16, 4, 64>{});
        return use_fixed(FixedShape<16, 4, 32>{});
      case 32:
        if (blocks < kFewWarps) return use_fixed(FixedShape<32, 4, 128>{});
        return use_fixed(FixedShape<32, 4, 32>{});
      case 64:
        if (2 * blocks < kFewWarps) return use_fixed(FixedShape<64, 4, 256>{});
        return use_fixed(FixedShape<64, 4, 64>{});
      default:
        break;
    }
  }
  constexpr int kFewBlocks = 4;
  const int samples = batch.step_samples();
  const int groups = batch.width * ((samples + kFour - 1) / kFour);
  // Several samples at once read less, but leave threads idle where there are few of them.
  const bool leaves_threads_idle = groups < block_threads(batch.width * samples);
  if ((blocks <= kFewBlocks && leaves_threads_idle) || groups < kWarpThreads)
    return use(AnyShape<1>{}, block_threads(batch.width * samples));
  use(AnyShape<kFour>{}, block_threads(groups));
}

}  // namespace vnsweep::batched
