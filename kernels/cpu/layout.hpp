#pragma once

#include <cstddef>
#include <vector>

#include "kernels/network.hpp"

namespace vnsweep::cpu {

/// Lanes of a panel of nodes: the smallest of 4, 8 and 16 floats that holds all of a layer's
/// outputs, else 16. It does not depend on the machine.
constexpr int row_lanes(int outputs) {
  return outputs <= 4 ? 4 : (outputs <= 8 ? 8 : 16);
}

/// Panels of row_lanes(outputs) nodes that a layer takes.
constexpr int panels(int outputs) {
  return (outputs + row_lanes(outputs) - 1) / row_lanes(outputs);
}

/// `outputs` rounded up to whole panels.
constexpr int padded(int outputs) {
  return panels(outputs) * row_lanes(outputs);
}

/// Floats from one sample's nodes to the next one's. Rows whose distance is a multiple of 1 KiB
/// would share a few sets of the first-level cache, hence one line more for these.
constexpr int sample_stride(int outputs) {
  constexpr int kConflict = 256;
  const int nodes = padded(outputs);
  return nodes % kConflict == 0 ? nodes + 16 : nodes;
}

/// `floats` rounded up so that what follows is aligned for every vector length.
constexpr std::size_t aligned(std::size_t floats) {
  return (floats + 15) / 16 * 16;
}

/// Where one layer lies in a network's parameter array.
/// Weights are stored transposed and in panels, (panels, inputs, row_lanes): a vector runs over the
/// nodes of a layer, and what is multiplied in one go lies one after the other. The biases follow,
/// (padded outputs). Padding is zero and stays zero.
struct LayerLayout {
  int inputs = 0;
  int outputs = 0;
  int stride = 0;          ///< from one sample's nodes to the next one's, floats
  std::size_t offset = 0;  ///< of weight (0, 0), in floats

  std::size_t panel_size() const {
    return static_cast<std::size_t>(inputs) * static_cast<std::size_t>(row_lanes(outputs));
  }
  /// Of the weight from input j to output i.
  std::size_t weight_offset(int i, int j) const {
    const int lanes = row_lanes(outputs);
    return offset + static_cast<std::size_t>(i / lanes) * panel_size() +
           static_cast<std::size_t>(j) * static_cast<std::size_t>(lanes) +
           static_cast<std::size_t>(i % lanes);
  }
  std::size_t bias_offset() const {
    return offset + static_cast<std::size_t>(panels(outputs)) * panel_size();
  }
  std::size_t size() const {
    return static_cast<std::size_t>(inputs + 1) * static_cast<std::size_t>(padded(outputs));
  }
};

/// Layout of a network of given depth: layers 1..depth + 1 at index 0..depth.
struct NetworkLayout {
  std::vector<LayerLayout> layers;
  std::size_t size = 0;  ///< floats

  NetworkLayout(const NetworkBatch& batch, int depth) {
    for (int l = 1; l <= depth + 1; ++l) {
      const LayerShape shape = layer_shape(batch, depth, LayerIndex(l));
      layers.push_back({shape.inputs, shape.outputs, sample_stride(shape.outputs), size});
      size += aligned(layers.back().size());
    }
  }
};

}  // namespace vnsweep::cpu
