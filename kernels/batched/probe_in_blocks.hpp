#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/batched/network_order.hpp"
#include "kernels/batched/probe_products.hpp"
#include "kernels/batched/probe_programs.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"
#include "kernels/math/loss.hpp"
#include "kernels/network.hpp"

// Probes of small networks: a block takes one network through all of its layers, so that a probe is
// a handful of launches, not some for each layer. All in double.
namespace vnsweep::batched {

/// Networks that are wider are measured layer by layer.
inline constexpr int kMostProbedWidth = 64;

inline bool is_probed_in_blocks(const NetworkBatch& batch) {
  return batch.width <= kMostProbedWidth;
}

/// Where a block finds a layer's parameters, and puts its pre-activations.
struct ProbedLayer {
  std::int64_t weights = 0;          ///< offset of (networks, outputs, inputs) among the parameters
  std::int64_t biases = 0;           ///< offset of (networks, outputs)
  std::int32_t active = 0;           ///< active networks that have it; see stored_position()
  double* pre_activation = nullptr;  ///< h_l over the training set (networks, samples, width)
};

/// Networks of a probe, and their parameters.
struct ProbedNetworks {
  int width = 0;
  int inputs = 0;
  int outputs = 0;
  Activation activation = Activation::tanh;
  const std::int32_t* networks = nullptr;  ///< network index by position
  const Place* places = nullptr;           ///< by position
  const std::int32_t* depth = nullptr;     ///< by network index
  const ProbedLayer* layers = nullptr;     ///< hidden layers, then the output layer
  int output_index = 0;                    ///< of the latter
  const float* parameters = nullptr;       ///< of all networks

  VNS_HD int depth_of(std::int64_t position) const { return depth[networks[position]]; }

  /// One network's parameters of one layer.
  struct Parameters {
    const float* weights = nullptr;  ///< (outputs, inputs)
    const float* biases = nullptr;   ///< (outputs)
    int inputs = 0;
    int outputs = 0;
    bool is_square = false;  ///< whether it is between hidden layers
  };
  /// @param layer  from 1
  VNS_HD Parameters hidden(std::int64_t position, int layer) const {
    return parameters_of(position, layers[layer - 1], layer == 1 ? inputs : width, width,
                         layer > 1);
  }
  VNS_HD Parameters output(std::int64_t position) const {
    return parameters_of(position, layers[output_index], width, outputs, false);
  }

 private:
  VNS_HD Parameters parameters_of(std::int64_t position, const ProbedLayer& layer, int layer_inputs,
                                  int layer_outputs, bool is_square) const {
    const std::int64_t stored = stored_position(places[position], layer.active);
    return {parameters + layer.weights + stored * layer_outputs * layer_inputs,
            parameters + layer.biases + stored * layer_outputs, layer_inputs, layer_outputs,
            is_square};
  }
};

/// Shared memory of a block that probes one network.
struct ProbeScratch {
  double* work = nullptr;     ///< partial sums of products, or what NormaliseNodes uses
  double* weights = nullptr;  ///< of a layer between hidden layers, with a gap after each row

  static VNS_HD constexpr std::size_t work_bytes() {
    constexpr std::size_t kProducts = ProductShares::scratch_bytes();
    constexpr std::size_t kNodes = NormaliseNodes::scratch_bytes();
    return kProducts > kNodes ? kProducts : kNodes;
  }
  static VNS_HD constexpr std::size_t bytes(int width) {
    return work_bytes() + static_cast<std::size_t>(width * (width + 1)) * sizeof(double);
  }
  template <class Block>
  static VNS_HD ProbeScratch of(Block& block) {
    auto* memory = block.template scratch<double>();
    return {memory, memory + work_bytes() / sizeof(double)};
  }
};

/// h = x W^T + b over rows of x. Ends with a barrier.
/// @param x    (rows, inputs)
/// @param out  called with the row, the node and h
template <class Block, class Out>
VNS_HD void multiply_by_layer(Block& block, const ProbeScratch& scratch,
                              const ProbedNetworks::Parameters& layer, const double* x, int rows,
                              Out out) {
  const int inputs = layer.inputs;
  const int outputs = layer.outputs;
  const float* w = layer.weights;
  const float* biases = layer.biases;
  const ProductShares shares(rows, outputs, inputs);
  const auto x_at = [=](int i, int k) { return x[std::int64_t{1} * i * inputs + k]; };
  const auto add_bias = [=](int i, int j, double sum) { out(i, j, sum + biases[j]); };
  if (!layer.is_square) {  // it may be too large to keep
    multiply_in_tiles(
        block, shares, scratch.work, x_at,
        [=](int k, int j) { return static_cast<double>(w[std::int64_t{1} * j * inputs + k]); },
        add_bias);
    return;
  }
  double* kept = scratch.weights;  // transposed: neighbouring threads have neighbouring nodes
  const int pitch = outputs + 1;
  block.for_each(outputs, block.split(inputs),
                 [=](int j, int k) { kept[k * pitch + j] = w[j * inputs + k]; });
  block.sync();
  multiply_in_tiles(
      block, shares, scratch.work, x_at, [=](int k, int j) { return kept[k * pitch + j]; },
      add_bias);
}

/// Nodes over the probe inputs, and Jacobians; a block program, a position of a network an index.
struct ProbeNodes {
  ProbedNetworks networks;
  int samples = 0;                   ///< P
  int jacobians = 0;                 ///< J
  std::int64_t positions = 0;        ///< of networks, from one layer to the next in what comes out
  const double* input = nullptr;     ///< (networks, P, inputs)
  double* outputs[2] = {};           ///< planes that x_l takes turns in (networks, P, N)
  double* pre_activation = nullptr;  ///< h_l, then Z (networks, P, N)
  double* live = nullptr;            ///< (networks, N)
  double* jacobian = nullptr;        ///< J_l (networks, J, N, N)
  double* jacobian_scaled = nullptr;
  const std::int64_t* gram_begins = nullptr;  ///< by layer: first of its Gram matrices

  double* faults = nullptr;  ///< (networks)
  double* q = nullptr;       ///< (layers, networks), as are the next two
  double* live_count = nullptr;
  double* gram_square = nullptr;
  double* gram = nullptr;             ///< Gram matrices of all layers
  double* jacobian_square = nullptr;  ///< (layers, networks, J)
  double* jacobian_fourth = nullptr;
  std::int64_t jacobian_positions = 0;  ///< networks times J, from one layer to the next

  VNS_HD int gram_size() const { return networks.width < samples ? networks.width : samples; }

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t position) const {
    const ProbeScratch scratch = ProbeScratch::of(block);
    const int width = networks.width;
    const int depth = networks.depth_of(position);
    const int plane = samples * width;
    const double* below = input + position * samples * networks.inputs;
    double* const h = pre_activation + position * plane;
    double fault_count = 0.0;
    for (int l = 1; l <= depth; ++l) {
      const ProbedNetworks::Parameters layer = networks.hidden(position, l);
      fault_count += count_faults(block, layer);
      double* const x = outputs[l % 2] + position * plane;
      const Activation activation = networks.activation;
      multiply_by_layer(block, scratch, layer, below, samples, [=](int p, int i, double value) {
        h[p * width + i] = value;
        x[p * width + i] = activate(activation, value);
      });
      const std::int64_t at = (l - 1) * positions + position;
      store(block, q + at, sum_of_squares(block, h, plane) * (1.0 / plane));
      measure_jacobians(block, scratch, position, l, layer, h, l < depth);
      measure_correlation(block, scratch, position, l);
      below = x;
    }
    fault_count += count_faults(block, networks.output(position));
    store(block, faults + position, fault_count);
  }

 private:
  template <class Block>
  static VNS_HD void store(Block& block, double* to, double value) {
    block.for_each(1, [=](int) { *to = value; });
  }

  template <class Block>
  static VNS_HD double sum_of_squares(Block& block, const double* values, int count) {
    return block.template reduce_sum<double>(count, [=](int e) { return values[e] * values[e]; });
  }

  template <class Block>
  static VNS_HD double count_faults(Block& block, const ProbedNetworks::Parameters& layer) {
    const int matrix = layer.inputs * layer.outputs;
    const float* w = layer.weights;
    const float* b = layer.biases;
    return block.template reduce_sum<double>(matrix + layer.outputs, [=](int e) {
      return std::isfinite(e < matrix ? w[e] : b[e - matrix]) ? 0.0 : 1.0;
    });
  }

  template <class Block>
  VNS_HD void measure_correlation(Block& block, const ProbeScratch& scratch, std::int64_t position,
                                  int l) const {
    const int width = networks.width;
    const NormaliseNodes normalise{.probes = samples,
                                   .nodes = width,
                                   .outputs = outputs[l % 2],
                                   .normalised = pre_activation,
                                   .live = live};
    for (int tile = 0; tile < normalise.tiles(); ++tile) {
      normalise(block, position * normalise.tiles() + tile);
      block.sync();
    }
    const std::int64_t at = (l - 1) * positions + position;
    // Each is 0 or 1.
    store(block, live_count + at, sum_of_squares(block, live + position * width, width));

    const int size = gram_size();
    const double* z = pre_activation + position * samples * width;
    double* g = gram + (gram_begins[l] + position) * size * size;
    const bool by_node = width <= samples;
    const int row = by_node ? 1 : width;
    const int column = by_node ? width : 1;
    multiply_in_tiles(
        block, ProductShares(size, size, by_node ? samples : width), scratch.work,
        [=](int i, int k) { return z[i * row + k * column]; },
        [=](int k, int j) { return z[j * row + k * column]; },
        [=](int i, int j, double sum) { g[i * size + j] = sum; });
    store(block, gram_square + at, sum_of_squares(block, g, size * size));
  }

  /// J_l = W_l (phi'(h_{l-1}) J_{l-1}), of which the latter factor is there since layer l - 1, and
  /// its moments; then that factor for the next layer.
  template <class Block>
  VNS_HD void measure_jacobians(Block& block, const ProbeScratch& scratch, std::int64_t position,
                                int l, const ProbedNetworks::Parameters& layer, const double* h,
                                bool goes_on) const {
    const int width = networks.width;
    const int size = width * width;
    const ProductShares square(width, width, width);
    for (int input_index = 0; input_index < jacobians; ++input_index) {
      const std::int64_t matrix = position * jacobians + input_index;
      double* j_l = jacobian + matrix * size;
      double* scaled = jacobian_scaled + matrix * size;
      if (l == 1) {
        block.for_each(size, [=](int e) { j_l[e] = e / width == e % width ? 1.0 : 0.0; });
        block.sync();
      } else {
        const float* w = layer.weights;
        multiply_in_tiles(
            block, square, scratch.work,
            [=](int i, int k) { return static_cast<double>(w[i * width + k]); },
            [=](int k, int j) { return scaled[k * width + j]; },
            [=](int i, int j, double sum) { j_l[i * width + j] = sum; });
      }
      multiply_in_tiles(
          block, square, scratch.work, [=](int i, int k) { return j_l[i * width + k]; },
          [=](int k, int j) { return j_l[j * width + k]; },
          [=](int i, int j, double sum) { scaled[i * width + j] = sum; });
      const std::int64_t at = (l - 1) * jacobian_positions + matrix;
      store(block, jacobian_square + at, sum_of_squares(block, j_l, size));
      store(block, jacobian_fourth + at, sum_of_squares(block, scaled, size));
      if (!goes_on) continue;
      const Activation activation = networks.activation;
      block.for_each(size, [=](int e) {
        scaled[e] = activation_slope(activation, h[input_index * width + e / width]) * j_l[e];
      });
      block.sync();
    }
  }
};

/// Sums of squares of d loss / d h_l over some samples of the training set; a block program, a
/// position of a network an index.
struct ProbeGradients {
  ProbedNetworks networks;
  SampleLoss loss;
  int samples = 0;                 ///< of this piece
  double per_term = 1.0;           ///< what one term counts in the mean loss
  std::int64_t positions = 0;      ///< of networks, from one layer to the next in what comes out
  const double* input = nullptr;   ///< (samples, inputs)
  const double* target = nullptr;  ///< (samples, outputs)
  double* logits = nullptr;        ///< (networks, samples, outputs)
  double* planes[2] = {};          ///< x_l, then deltas take turns in them (networks, samples, N)
  double* gradient_square = nullptr;  ///< added to (layers, networks)

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t position) const {
    const ProbeScratch scratch = ProbeScratch::of(block);
    const int width = networks.width;
    const int depth = networks.depth_of(position);
    const std::int64_t plane = position * samples * width;
    const Activation activation = networks.activation;

    const double* below = input;
    for (int l = 1; l <= depth; ++l) {
      double* const x = planes[l % 2] + plane;
      double* const h = networks.layers[l - 1].pre_activation + plane;
      multiply_by_layer(block, scratch, networks.hidden(position, l), below, samples,
                        [=](int s, int i, double value) {
                          h[s * width + i] = value;
                          x[s * width + i] = activate(activation, value);
                        });
      below = x;
    }
    const int classes = networks.outputs;
    double* const z = logits + position * samples * classes;
    const ProbedNetworks::Parameters output = networks.output(position);
    multiply_by_layer(block, scratch, output, below, samples,
                      [=](int s, int k, double value) { z[s * classes + k] = value; });
    const SampleLoss sample = loss;
    const double* y = target;
    const double factor = per_term;
    block.for_each(samples, [=](int s) {
      double* logits_of_sample = z + s * classes;
      sample.derivatives(logits_of_sample, y + s * classes, [=](int k, double derivative) {
        logits_of_sample[k] = derivative * factor;
      });
    });
    block.sync();

    const double* above = z;
    for (int l = depth; l >= 1; --l) {
      // The plane of x_l is free, and so is that of x_(l-1) one layer below.
      double* const delta = planes[l % 2] + plane;
      multiply_back(block, scratch, l == depth ? output : networks.hidden(position, l + 1), above,
                    networks.layers[l - 1].pre_activation + plane, delta);
      double* const sum = gradient_square + (l - 1) * positions + position;
      const double piece = block.template reduce_sum<double>(
          samples * width, [=](int e) { return delta[e] * delta[e]; });
      block.for_each(1, [=](int) { *sum += piece; });
      above = delta;
    }
  }

 private:
  /// d loss / d h of a layer from that of the layer above. Ends with a barrier.
  template <class Block>
  VNS_HD void multiply_back(Block& block, const ProbeScratch& scratch,
                            const ProbedNetworks::Parameters& above_layer, const double* above,
                            const double* h, double* delta) const {
    const int width = networks.width;
    const int nodes = above_layer.outputs;
    const Activation activation = networks.activation;
    const auto out = [=](int s, int j, double derivative) {
      delta[s * width + j] = derivative * activation_slope(activation, h[s * width + j]);
    };
    const float* w = above_layer.weights;
    multiply_in_tiles(
        block, ProductShares(samples, width, nodes), scratch.work,
        [=](int s, int k) { return above[s * nodes + k]; },
        [=](int k, int j) { return static_cast<double>(w[k * width + j]); }, out);
  }
};

}  // namespace vnsweep::batched
