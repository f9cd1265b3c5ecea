#pragma once

#include <cstdint>

#include "kernels/batched/training_memory.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/philox.hpp"

namespace vnsweep::batched {

/// Where each network is in its epoch; pointers by network index but for `active`.
struct MinibatchState {
  const std::int32_t* active = nullptr;  ///< network index by position
  const std::uint64_t* run_key = nullptr;
  const StepState* step = nullptr;
  std::int32_t* order = nullptr;  ///< (networks, samples)
  int samples = 0;                ///< of the training set
  int minibatch = 0;

  VNS_HD std::int64_t per_epoch() const { return samples / minibatch; }
};

/// Draws the order of the samples when an epoch begins; an item is a network of one element.
struct DrawEpochOrder {
  MinibatchState state;

  VNS_HD void operator()(std::int64_t item, int /*element*/) const {
    const std::int64_t step = state.step->step;
    if (step % state.per_epoch() != 0) return;
    const std::int32_t network = state.active[item];
    const auto epoch = static_cast<std::uint32_t>(step / state.per_epoch());
    draw_permutation({state.run_key[network], epoch, Stream::batch_order}, state.samples,
                     state.order + std::int64_t{1} * network * state.samples);
  }
};

/// Gathers rows of the training set for this step; an item is a network, an element one value.
struct GatherMinibatch {
  MinibatchState state;
  int columns = 0;
  const float* rows = nullptr;  ///< (samples, columns)
  float* out = nullptr;         ///< (networks, minibatch, columns)

  VNS_HD void operator()(std::int64_t item, int element) const {
    const std::int64_t first = state.step->step % state.per_epoch() * state.minibatch;
    const std::int32_t* order =
        state.order + std::int64_t{1} * state.active[item] * state.samples + first;
    const std::int64_t row = order[element / columns];
    out[item * state.minibatch * columns + element] = rows[row * columns + element % columns];
  }
};

}  // namespace vnsweep::batched
