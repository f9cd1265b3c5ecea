#pragma once

#include <cstddef>
#include <vector>

#include "kernels/network.hpp"

namespace vnsweep::cpu {

/// Lanes that a layer's rows are padded to: the smallest of 4, 8 and 16 floats that holds all of
/// its outputs, else 16. It does not depend on the machine.
constexpr int row_lanes(int outputs) {
  return outputs <= 4 ? 4 : (outputs <= 8 ? 8 : 16);
}

/// `outputs` rounded up to whole groups of row_lanes(outputs).
constexpr int padded(int outputs) {
  const int lanes = row_lanes(outputs);
  return (outputs + lanes - 1) / lanes * lanes;
}

/// `floats` rounded up so that what follows is aligned for every vector length.
constexpr std::size_t aligned(std::size_t floats) {
  return (floats + 15) / 16 * 16;
}

/// Where one layer lies in a network's parameter array.
/// Weights are stored transposed, (inputs, stride) with stride = padded(outputs), so that vectors
/// run over the nodes of a layer; the biases follow as one more row. Padding is zero and stays
/// zero.
struct LayerLayout {
  int inputs = 0;
  int outputs = 0;
  int stride = 0;
  std::size_t offset = 0;  ///< of weight (0, 0), in floats

  std::size_t bias_offset() const {
    return offset + static_cast<std::size_t>(inputs) * static_cast<std::size_t>(stride);
  }
};

/// Layout of a network of given depth: layers 1..depth + 1 at index 0..depth.
struct NetworkLayout {
  std::vector<LayerLayout> layers;
  std::size_t size = 0;  ///< floats

  NetworkLayout(const NetworkBatch& batch, int depth) {
    for (int l = 1; l <= depth + 1; ++l) {
      const LayerShape shape = layer_shape(batch, depth, LayerIndex(l));
      const int stride = padded(shape.outputs);
      layers.push_back({shape.inputs, shape.outputs, stride, size});
      size +=
          aligned(static_cast<std::size_t>(shape.inputs + 1) * static_cast<std::size_t>(stride));
    }
  }
};

}  // namespace vnsweep::cpu
