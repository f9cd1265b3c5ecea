#pragma once

#include <cstddef>
#include <vector>

#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/training_passes.hpp"
#include "kernels/network.hpp"

namespace vnsweep::cpu {

/// Networks that share the lanes of a vector are trained by these passes: lane n of every vector
/// belongs to network n. No width is too small to fill a vector, and nothing is ever transposed or
/// summed across lanes. They compute the same bits as the passes over one network.

/// Networks that one vector holds here.
int lane_count();

/// No vector holds more, wherever.
inline constexpr std::size_t kMostLanes = 16;

/// Where a layer's parameters lie, counted in vectors of lane_count() floats: weights in tiles of
/// as many outputs as the passes work on at once, each (inputs, outputs of the tile), in the end
/// tiles of a single one; then the biases (outputs).
struct LaneLayer {
  int inputs = 0;
  int outputs = 0;
  std::size_t offset = 0;

  std::size_t weights() const {
    return static_cast<std::size_t>(inputs) * static_cast<std::size_t>(outputs);
  }
  std::size_t size() const { return weights() + static_cast<std::size_t>(outputs); }
};

/// Layers 1..depth + 1 at index 0..depth.
struct LaneLayout {
  std::vector<LaneLayer> layers;
  std::size_t size = 0;  ///< vectors

  LaneLayout(const NetworkBatch& batch, int depth);
};

/// Copies parameters of networks into lanes. What lanes without a network hold does not change.
/// @param networks      lane_count() parameter arrays in the layout of `layers`, or null
/// @param[out] vectors  (layout.size, lane_count())
void load_lanes(const NetworkLayout& network_layout, const LaneLayout& layout,
                const float* const* networks, float* vectors);
/// The other way; nothing is written for lanes without a network.
void store_lanes(const NetworkLayout& network_layout, const LaneLayout& layout,
                 const float* vectors, float* const* networks);

/// Gives each network its own row of data.
/// @param rows          lane_count() rows of `columns` floats
/// @param stride        floats from one vector to the next
/// @param[out] vectors  (columns), one of lane_count() floats each `stride` floats
void spread_rows(const float* const* rows, int columns, std::ptrdiff_t stride, float* vectors);

struct LaneForwardArgs {
  const LaneLayer* layer = nullptr;
  const float* parameters = nullptr;  ///< of the group
  const float* input = nullptr;       ///< (inputs, samples, lanes)
  int samples = 0;
  float* output = nullptr;      ///< (outputs, samples, lanes)
  float* derivative = nullptr;  ///< phi'(h), as output; null for the output layer
};
void forward_hidden_lanes(Activation activation, const LaneForwardArgs& args);
void forward_output_lanes(const LaneForwardArgs& args);

struct LaneBackwardArgs {
  const LaneLayer* layer = nullptr;
  float* parameters = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  const float* input = nullptr;  ///< (inputs, samples, lanes)
  int samples = 0;
  const float* delta = nullptr;             ///< d loss / d h, (outputs, samples, lanes)
  const float* input_derivative = nullptr;  ///< phi' of the layer below, (inputs, samples, lanes)
  float* input_delta = nullptr;  ///< d loss / d h of the layer below; null for the first layer
  const UpdateConstants* constants = nullptr;  ///< (lanes)
};
void backward_and_update_lanes(UpdateRule rule, const LaneBackwardArgs& args);

}  // namespace vnsweep::cpu
