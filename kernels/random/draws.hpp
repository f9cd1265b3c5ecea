#pragma once

#include <cstdint>
#include <vector>

#include "kernels/math/philox.hpp"
#include "kernels/network.hpp"
#include "kernels/types.hpp"

namespace vnsweep {

/// The first `count` standard normals of a sequence, float32.
std::vector<float> draw_normals(const RandomSequence& sequence, std::int64_t count);

/// Initial weights of one layer, (outputs, inputs) row-major.
/// Gaussian: N(0, scale^2 / inputs). Orthogonal: the matrices between hidden layers are scale * Q,
/// Q from the QR decomposition of a Gaussian matrix with R's diagonal made positive, which makes Q
/// Haar-distributed (Mezzadri 2007). The first and the output layer are always Gaussian.
std::vector<float> draw_weights(const NetworkBatch& batch, const NetworkSpec& network,
                                LayerIndex layer);

/// Initial biases of one layer, (outputs).
std::vector<float> draw_biases(const NetworkBatch& batch, const NetworkSpec& network,
                               LayerIndex layer);

/// Order in which an epoch visits the training samples: a permutation of 0..samples-1.
std::vector<std::int32_t> draw_epoch_order(std::uint64_t run_key, std::int64_t epoch, int samples);

/// Probe inputs of a run, (samples, inputs) row-major, from N(0, 1).
std::vector<float> draw_probe_inputs(std::uint64_t run_key, int samples, int inputs);

/// Hands out the sample indices of consecutive mini-batches, without replacement inside an epoch.
/// The last samples of an epoch that do not fill a mini-batch are left out of it.
class MinibatchSequence {
 public:
  MinibatchSequence(std::uint64_t run_key, int samples, int minibatch);

  /// Sample indices of the mini-batch used by update number `step`, from 0.
  const std::int32_t* indices(std::int64_t step);

 private:
  std::uint64_t run_key_;
  int samples_;
  int minibatch_;
  std::int64_t epoch_ = -1;
  std::vector<std::int32_t> order_;
};

}  // namespace vnsweep
