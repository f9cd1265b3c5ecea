#pragma once

#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/correlation.hpp"
#include "kernels/cpu/double_passes.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/probe_inputs.hpp"
#include "kernels/engine.hpp"

namespace vnsweep::cpu {

/// Measures networks of one batch. The passes run in double precision on the float32 weights, so a
/// measurement differs from the exact value for those weights by rounding of doubles only.
class NetworkProbe {
 public:
  NetworkProbe(const NetworkBatch& batch, const ProbeSpec& spec);

  /// Indicators of all hidden layers; `network` and `step` of the result are left to the caller.
  Probe measure(const NetworkSpec& network, const NetworkLayout& layout, const float* parameters);

  /// Bytes held for probing a network of the batch's greatest depth.
  static std::size_t bytes(const NetworkBatch& batch, const ProbeSpec& spec, int depth);

 private:
  void measure_nodes(const NetworkSpec& network, const NetworkLayout& layout,
                     const float* parameters, Probe& result);
  void measure_gradients(const NetworkLayout& layout, const float* parameters, Probe& result);
  /// Turns the J_{l-1} that are kept into J_l of the layer that is unpacked, and measures them.
  /// @param h_below  h_{l-1} (nodes, stride); null for the first layer
  JacobianMoments advance_jacobians(const double* h_below, int stride_below);
  void unpack_layer(const LayerLayout& layer, const float* parameters);
  /// W (outputs, inputs) of the layer that is unpacked, and its transpose.
  StridedMatrix weights() const { return {weights_.data(), 1, outputs_}; }
  StridedMatrix transposed_weights() const { return {weights_.data(), outputs_, 1}; }

  const NetworkBatch& batch_;
  ProbeSpec spec_;
  ProbeInputs inputs_;
  std::ptrdiff_t outputs_ = 0;   ///< of the current layer
  std::vector<double> weights_;  ///< current layer (inputs, outputs)
  std::vector<double> bias_;
  AlignedBuffer<double> input_;                     ///< piece of the training set (inputs, samples)
  AlignedBuffer<double> x_;                         ///< (nodes, samples)
  AlignedBuffer<double> h_;                         ///< (nodes, samples)
  std::vector<AlignedBuffer<double>> derivatives_;  ///< per hidden layer (width, samples)
  std::vector<AlignedBuffer<double>> jacobians_;  ///< per probe input (padded width, padded width)
  AlignedBuffer<double> jacobian_scaled_;         ///< phi'(h_{l-1}) J_{l-1}
  std::vector<double> jacobian_gram_;             ///< lower triangle of J J^T
  CorrelationWorkspace correlation_;
};

}  // namespace vnsweep::cpu
