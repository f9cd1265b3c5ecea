#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/batched/backward.hpp"
#include "kernels/batched/minibatch.hpp"
#include "kernels/batched/outcome.hpp"
#include "kernels/batched/training_memory.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"

namespace vnsweep::batched {

/// Floats from one row of a matrix in shared memory to the next: odd, so that neither the elements
/// of a row nor those of a column meet in a bank.
VNS_HD constexpr int odd_pitch(int columns) {
  return columns | 1;
}

/// Shared memory of a block that trains one network.
struct ResidentScratch {
  std::int64_t tile = 0;   ///< floats: the largest weight matrix
  std::int64_t plane = 0;  ///< floats: (samples, width), of which there are two

  explicit ResidentScratch(const NetworkBatch& batch)
      : tile(std::max({std::int64_t{1} * batch.width * odd_pitch(batch.width),
                       std::int64_t{1} * batch.width * odd_pitch(batch.data->inputs),
                       std::int64_t{1} * batch.data->outputs * odd_pitch(batch.width)})),
        plane(std::int64_t{1} * batch.step_samples() * batch.width) {}

  std::size_t bytes() const { return sizeof(float) * static_cast<std::size_t>(tile + 2 * plane); }
};

/// Whether a batch's networks are small enough to be trained each in a block of its own.
inline bool fits_in_blocks(const NetworkBatch& batch) {
  return batch.precision == Precision::fp32 && ResidentScratch(batch).bytes() <= kMostScratchBytes;
}

/// Trains one network for many steps without leaving the block; a block program, an index is the
/// position of a network. A network that is done ends its block at once.
///
/// A step reads every weight twice and writes it once; the matrix at work is in shared memory. What
/// comes out for a network depends on that network alone, to the last bit.
struct ResidentTraining {
  OutcomeState state;
  OutcomeRule rule;
  UpdateRule update;
  MinibatchState minibatch;  ///< of mini-batch runs
  bool uses_minibatches = false;
  std::int64_t steps = 0;  ///< 0: only an evaluation
  bool decides = true;     ///< whether that evaluation may end a network
  ScorePiece score;        ///< which piece of the training set is filled in here
  OutputDelta output_delta;
  Activation activation = Activation::tanh;
  int width = 0;
  int inputs = 0;
  int outputs = 0;
  int samples = 0;                         ///< of a step, and of a piece of an evaluation
  int total_samples = 0;                   ///< of the training set
  int tile = 0;                            ///< floats, as ResidentScratch says
  const float* input = nullptr;            ///< training set (total samples, inputs)
  const float* target = nullptr;           ///< (total samples, outputs)
  float* step_target = nullptr;            ///< of mini-batches (networks, samples, outputs)
  const std::int32_t* depth = nullptr;     ///< by network index
  const ResidentLayer* layers = nullptr;   ///< hidden layers, then the output layer
  int output_layer = 0;                    ///< index of the latter
  MutableParameters parameters;            ///< of all networks
  float* logits = nullptr;                 ///< (networks, samples, outputs)
  const float* logits_delta = nullptr;     ///< likewise
  const StepState* shared_step = nullptr;  ///< where all networks are when the program begins
  StepState* own_steps = nullptr;          ///< where each is, by position

  template <class Block>
  VNS_HD void operator()(Block& block, std::int64_t position) const {
    const std::int32_t network = state.active[position];
    StepState* own = own_steps + position;
    block.for_each(1, [=, this](int) { *own = *shared_step; });
    block.sync();
    // What is known of a network that is done is what is to be known.
    if (steps == 0 && state.is_training(network)) evaluate(block, position, decides);
    for (std::int64_t k = 0; k < steps && state.is_training(network); ++k)
      step(block, position, network, own);
  }

 private:
  /// Rows of the training set: those listed, or without a list some that follow one another.
  struct Rows {
    const std::int32_t* list = nullptr;
    int count = 0;
    int first = 0;

    VNS_HD std::int64_t operator[](int s) const { return list != nullptr ? list[s] : first + s; }
  };

  template <class Block>
  VNS_HD void step(Block& block, std::int64_t position, std::int32_t network,
                   StepState* own) const {
    // The forward pass of a full-batch evaluation is also the step's.
    if (!uses_minibatches || rule.is_due(own->step)) evaluate(block, position, true);
    if (!state.is_training(network)) return;
    Rows rows{.count = samples};
    if (uses_minibatches) {
      rows.list = take_minibatch(block, position, network);
      forward(block, position, network, rows);
    }
    OutputDelta delta = output_delta;
    delta.state.step = own;
    delta.rule.step = own;
    delta(block, position);
    block.sync();
    if (!state.is_training(network)) {  // it has diverged
      if (uses_minibatches) evaluate(block, position, false);
      return;
    }
    backward(block, position, network, rows);
    block.for_each(1, [=, this](int) {
      *own = {own->step + 1, bias_corrections(update.optimizer, own->step + 2)};
    });
    block.sync();
  }

  template <class Block>
  VNS_HD void evaluate(Block& block, std::int64_t position, bool may_end) const {
    const std::int32_t network = state.active[position];
    for (int first = 0; first < total_samples; first += samples) {
      const int count = samples < total_samples - first ? samples : total_samples - first;
      forward(block, position, network, Rows{.count = count, .first = first});
      ScorePiece piece = score;
      piece.state.step = own_steps + position;
      piece.samples = count;
      piece.is_first = first == 0;
      piece.is_last = first + count == total_samples;
      piece.decides = may_end;
      // The piece finds its logits at position * count * outputs.
      piece.logits = logits + position * (samples - count) * outputs;
      piece.target = target + std::int64_t{1} * first * outputs;
      piece(block, position);
      block.sync();
    }
  }

  /// @returns the rows of this step's samples
  template <class Block>
  VNS_HD const std::int32_t* take_minibatch(Block& block, std::int64_t position,
                                            std::int32_t network) const {
    MinibatchState own = minibatch;
    own.step = own_steps + position;
    const DrawEpochOrder draw{own};
    block.for_each(1, [=](int) { draw(position, 0); });
    block.sync();
    const GatherMinibatch gather{own, outputs, target, step_target};
    block.for_each(samples * outputs, [=](int e) { gather(position, e); });
    block.sync();
    return own.order + std::int64_t{1} * network * total_samples +
           own.step->step % own.per_epoch() * samples;
  }

  /// Copies a matrix (rows, columns) to shared memory.
  template <class Block>
  VNS_HD void load_tile(Block& block, const float* matrix, int rows, int columns) const {
    float* to = block.template scratch<float>();
    block.for_each(rows, columns,
                   [=](int i, int j) { to[i * odd_pitch(columns) + j] = matrix[i * columns + j]; });
  }

  /// Outputs of all hidden layers and the logits.
  template <class Block>
  VNS_HD void forward(Block& block, std::int64_t position, std::int32_t network, Rows rows) const {
    const float* w = block.template scratch<float>();
    float* below = block.template scratch<float>() + tile;
    float* above = below + samples * width;
    const int last = depth[network];
    for (int l = 1; l <= last; ++l) {
      const ResidentLayer layer = layers[l - 1];
      const int columns = l == 1 ? inputs : width;
      load_tile(block, parameters.values + layer.weights + position * width * columns, width,
                columns);
      block.sync();
      const float* bias = parameters.values + layer.biases + position * width;
      float* kept = layer.outputs + position * samples * width;
      float* kept_h = layer.pre_activation;
      if (kept_h != nullptr) kept_h += position * samples * width;
      block.for_each(rows.count, width, [=, this](int s, int i) {
        const float* weights = w + i * odd_pitch(columns);
        const float* in = l == 1 ? input + rows[s] * inputs : below + s * width;
        float h = bias[i];
        for (int j = 0; j < columns; ++j)
          h += weights[j] * in[j];
        const float value = activate(activation, h);
        above[s * width + i] = value;
        kept[s * width + i] = value;
        if (kept_h != nullptr) kept_h[s * width + i] = h;
      });
      block.sync();
      float* const spare = below;
      below = above;
      above = spare;
    }
    const ResidentLayer layer = layers[output_layer];
    load_tile(block, parameters.values + layer.weights + position * outputs * width, outputs,
              width);
    block.sync();
    const float* bias = parameters.values + layer.biases + position * outputs;
    float* z = logits + position * samples * outputs;
    block.for_each(rows.count, outputs, [=, this](int s, int k) {
      const float* weights = w + k * odd_pitch(width);
      const float* in = below + s * width;
      float h = bias[k];
      for (int j = 0; j < width; ++j)
        h += weights[j] * in[j];
      z[s * outputs + k] = h;
    });
    block.sync();
  }

  /// Deltas of all hidden layers and the updates of all parameters but the output biases.
  template <class Block>
  VNS_HD void backward(Block& block, std::int64_t position, std::int32_t network, Rows rows) const {
    UpdateRule own = update;
    own.step = own_steps + position;
    const std::int64_t plane = std::int64_t{1} * samples * width;
    float* delta = block.template scratch<float>() + tile;
    float* below = delta + plane;
    const int last = depth[network];

    const ResidentLayer output = layers[output_layer];
    const float* dz = logits_delta + position * samples * outputs;
    const float* top = layers[last - 1].outputs + position * plane;
    load_tile(block, parameters.values + output.weights + position * outputs * width, outputs,
              width);
    block.sync();
    input_delta(block, dz, outputs, layers[last - 1], position, delta);
    update_weights(block, own, network, output.weights + position * outputs * width, dz, outputs,
                   top, Rows{.count = samples}, width);
    block.sync();

    for (int l = last; l >= 1; --l) {
      const ResidentLayer layer = layers[l - 1];
      const int columns = l == 1 ? inputs : width;
      const std::int64_t weights = layer.weights + position * width * columns;
      const float* x = l == 1 ? input : layers[l - 2].outputs + position * plane;
      if (l > 1) {
        load_tile(block, parameters.values + weights, width, width);
        block.sync();
        input_delta(block, delta, width, layers[l - 2], position, below);
      }
      const float* dh = delta;
      block.for_each(width, [=, this](int i) {
        float gradient = 0.0F;
        for (int s = 0; s < samples; ++s)
          gradient += dh[s * width + i];
        own.apply(network, gradient, parameters.at(layer.biases + position * width + i));
      });
      update_weights(block, own, network, weights, delta, width, x,
                     l == 1 ? rows : Rows{.count = samples}, columns);
      block.sync();
      float* const spare = delta;
      delta = below;
      below = spare;
    }
  }

  /// (delta W) phi' with W (nodes, width) in shared memory.
  /// @param delta        (samples, nodes)
  /// @param below_layer  the layer whose nodes W's columns are
  /// @param[out] below   (samples, width)
  template <class Block>
  VNS_HD void input_delta(Block& block, const float* delta, int nodes,
                          const ResidentLayer& below_layer, std::int64_t position,
                          float* below) const {
    const float* w = block.template scratch<float>();
    const std::int64_t plane = position * samples * width;
    const float* h = below_layer.pre_activation;
    const bool takes_h = h != nullptr;
    const float* known = (takes_h ? h : below_layer.outputs) + plane;
    block.for_each(samples, width, [=, this](int s, int j) {
      const float* dh = delta + s * nodes;
      float sum = 0.0F;
      for (int i = 0; i < nodes; ++i)
        sum += dh[i] * w[i * odd_pitch(width) + j];
      const float value = known[s * width + j];
      below[s * width + j] = sum * (takes_h ? activation_slope(activation, value)
                                            : slope_from_output(activation, value));
    });
  }

  /// Gradient delta^T x and update of one layer's weights.
  /// @param weights  offset of (nodes, columns) among the parameters
  /// @param delta    (samples, nodes)
  /// @param x        (any, columns), of which `rows` are the samples
  template <class Block>
  VNS_HD void update_weights(Block& block, const UpdateRule& own, std::int32_t network,
                             std::int64_t weights, const float* delta, int nodes, const float* x,
                             Rows rows, int columns) const {
    block.for_each(nodes, columns, [=, this](int i, int j) {
      float gradient = 0.0F;
      for (int s = 0; s < samples; ++s)
        gradient += delta[s * nodes + i] * x[rows[s] * columns + j];
      own.apply(network, gradient, parameters.at(weights + i * columns + j));
    });
  }
};

}  // namespace vnsweep::batched
