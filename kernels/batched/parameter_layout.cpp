#include "kernels/batched/parameter_layout.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "kernels/engine.hpp"

namespace vnsweep::batched {
namespace {

/// Every array begins at a multiple of this, for vector loads and cuBLAS's fast kernels.
constexpr std::int64_t kAlignment = 64;

std::int64_t aligned(std::int64_t floats) {
  return (floats + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

ParameterLayout::ParameterLayout(const NetworkBatch& batch) {
  int depth = 0;
  for (const NetworkSpec& network : batch.networks)
    depth = std::max(depth, network.depth);
  for (int l = 1; l <= depth + 1; ++l) {
    const LayerShape shape = layer_shape(batch, depth, LayerIndex(l));
    Slab slab{.outputs = shape.outputs, .inputs = shape.inputs};
    slab.networks = static_cast<int>(
        std::count_if(batch.networks.begin(), batch.networks.end(),
                      [&](const NetworkSpec& n) { return l == depth + 1 || n.depth >= l; }));
    if (slab.matrix_size() + slab.outputs > std::numeric_limits<int>::max()) {
      throw DeviceOutOfMemory("a weight matrix of " + std::to_string(slab.outputs) + " x " +
                              std::to_string(slab.inputs) +
                              " is too large for this engine; use a smaller width");
    }
    slab.weights = size_;
    size_ += aligned(slab.networks * slab.matrix_size());
    slab.biases = size_;
    size_ += aligned(static_cast<std::int64_t>(slab.networks) * slab.outputs);
    largest_ = std::max(largest_, slab.networks * slab.matrix_size());
    slabs_.push_back(slab);
  }
}

}  // namespace vnsweep::batched
