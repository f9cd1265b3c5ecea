#pragma once

#include <cstdint>
#include <vector>

#include "kernels/network.hpp"

namespace vnsweep::batched {

/// The weights and biases that all networks of a batch have at one layer, one network after the
/// other as NetworkOrder stores them.
struct Slab {
  int outputs = 0;
  int inputs = 0;
  int networks = 0;          ///< that the slab has room for: those that reach the layer
  std::int64_t weights = 0;  ///< offset of (networks, outputs, inputs), in floats
  std::int64_t biases = 0;   ///< offset of (networks, outputs)

  std::int64_t matrix_size() const { return static_cast<std::int64_t>(outputs) * inputs; }
};

/// Where the parameters of a batch lie. Optimizer state has the same layout.
/// Hidden layer l has a slab of its own. The output layers of all networks share one, whatever
/// their depth, so that each layer is one batched product.
class ParameterLayout {
 public:
  /// @throws DeviceOutOfMemory if one matrix has more elements than an int counts
  explicit ParameterLayout(const NetworkBatch& batch);

  int greatest_depth() const { return static_cast<int>(slabs_.size()) - 1; }
  /// @param layer  1..greatest_depth()
  const Slab& hidden(int layer) const { return slabs_[static_cast<std::size_t>(layer - 1)]; }
  const Slab& output() const { return slabs_.back(); }
  const std::vector<Slab>& slabs() const { return slabs_; }

  std::int64_t size() const { return size_; }             ///< floats
  std::int64_t largest_slab() const { return largest_; }  ///< floats of its weights

 private:
  std::vector<Slab> slabs_;
  std::int64_t size_ = 0;
  std::int64_t largest_ = 0;
};

}  // namespace vnsweep::batched
