#pragma once

#include <cstdint>

#include "kernels/batched/backward.hpp"
#include "kernels/batched/minibatch.hpp"
#include "kernels/batched/outcome.hpp"
#include "kernels/batched/resident_layout.hpp"
#include "kernels/batched/resident_products.hpp"
#include "kernels/batched/training_memory.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"

namespace vnsweep::batched {

/// What becomes of h of a hidden layer that is in shared memory.
struct KeepOutput {
  Activation activation;
  int row;  ///< floats of a sample in a plane
  int width;
  float* x;       ///< plane of the outputs
  float* h;       ///< and of h itself
  bool keeps_h;   ///< whether the slope takes it
  float* lost;    ///< where else outputs are kept (samples, width), or null
  float* lost_h;  ///< likewise

  VNS_HD void operator()(int s, int i, float value) const {
    const float output = activate(activation, value);
    x[s * row + i] = output;
    if (keeps_h) h[s * row + i] = value;
    if (lost != nullptr) lost[s * width + i] = output;
    if (lost_h != nullptr) lost_h[s * width + i] = value;
  }
};

/// Makes the delta of a hidden layer of the derivative by its outputs.
struct KeepDelta {
  Activation activation;
  int row;             ///< floats of a sample in a plane
  bool takes_h;        ///< whether the slope does
  const float* known;  ///< plane of h, or of the outputs
  float* delta;        ///< plane

  VNS_HD void operator()(int s, int j, float derivative) const {
    const float value = known[s * row + j];
    delta[s * row + j] = derivative * (takes_h ? activation_slope(activation, value)
                                               : slope_from_output(activation, value));
  }
};

/// Updates weights that are in shared memory.
struct UpdateTile {
  NetworkRule rule;
  float* weights;  ///< (rows, pitch)
  int pitch;
  int first_moment;   ///< floats from a weight to its first moment, and to its second; not read by
                      ///< rules
  int second_moment;  ///< that have none: SGD without momentum updates in the product

  VNS_HD ParameterState at(int i, int j) const {
    float* value = weights + i * pitch + j;
    return {value, value + first_moment, value + second_moment};
  }
  VNS_HD void operator()(int i, int j, float gradient) const { rule.apply(gradient, at(i, j)); }
};

VNS_HD inline void copy_parameter(const ParameterState& from, const ParameterState& to) {
  *to.value = *from.value;
  if (to.first != nullptr) *to.first = *from.first;
  if (to.second != nullptr) *to.second = *from.second;
}

/// Trains one network for many steps without leaving the block; a block program, an index is the
/// position of a network. A network that is done ends its block at once.
///
/// The network is in shared memory, or as many of its layers as there is room for, while others are
/// on their way; see ResidentLayout. What comes out for a network depends on that network alone, to
/// the last bit.
/// @tparam kSamples  that a thread works on at once
template <int kSamples>
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
  ResidentLayout layout;
  int total_samples = 0;                   ///< of the training set
  const float* input = nullptr;            ///< training set (total samples, inputs)
  const float* target = nullptr;           ///< (total samples, outputs)
  float* step_target = nullptr;            ///< of mini-batches (networks, samples, outputs)
  const std::int32_t* depth = nullptr;     ///< by network index
  const ResidentLayer* layers = nullptr;   ///< hidden layers, then the output layer
  int output_index = 0;                    ///< of the latter
  MutableParameters parameters;            ///< of all networks
  float* logits = nullptr;                 ///< (networks, samples, outputs)
  const float* logits_delta = nullptr;     ///< likewise
  const StepState* shared_step = nullptr;  ///< where all networks are when the program begins
  StepState* own_steps = nullptr;          ///< where each is, by position

  template <class Block>
  VNS_HD_INLINE void operator()(Block& block, std::int64_t position) const {
    const std::int32_t network = state.active[position];
    if (!state.is_training(network)) return;  // what is known of it is what is to be known
    StepState* step_state = own_steps + position;
    block.for_each(1, [=, this](int) { *step_state = *shared_step; });
    Own<Block> own{.position = position,
                   .network = network,
                   .last = depth[network],
                   .lowest = 2,
                   .stays = depth[network] - 1 <= layout.slots,
                   .width = block.split(layout.width),
                   .inputs = block.split(layout.inputs),
                   .copies_fours = layout.width % kFour == 0};
    own.width_units =
        own.copies_fours ? block.split(layout.width / kFour) : block.split(layout.width);
    load_ends(block, own);
    load_lowest(block, own);
    block.sync();
    bool unseen = false;  // whether it has diverged since its last evaluation
    for (std::int64_t k = 0;; ++k) {
      const bool goes_on = k < steps && state.is_training(network);
      // The forward pass of a full-batch evaluation is also the step's.
      const bool is_due = !uses_minibatches || rule.is_due(step_state->step);
      if (goes_on ? is_due : steps == 0 || unseen)
        evaluate(block, own, goes_on || (steps == 0 && decides));
      if (!goes_on) break;
      if (state.is_training(network)) unseen = !step(block, own, step_state) && uses_minibatches;
    }
    if (steps > 0) store(block, own);
  }

 private:
  /// Rows of the training set: those listed, or without a list some that follow one another.
  struct Rows {
    const std::int32_t* list = nullptr;
    int count = 0;
    int first = 0;

    VNS_HD std::int64_t operator[](int s) const { return list != nullptr ? list[s] : first + s; }
  };

  /// What the threads of a block know of their network.
  template <class Block>
  struct Own {
    std::int64_t position;
    std::int32_t network;
    int last;    ///< hidden layers
    int lowest;  ///< the slots hold this layer and those above it, as many as there are
    bool stays;  ///< all layers have a slot of their own
    typename Block::Split width;        ///< of the columns of hidden layers
    typename Block::Split inputs;       ///< of the columns of the first
    typename Block::Split width_units;  ///< of the units in which rows of `width` floats are copied
    bool copies_fours;                  ///< which are fours
  };

  /// One update; in full-batch runs an evaluation has made the forward pass.
  /// @returns whether the network has not diverged
  template <class Block>
  VNS_HD_INLINE bool step(Block& block, Own<Block>& own, StepState* step_state) const {
    Rows rows{.count = layout.samples};
    if (uses_minibatches) {
      rows.list = take_minibatch(block, own);
      forward(block, own, rows);
    }
    OutputDelta delta = output_delta;
    delta.state.step = step_state;
    delta.rule.step = step_state;
    delta(block, own.position);
    block.sync();
    if (!state.is_training(own.network)) return false;
    backward(block, own, rows);
    block.for_each(1, [=, this](int) {
      *step_state = {step_state->step + 1,
                     bias_corrections(update.optimizer, step_state->step + 2)};
    });
    block.sync();
    return true;
  }

  template <class Block>
  VNS_HD_INLINE void evaluate(Block& block, Own<Block>& own, bool may_end) const {
    for (int first = 0; first < total_samples; first += layout.samples) {
      const int rest = total_samples - first;
      const int count = layout.samples < rest ? layout.samples : rest;
      forward(block, own, Rows{.count = count, .first = first});
      ScorePiece piece = score;
      piece.state.step = own_steps + own.position;
      piece.samples = count;
      piece.is_first = first == 0;
      piece.is_last = first + count == total_samples;
      piece.decides = may_end;
      // The piece finds its logits at position * count * outputs.
      piece.logits = logits + own.position * (layout.samples - count) * layout.outputs;
      piece.target = target + std::int64_t{1} * first * layout.outputs;
      piece(block, own.position);
      block.sync();
    }
  }

  /// @returns the rows of this step's samples
  template <class Block>
  VNS_HD const std::int32_t* take_minibatch(Block& block, const Own<Block>& own) const {
    const std::int64_t position = own.position;
    MinibatchState mine = minibatch;
    mine.step = own_steps + position;
    const DrawEpochOrder draw{mine};
    block.for_each(1, [=](int) { draw(position, 0); });
    block.sync();
    const GatherMinibatch gather{mine, layout.outputs, target, step_target};
    block.for_each(layout.samples * layout.outputs, [=](int e) { gather(position, e); });
    block.sync();
    return mine.order + std::int64_t{1} * own.network * total_samples +
           mine.step->step % mine.per_epoch() * layout.samples;
  }

  // ---- between the memory of the device and that of the block ----

  /// Array of the parameters' values, or of a moment. @param part  as in ResidentLayout
  VNS_HD float* array_of(int part) const {
    if (part == 0) return parameters.values;
    return part == layout.first_part ? parameters.first : parameters.second;
  }

  template <class Block>
  VNS_HD_INLINE void copy_rows_of_width(Block& block, const Own<Block>& own, float* to, int pitch,
                                        const float* from, int rows) const {
    if (own.copies_fours) {
      block.template copy_rows<kFour>(to, pitch, from, rows, own.width_units);
    } else {
      block.template copy_rows<1>(to, pitch, from, rows, own.width_units);
    }
  }

  /// Begins to copy the first layer and the output layer, which stay.
  template <class Block>
  VNS_HD_INLINE void load_ends(Block& block, const Own<Block>& own) const {
    float* const memory = block.template scratch<float>();
    const ResidentLayer first = layers[0];
    const ResidentLayer output = layers[output_index];
    for (int part = 0; part < layout.parts; ++part) {
      float* to = memory + layout.first_layer + part * layout.first_size;
      const float* from = array_of(part);
      block.template copy_rows<1>(
          to, layout.input_pitch,
          from + first.weights + own.position * layout.width * layout.inputs, layout.width,
          own.inputs);
      copy_rows_of_width(block, own, to + layout.width * layout.input_pitch, 0,
                         from + first.biases + own.position * layout.width, 1);
      copy_rows_of_width(
          block, own, memory + layout.output_layer + part * layout.output_size, layout.pitch,
          from + output.weights + own.position * layout.outputs * layout.width, layout.outputs);
    }
    block.close_copies();
  }

  /// Begins to copy hidden layer l >= 2 into its slot.
  /// @param parts  how many; a forward pass takes the values alone
  template <class Block>
  VNS_HD_INLINE void load(Block& block, const Own<Block>& own, int l, int parts) const {
    float* const memory = block.template scratch<float>();
    const ResidentLayer layer = layers[l - 1];
    float* to = memory + layout.layer(l);
    for (int part = 0; part < parts; ++part, to += layout.hidden_size) {
      const float* from = array_of(part);
      copy_rows_of_width(block, own, to, layout.pitch,
                         from + layer.weights + own.position * layout.width * layout.width,
                         layout.width);
      copy_rows_of_width(block, own, to + layout.width * layout.pitch, 0,
                         from + layer.biases + own.position * layout.width, 1);
    }
  }

  /// Begins to copy what the forward pass has kept of hidden layer l >= 2.
  template <class Block>
  VNS_HD_INLINE void load_planes(Block& block, const Own<Block>& own, int l) const {
    float* const memory = block.template scratch<float>();
    const ResidentLayer layer = layers[l - 1];
    const std::int64_t at = own.position * layout.samples * layout.width;
    float* to = memory + layout.layer_planes(l);
    copy_rows_of_width(block, own, to, layout.row, layer.outputs + at, layout.samples);
    if (layer.pre_activation != nullptr) {
      copy_rows_of_width(block, own, to + layout.plane, layout.row, layer.pre_activation + at,
                         layout.samples);
    }
  }

  /// The parts of layer l that the slots hold when the forward pass ends at it.
  template <class Block>
  VNS_HD int parts_of(const Own<Block>& own, int l) const {
    return l > own.last - layout.slots ? layout.parts : 1;
  }

  /// Fills the slots from below and waits, but for a barrier.
  template <class Block>
  VNS_HD_INLINE void load_lowest(Block& block, Own<Block>& own) const {
    own.lowest = 2;
    for (int l = 2; l <= own.last && l < 2 + layout.slots; ++l)
      load(block, own, l, parts_of(own, l));
    block.close_copies();
    block.template wait_for_copies<0>();
  }

  template <class Block>
  VNS_HD_INLINE void store_part(Block& block, const float* from, int pitch, float* to, int rows,
                                const typename Block::Split& split) const {
    block.for_each(rows, split,
                   [=](int i, int j) { to[i * split.columns + j] = from[i * pitch + j]; });
  }

  /// Writes back the layers that were not written as they changed.
  template <class Block>
  VNS_HD_INLINE void store(Block& block, const Own<Block>& own) const {
    float* const memory = block.template scratch<float>();
    for (int part = 0; part < layout.parts; ++part) {
      float* to = array_of(part);
      const float* output = memory + layout.output_layer + part * layout.output_size;
      store_part(block, output, layout.pitch,
                 to + layers[output_index].weights + own.position * layout.outputs * layout.width,
                 layout.outputs, own.width);
      for (int l = 1; l <= (own.stays ? own.last : 1); ++l) {
        const int columns = l == 1 ? layout.inputs : layout.width;
        const int pitch = l == 1 ? layout.input_pitch : layout.pitch;
        const int size = l == 1 ? layout.first_size : layout.hidden_size;
        const float* from = memory + layout.layer(l) + part * size;
        store_part(block, from, pitch,
                   to + layers[l - 1].weights + own.position * layout.width * columns, layout.width,
                   l == 1 ? own.inputs : own.width);
        store_part(block, from + layout.width * pitch, 0,
                   to + layers[l - 1].biases + own.position * layout.width, 1, own.width);
      }
    }
    block.sync();
  }

  // ---- passes ----

  /// Outputs of all hidden layers and the logits.
  template <class Block>
  VNS_HD_INLINE void forward(Block& block, Own<Block>& own, Rows rows) const {
    float* const memory = block.template scratch<float>();
    if (own.lowest > 2) {  // two forward passes, one after the other
      load_lowest(block, own);
      block.sync();
    }
    const int inputs = layout.inputs;
    const float* in = input;
    const auto row_of_input = [=](int s) { return in + rows[s] * inputs; };
    float* const first = memory + layout.first_layer;
    multiply_by_rows<kSamples, false>(block, own.width, first, layout.input_pitch,
                                      first + layout.width * layout.input_pitch, inputs,
                                      row_of_input, rows.count, keep_output(memory, 1));
    for (int l = 2; l <= own.last; ++l) {
      block.template wait_for_copies<1>();
      block.sync();
      // The slot of the layer below is free, but for its outputs.
      const int next = l - 1 + layout.slots;
      if (l > 2 && next <= own.last) {
        load(block, own, next, parts_of(own, next));
        own.lowest = l;
      }
      block.close_copies();
      const int row = layout.row;
      const float* below = memory + layout.layer_planes(l - 1);
      const float* w = memory + layout.layer(l);
      KeepOutput keep = keep_output(memory, l);
      if (l <= own.last - layout.slots) {  // it leaves its slot before the backward pass comes
        const ResidentLayer layer = layers[l - 1];
        const std::int64_t at = own.position * layout.samples * layout.width;
        keep.lost = layer.outputs + at;
        if (layer.pre_activation != nullptr) keep.lost_h = layer.pre_activation + at;
      }
      multiply_by_rows<kSamples, true>(
          block, own.width, w, layout.pitch, w + layout.width * layout.pitch, layout.width,
          [=](int s) { return below + s * row; }, rows.count, keep);
    }
    block.template wait_for_copies<0>();
    block.sync();
    const float* top = memory + layout.layer_planes(own.last);
    const int row = layout.row;
    const int outputs = layout.outputs;
    float* z = logits + own.position * layout.samples * outputs;
    const float* bias = parameters.values + layers[output_index].biases + own.position * outputs;
    multiply_by_rows<1, true>(
        block, block.split(outputs), memory + layout.output_layer, layout.pitch, bias, layout.width,
        [=](int s) { return top + s * row; }, rows.count,
        [=](int s, int k, float h) { z[s * outputs + k] = h; });
    block.sync();
  }

  VNS_HD KeepOutput keep_output(float* memory, int l) const {
    float* planes = memory + layout.layer_planes(l);
    return {.activation = activation,
            .row = layout.row,
            .width = layout.width,
            .x = planes,
            .h = planes + layout.plane,
            .keeps_h = layout.planes > 1,
            .lost = nullptr,
            .lost_h = nullptr};
  }

  VNS_HD KeepDelta keep_delta(const float* memory, int l, float* delta) const {
    const bool takes_h = layout.planes > 1;
    return {.activation = activation,
            .row = layout.row,
            .takes_h = takes_h,
            .known = memory + layout.layer_planes(l) + (takes_h ? layout.plane : 0),
            .delta = delta};
  }

  /// @param part_size  floats from one part of the layer to the next
  VNS_HD UpdateTile update_of(const NetworkRule& network_rule, float* weights, int part_size,
                              int pitch) const {
    return {.rule = network_rule,
            .weights = weights,
            .pitch = pitch,
            .first_moment = layout.first_part * part_size,
            .second_moment = layout.second_part * part_size};
  }

  /// Deltas of all hidden layers and the updates of all parameters but the output biases.
  template <class Block>
  VNS_HD_INLINE void backward(Block& block, Own<Block>& own, Rows rows) const {
    float* const memory = block.template scratch<float>();
    UpdateRule update_rule = update;
    update_rule.step = own_steps + own.position;
    const NetworkRule network_rule = update_rule.of(own.network);
    const int samples = layout.samples;
    const int row = layout.row;
    float* delta = memory + layout.deltas;
    float* below = delta + layout.plane;

    const int outputs = layout.outputs;
    const int output_row = layout.output_row;
    const float* dz = logits_delta + own.position * samples * outputs;
    float* output_deltas = memory + layout.output_deltas;
    block.for_each(samples, block.split(outputs),
                   [=](int s, int k) { output_deltas[s * output_row + k] = dz[s * outputs + k]; });
    block.sync();
    float* const output = memory + layout.output_layer;
    const float* top = memory + layout.layer_planes(own.last);
    multiply_by_columns<kSamples>(block, own.width, output, layout.pitch, outputs, output_deltas,
                                  output_row, samples, keep_delta(memory, own.last, delta));
    block.sync();
    sum_outer_products(
        block, own.width, outputs, output_deltas, output_row, [=](int s) { return top + s * row; },
        samples, update_of(network_rule, output, layout.output_size, layout.pitch));

    for (int l = own.last; l >= 2; --l) {
      block.template wait_for_copies<0>();
      block.sync();
      // The slot of the layer above is free.
      const int next = l + 1 - layout.slots;
      if (l < own.last && next >= 2) {
        load(block, own, next, layout.parts);
        load_planes(block, own, next);
        own.lowest = next;
      }
      block.close_copies();
      float* const w = memory + layout.layer(l);
      multiply_by_columns<kSamples>(block, own.width, w, layout.pitch, layout.width, delta, row,
                                    samples, keep_delta(memory, l - 1, below));
      update_biases(block, own, network_rule, l, delta);
      block.sync();
      const float* x = memory + layout.layer_planes(l - 1);
      const auto row_of_x = [=](int s) { return x + s * row; };
      const UpdateTile change = update_of(network_rule, w, layout.hidden_size, layout.pitch);
      if (own.stays) {
        sum_outer_products(block, own.width, layout.width, delta, row, row_of_x, samples, change);
      } else {
        const MutableParameters out = parameters;
        const int width = layout.width;
        const std::int64_t at = layers[l - 1].weights + own.position * width * width;
        sum_outer_products(block, own.width, width, delta, row, row_of_x, samples,
                           [=](int i, int j, float gradient) {
                             change(i, j, gradient);
                             copy_parameter(change.at(i, j), out.at(at + i * width + j));
                           });
      }
      float* const spare = delta;
      delta = below;
      below = spare;
    }

    block.template wait_for_copies<0>();
    block.sync();
    const int inputs = layout.inputs;
    const float* in = input;
    update_biases(block, own, network_rule, 1, delta);
    sum_outer_products(
        block, own.inputs, layout.width, delta, row, [=](int s) { return in + rows[s] * inputs; },
        samples,
        update_of(network_rule, memory + layout.first_layer, layout.first_size,
                  layout.input_pitch));
    block.sync();
  }

  /// Updates the biases of hidden layer l.
  template <class Block>
  VNS_HD_INLINE void update_biases(Block& block, const Own<Block>& own,
                                   const NetworkRule& network_rule, int l,
                                   const float* delta) const {
    float* const memory = block.template scratch<float>();
    const int row = layout.row;
    const int samples = layout.samples;
    const int pitch = l == 1 ? layout.input_pitch : layout.pitch;
    const UpdateTile change =
        update_of(network_rule, memory + layout.layer(l) + layout.width * pitch,
                  l == 1 ? layout.first_size : layout.hidden_size, 0);
    const MutableParameters out = parameters;
    const std::int64_t at = layers[l - 1].biases + own.position * layout.width;
    const bool writes = l > 1 && !own.stays;
    block.for_each(layout.width, [=](int i) {
      float gradient = 0.0F;
      for (int s = 0; s < samples; ++s)
        gradient += delta[s * row + i];
      change(0, i, gradient);
      if (writes) copy_parameter(change.at(0, i), out.at(at + i));
    });
  }
};

}  // namespace vnsweep::batched
