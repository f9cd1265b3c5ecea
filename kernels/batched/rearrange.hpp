#pragma once

#include <cstdint>
#include <vector>

#include "kernels/batched/batch_state.hpp"
#include "kernels/host_device.hpp"

namespace vnsweep::batched {

/// Puts items of a new order one after the other; an item is a network, an element one value of it.
struct MoveItems {
  const std::int32_t* from = nullptr;  ///< old position by new position
  std::int64_t size = 0;
  const float* values = nullptr;  ///< (networks, size)
  float* moved = nullptr;

  VNS_HD void operator()(std::int64_t item, int element) const {
    moved[item * size + element] = values[from[item] * size + element];
  }
};

/// Puts the parameters of position from[p] of a slab, and their optimizer state, at position p.
template <Device D>
void rearrange_slab(BatchState<D>& state, const Slab& slab, const std::vector<std::int32_t>& from) {
  bool moves = false;
  for (std::size_t p = 0; p < from.size(); ++p)
    moves = moves || from[p] != static_cast<std::int32_t>(p);
  if (!moves) return;
  const TrainingMemory& memory = state.plan.training;
  const auto count = static_cast<int>(from.size());
  state.device.upload(state.in(memory.scratch), from.data(), count);
  const auto move = [&](float* values, std::int64_t size) {
    float* moved = state.in(memory.slab);
    state.device.for_each(count, static_cast<int>(size),
                          MoveItems{state.in(memory.scratch), size, values, moved});
    state.device.copy(values, static_cast<const float*>(moved), count * size);
  };
  for (const Slice<float>& array : {memory.parameters, memory.first_moment, memory.second_moment}) {
    if (array.count == 0) continue;
    move(state.in(array) + slab.weights, slab.matrix_size());
    move(state.in(array) + slab.biases, slab.outputs);
  }
}

/// Takes a new order: at every layer the active networks become a prefix without gaps and the
/// parked ones follow.
template <Device D>
void rearrange(BatchState<D>& state, const NetworkOrder& next) {
  const std::vector<Place> places = state.order.places();
  const int depth = state.plan.layout.greatest_depth();
  for (int l = 1; l <= depth + 1; ++l) {
    const int reached = l <= depth ? l : 1;  // every network has an output layer
    std::vector<std::int32_t> from;
    const auto append = [&](const std::vector<std::int32_t>& networks, int count) {
      for (int p = 0; p < count; ++p) {
        const auto network = static_cast<std::size_t>(networks[static_cast<std::size_t>(p)]);
        from.push_back(static_cast<std::int32_t>(
            stored_position(places[network], state.order.active_at(reached))));
      }
    };
    append(next.active(), next.active_at(reached));
    append(next.parked(), next.parked_at(reached));
    rearrange_slab(state, state.slab(l), from);
  }
  state.order = next;
  state.device.upload(state.in(state.plan.training.active), state.order.active().data(),
                      state.active_count());
}

}  // namespace vnsweep::batched
