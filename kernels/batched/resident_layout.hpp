#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/batched/device.hpp"
#include "kernels/batched/training_memory.hpp"
#include "kernels/block/four.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"
#include "kernels/network.hpp"

namespace vnsweep::batched {

/// Floats from one row of a matrix in shared memory to the next: fours, and an odd number of them,
/// so that neither the elements of a row nor the fours of a column meet in a bank.
VNS_HD constexpr int tile_pitch(int columns) {
  return kFour * (round_to_fours(columns) / kFour | 1);
}

/// What a block that trains one network keeps in shared memory, and where: floats from its begin.
///
/// The first hidden layer and the output layer stay there. The other hidden layers share `slots`:
/// layer l is in slot (l - 2) mod slots while it is there. A network with no more layers than slots
/// never leaves shared memory; of others, the slots hold neighbouring layers, since a step goes up
/// through the layers and down again. A hidden layer is its weights and biases, what the optimizer
/// remembers of them, and its outputs.
struct ResidentLayout {
  int width = 0;
  int inputs = 0;
  int outputs = 0;
  int samples = 0;
  int slots = 0;

  int parts = 1;        ///< values, then the moments that the optimizer has
  int first_part = 0;   ///< which part the first moment is; 0: there is none
  int second_part = 0;  ///< likewise
  int planes = 1;       ///< outputs x, and h where the slope of the activation takes it

  int row = 0;            ///< of one sample in a plane of outputs or deltas
  int plane = 0;          ///< (samples, row)
  int input_pitch = 0;    ///< of the first layer's weights
  int pitch = 0;          ///< of other weights
  int output_row = 0;     ///< of one sample in the deltas of the output layer
  int first_size = 0;     ///< of a part of the first layer: weights, then biases
  int hidden_size = 0;    ///< of a part of another hidden layer
  int output_size = 0;    ///< of a part of the output layer, without biases
  int output_deltas = 0;  ///< where the deltas of the output layer are
  int deltas = 0;         ///< where two planes of deltas are
  int output_layer = 0;   ///< where the output layer is
  int first_layer = 0;
  int other_layers = 0;  ///< where the slots are
  int slot = 0;          ///< floats of a slot

  /// @param slots  at least kLeastSlots, unless no network has so many layers
  ResidentLayout(const NetworkBatch& batch, int layer_slots)
      : width(batch.width),
        inputs(batch.data->inputs),
        outputs(batch.data->outputs),
        samples(batch.step_samples()),
        slots(layer_slots),
        planes(slope_needs_input(batch.activation) ? 2 : 1),
        row(round_to_fours(width)),
        plane(samples * row),
        input_pitch(tile_pitch(inputs)),
        pitch(tile_pitch(width)),
        output_row(round_to_fours(outputs)),
        first_size(width * input_pitch + row),
        hidden_size(width * pitch + row),
        output_size(outputs * pitch) {
    if (needs_first_moment(batch)) first_part = parts++;
    if (needs_second_moment(batch)) second_part = parts++;
    deltas = samples * output_row;
    output_layer = deltas + 2 * plane;
    first_layer = output_layer + parts * output_size;
    other_layers = first_layer + parts * first_size + planes * plane;
    slot = parts * hidden_size + planes * plane;
  }

  std::size_t bytes() const {
    return sizeof(float) * (static_cast<std::size_t>(other_layers) +
                            static_cast<std::size_t>(slots) * static_cast<std::size_t>(slot));
  }

  /// Where the outputs of the first hidden layer are.
  VNS_HD int first_planes() const { return first_layer + parts * first_size; }
  /// Where those of another are. @param at  where its slot is
  VNS_HD int planes_of(int at) const { return at + parts * hidden_size; }
  /// The slots of the layers above and below that in slot `at`.
  VNS_HD int slot_above(int at) const {
    return at + slot < other_layers + slots * slot ? at + slot : other_layers;
  }
  VNS_HD int slot_below(int at) const {
    return at > other_layers ? at - slot : other_layers + (slots - 1) * slot;
  }
};

/// A layer, the one below it and one on its way.
inline constexpr int kLeastSlots = 3;

inline int greatest_depth(const NetworkBatch& batch) {
  const auto deepest = std::max_element(
      batch.networks.begin(), batch.networks.end(),
      [](const NetworkSpec& a, const NetworkSpec& b) { return a.depth < b.depth; });
  return deepest == batch.networks.end() ? 1 : deepest->depth;
}

/// Whether a batch's networks are small enough to be trained each in a block of its own.
inline bool fits_in_blocks(const NetworkBatch& batch) {
  constexpr std::int64_t kMost = 1 << 12;  // no sum of sizes overflows below
  const auto largest = std::max({batch.width, batch.data->inputs, batch.data->outputs});
  return batch.precision == Precision::fp32 && largest <= kMost && batch.step_samples() <= kMost &&
         ResidentLayout(batch, kLeastSlots).bytes() <= kMostScratchBytes;
}

/// Networks that share a multiprocessor if they are trained all at once.
inline int networks_per_multiprocessor(int networks, const BlockLimits& limits) {
  return std::max(1, (networks + limits.multiprocessors - 1) / limits.multiprocessors);
}

/// Shared memory of a block in all: that of its network, what sums use, and what CUDA does.
inline std::size_t block_bytes(const ResidentLayout& layout) {
  constexpr std::size_t kOwn = 3 << 10;
  return layout.bytes() + kOwn;
}

/// Blocks with the fewest slots that a multiprocessor has room for.
inline int most_resident_blocks(const NetworkBatch& batch, const BlockLimits& limits) {
  return static_cast<int>(limits.multiprocessor_scratch_bytes /
                          block_bytes(ResidentLayout(batch, kLeastSlots)));
}

/// As many slots as shared memory has room for. They do not change a bit of what is computed.
/// @param blocks  that share a multiprocessor
inline int resident_slots(const NetworkBatch& batch, int blocks, const BlockLimits& limits) {
  const int all = std::max(kLeastSlots, greatest_depth(batch) - 1);
  const auto fit = [&](int slots, int how_many) {
    const std::size_t bytes = block_bytes(ResidentLayout(batch, slots));
    return bytes <= limits.block_scratch_bytes &&
           bytes * static_cast<std::size_t>(how_many) <= limits.multiprocessor_scratch_bytes;
  };
  // Half as many networks at a time are not slower if none of their layers ever leaves, as long as
  // they are some.
  constexpr int kSome = 4;
  if (fit(all, std::max(std::min(blocks, kSome), (blocks + 1) / 2))) return all;
  int slots = kLeastSlots;
  while (slots < all && fit(slots + 1, blocks))
    ++slots;
  return slots;
}

}  // namespace vnsweep::batched
