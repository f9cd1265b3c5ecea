#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/batched/network_order.hpp"
#include "kernels/engine.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"
#include "kernels/math/loss.hpp"
#include "kernels/math/philox.hpp"

// Element-wise work and block programs of the probes, all in double.
namespace vnsweep::batched {

/// Parameters of one layer in double, of chosen networks; an item is one of these, an element a
/// weight or, after them, a bias.
struct CopyParameters {
  const Place* places = nullptr;  ///< of the chosen networks
  std::int32_t active = 0;        ///< active networks at this layer
  std::int64_t matrix_size = 0;
  int outputs = 0;
  const float* weights = nullptr;
  const float* biases = nullptr;
  double* weights_out = nullptr;
  double* biases_out = nullptr;

  VNS_HD void operator()(std::int64_t item, int element) const {
    const std::int64_t from = stored_position(places[item], active);
    if (element < matrix_size) {
      weights_out[item * matrix_size + element] = weights[from * matrix_size + element];
    } else {
      const std::int64_t node = element - matrix_size;
      biases_out[item * outputs + node] = biases[from * outputs + node];
    }
  }
};

/// Adds up how many of a layer's parameters are not finite; a block program, one network an index.
struct CountFaults {
  int matrix_size = 0;
  int outputs = 0;
  const double* weights = nullptr;
  const double* biases = nullptr;
  double* faults = nullptr;

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t index) const {
    const double* w = weights + index * matrix_size;
    const double* b = biases + index * outputs;
    const double count = block.template reduce_sum<double>(matrix_size + outputs, [=, this](int e) {
      return std::isfinite(e < matrix_size ? w[e] : b[e - matrix_size]) ? 0.0 : 1.0;
    });
    block.for_each(1, [=, this](int) { faults[index] += count; });
  }
};

/// Probe inputs from N(0, 1); an item is a network, an element four values.
struct DrawProbeInputs {
  const std::int32_t* networks = nullptr;  ///< network index by position
  const std::uint64_t* run_key = nullptr;  ///< by network index
  std::int64_t count = 0;                  ///< values of one network
  double* out = nullptr;                   ///< (networks, count)

  VNS_HD void operator()(std::int64_t item, int element) const {
    float normals[4];
    draw_four_normals({run_key[networks[item]], 0, Stream::probe_inputs},
                      static_cast<std::uint64_t>(element), normals);
    for (int lane = 0; lane < 4; ++lane) {
      const std::int64_t e = std::int64_t{4} * element + lane;
      if (e < count) out[item * count + e] = normals[lane];
    }
  }
};

/// factor times the sum of squares of each item, written or added; a block program.
struct SumSquares {
  const double* values = nullptr;  ///< (items, size)
  int size = 0;
  double factor = 1.0;
  bool adds = false;
  double* out = nullptr;  ///< (items)

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t index) const {
    const double* item = values + index * size;
    const double sum =
        factor * block.template reduce_sum<double>(size, [=](int e) { return item[e] * item[e]; });
    block.for_each(1, [=, this](int) { out[index] = adds ? out[index] + sum : sum; });
  }
};

/// Centred, unit-norm outputs of nodes over the probe inputs, or zeros where a node is not live; a
/// block program, one tile of nodes of one network an index.
/// Outputs are first brought to a largest magnitude between 1/2 and 1, by a power of two:
/// correlation does not depend on the size of a signal, and squares of a tiny one would underflow.
struct NormaliseNodes {
  int probes = 0;
  int nodes = 0;
  const double* outputs = nullptr;  ///< x (networks, probes, nodes)
  double* normalised = nullptr;     ///< Z (networks, probes, nodes)
  double* live = nullptr;           ///< 1 for live nodes (networks, nodes)

  static constexpr int kMostNodes = 32;  ///< of a tile
  static constexpr int kShares = 256;    ///< at most so many partial sums of all nodes of a tile

  VNS_HD int tile_size() const { return nodes < kMostNodes ? nodes : kMostNodes; }
  VNS_HD int tiles() const { return (nodes + tile_size() - 1) / tile_size(); }
  static VNS_HD constexpr std::size_t scratch_bytes() {
    return (2 * kShares + 4 * kMostNodes) * sizeof(double);
  }

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t index) const {
    const int first_node = static_cast<int>(index % tiles()) * tile_size();
    const int tile = nodes - first_node < tile_size() ? nodes - first_node : tile_size();
    // The shape of the shares, and with it the order of sums, follows from the width alone.
    const int shares = kShares / tile_size();
    const std::int64_t network = index / tiles();
    const double* x = outputs + network * probes * nodes + first_node;
    double* z = normalised + network * probes * nodes + first_node;
    double* live_out = live + network * nodes + first_node;

    auto* partial = block.template scratch<double>();  // (shares, tile), twice
    double* partial_squares = partial + kShares;
    double* scale = partial_squares + kShares;  // (tile)
    double* mean = scale + kMostNodes;
    double* square = mean + kMostNodes;
    double* norm = square + kMostNodes;
    const auto split = block.split(tile);

    block.for_each(shares, split, [=, this](int share, int node) {
      double largest = 0.0;
      for (int p = share; p < probes; p += shares) {
        const double magnitude = std::fabs(x[std::int64_t{1} * p * nodes + node]);
        if (magnitude > largest) largest = magnitude;
      }
      partial[share * tile + node] = largest;
    });
    block.sync();
    block.for_each(tile, [=](int node) {
      double largest = 0.0;
      for (int share = 0; share < shares; ++share) {
        const double magnitude = partial[share * tile + node];
        if (magnitude > largest) largest = magnitude;
      }
      scale[node] = power_of_two_below_inverse(largest);
    });
    block.sync();

    block.for_each(shares, split, [=, this](int share, int node) {
      double sum = 0.0;
      double sum_of_squares = 0.0;
      for (int p = share; p < probes; p += shares) {
        const double value = x[std::int64_t{1} * p * nodes + node] * scale[node];
        sum += value;
        sum_of_squares += value * value;
      }
      partial[share * tile + node] = sum;
      partial_squares[share * tile + node] = sum_of_squares;
    });
    block.sync();
    block.for_each(tile, [=, this](int node) {
      mean[node] = sum_of(partial + node, shares, tile) / probes;
      square[node] = sum_of(partial_squares + node, shares, tile);
    });
    block.sync();

    block.for_each(shares, split, [=, this](int share, int node) {
      double centred = 0.0;
      for (int p = share; p < probes; p += shares) {
        const double value = x[std::int64_t{1} * p * nodes + node] * scale[node] - mean[node];
        centred += value * value;
      }
      partial[share * tile + node] = centred;
    });
    block.sync();
    block.for_each(tile, [=](int node) {
      norm[node] = std::sqrt(sum_of(partial + node, shares, tile));
      // Also false for NaN, which an infinite output becomes, and for 0 > 0.
      const bool is_live = norm[node] > kLiveTolerance * std::sqrt(square[node]);
      if (!is_live) norm[node] = 0.0;
      live_out[node] = is_live ? 1.0 : 0.0;
    });
    block.sync();

    block.for_each(probes, split, [=, this](int p, int node) {
      const std::int64_t at = std::int64_t{1} * p * nodes + node;
      z[at] = norm[node] > 0.0 ? (x[at] * scale[node] - mean[node]) / norm[node] : 0.0;
    });
  }

 private:
  /// Of a finite number; 1 of any other, and of 0. Below, so that it is finite for the least one.
  static VNS_HD double power_of_two_below_inverse(double value) {
    constexpr int kGreatestExponent = 1022;
    if (!std::isfinite(value)) return 1.0;
    int exponent = 0;
    std::frexp(value, &exponent);
    return std::ldexp(1.0, -exponent < kGreatestExponent ? -exponent : kGreatestExponent);
  }

  static VNS_HD double sum_of(const double* values, int count, int distance) {
    double sum = 0.0;
    for (int k = 0; k < count; ++k)
      sum += values[k * distance];
    return sum;
  }
};

/// z becomes d loss / d z; an item is a network, an element one sample.
struct LossDelta {
  SampleLoss loss;
  int samples = 0;  ///< of this piece
  double per_term = 1.0;
  const double* target = nullptr;  ///< (samples, outputs)
  double* logits = nullptr;        ///< (networks, samples, outputs)

  VNS_HD void operator()(std::int64_t item, int element) const {
    double* z = logits + (item * samples + element) * loss.outputs;
    const double factor = per_term;
    loss.derivatives(z, target + std::int64_t{1} * element * loss.outputs,
                     [=](int k, double derivative) { z[k] = derivative * factor; });
  }
};

/// d loss / d h_l in place of d loss / d x_l; an item is a network, an element one node and sample.
struct ActivationDelta {
  Activation activation = Activation::tanh;
  int plane = 0;      ///< samples times width
  int first_top = 0;  ///< networks from here on have this as their last hidden layer
  const double* pre_activation = nullptr;  ///< h_l (networks, samples, width)
  const double* top_delta = nullptr;       ///< d loss / d x of last hidden layers
  double* delta = nullptr;

  VNS_HD void operator()(std::int64_t item, int element) const {
    const std::int64_t at = item * plane + element;
    const double above = item >= first_top ? top_delta[at] : delta[at];
    delta[at] = above * activation_slope(activation, pre_activation[at]);
  }
};

/// Identity matrices; an item is one, an element one of its elements.
struct SetIdentity {
  int size = 0;
  double* matrices = nullptr;  ///< (items, size, size)

  VNS_HD void operator()(std::int64_t item, int element) const {
    matrices[item * size * size + element] = element / size == element % size ? 1.0 : 0.0;
  }
};

/// Rows of J_l times phi'(h_l); an item is a network, an element one of its Jacobians'.
struct ScaleJacobian {
  Activation activation = Activation::tanh;
  int width = 0;
  int jacobians = 0;
  int probes = 0;
  const double* pre_activation = nullptr;  ///< h_l (networks, probes, width)
  const double* jacobian = nullptr;        ///< J_l (networks, jacobians, width, width)
  double* scaled = nullptr;

  VNS_HD void operator()(std::int64_t item, int element) const {
    const int row = element / width % width;
    const int input = element / width / width;
    const double h = pre_activation[(item * probes + input) * width + row];
    const std::int64_t at = item * jacobians * width * width + element;
    scaled[at] = activation_slope(activation, h) * jacobian[at];
  }
};

}  // namespace vnsweep::batched
