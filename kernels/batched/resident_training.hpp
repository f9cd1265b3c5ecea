#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/batched/backward.hpp"
#include "kernels/batched/minibatch.hpp"
#include "kernels/batched/outcome.hpp"
#include "kernels/batched/resident_layout.hpp"
#include "kernels/batched/resident_products.hpp"
#include "kernels/batched/resident_shape.hpp"
#include "kernels/batched/resident_tiles.hpp"
#include "kernels/batched/training_memory.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"

namespace vnsweep::batched {

/// Trains one network for many steps without leaving the block; a block program, an index is the
/// position of a network. A network that is done ends its block at once.
///
/// The network is in shared memory, or as many of its layers as there is room for, while others are
/// on their way; see ResidentLayout. What comes out for a network depends on that network alone, to
/// the last bit.
/// @tparam Shape  FixedShape or AnyShape
template <class Shape>
struct ResidentTraining {
  static constexpr int kThreads = Shape::kThreads;  ///< that launches must have; 0: any number

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
                   .top = layout.other_layers,
                   .inputs = block.split(layout.inputs),
                   .outputs = block.split(layout.outputs),
                   .copies_fours = width() % kFour == 0};
    if constexpr (Shape::kFixed) {
      own.width = block.template fixed_split<Shape::kWidth>();
      own.width_units = block.template fixed_split<Shape::kWidth / kFour>();
    } else {
      own.width = block.split(width());
      own.width_units = own.copies_fours ? block.split(width() / kFour) : block.split(width());
    }
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

  // What a fixed shape says of the layout, the compiler knows.
  VNS_HD constexpr int width() const {
    if constexpr (Shape::kFixed) return Shape::kWidth;
    return layout.width;
  }
  VNS_HD constexpr int samples() const {
    if constexpr (Shape::kFixed) return Shape::kSamples;
    return layout.samples;
  }
  VNS_HD constexpr int row() const { return round_to_fours(width()); }
  VNS_HD constexpr int pitch() const { return tile_pitch(width()); }
  VNS_HD constexpr int hidden_size() const { return width() * pitch() + row(); }

  template <class Block, bool kFixed>
  struct Splits {
    using Width = typename Block::Split;
    using Units = typename Block::Split;
  };
  template <class Block>
  struct Splits<Block, true> {
    using Width = typename Block::template FixedSplit<Shape::kWidth>;
    using Units = typename Block::template FixedSplit<Shape::kWidth / kFour>;
  };

  /// What the threads of a block know of their network.
  template <class Block>
  struct Own {
    std::int64_t position;
    std::int32_t network;
    int last;    ///< hidden layers
    int lowest;  ///< the slots hold this layer and those above it, as many as there are
    bool stays;  ///< all layers have a slot of their own
    int top;     ///< slot of the last hidden layer
    typename Block::Split inputs;   ///< of the columns of the first layer
    typename Block::Split outputs;  ///< of the outputs of a sample
    bool copies_fours;              ///< whether rows of `width` floats are copied in fours
    typename Splits<Block, Shape::kFixed>::Width width;        ///< of the columns of other layers
    typename Splits<Block, Shape::kFixed>::Units width_units;  ///< of the units that are copied
  };

  /// One update; in full-batch runs an evaluation has made the forward pass.
  /// @returns whether the network has not diverged
  template <class Block>
  VNS_HD_INLINE bool step(Block& block, Own<Block>& own, StepState* step_state) const {
    Rows rows{.count = samples()};
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
    for (int first = 0; first < total_samples; first += samples()) {
      const int rest = total_samples - first;
      const int count = samples() < rest ? samples() : rest;
      forward(block, own, Rows{.count = count, .first = first});
      ScorePiece piece = score;
      piece.state.step = own_steps + own.position;
      piece.samples = count;
      piece.is_first = first == 0;
      piece.is_last = first + count == total_samples;
      piece.decides = may_end;
      // The piece finds its logits at position * count * outputs.
      piece.logits = logits + own.position * (samples() - count) * layout.outputs;
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
    block.for_each(samples() * layout.outputs, [=](int e) { gather(position, e); });
    block.sync();
    return mine.order + std::int64_t{1} * own.network * total_samples +
           mine.step->step % mine.per_epoch() * samples();
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
      block.template copy_rows<1>(to, layout.input_pitch,
                                  from + first.weights + own.position * width() * layout.inputs,
                                  width(), own.inputs);
      copy_rows_of_width(block, own, to + width() * layout.input_pitch, 0,
                         from + first.biases + own.position * width(), 1);
      copy_rows_of_width(block, own, memory + layout.output_layer + part * layout.output_size,
                         pitch(), from + output.weights + own.position * layout.outputs * width(),
                         layout.outputs);
    }
    block.close_copies();
  }

  /// Waits for all copies but the latest groups, or more of them.
  template <class Block>
  VNS_HD_INLINE void wait_for_copies(Block& block, int latest) const {
    if (latest <= 0) {
      block.template wait_for_copies<0>();
    } else if (latest == 1) {
      block.template wait_for_copies<1>();
    } else {
      block.template wait_for_copies<2>();
    }
  }

  /// Begins to copy hidden layer l >= 2 into its slot.
  /// @param at     the slot
  /// @param parts  how many; a forward pass takes the values alone
  template <class Block>
  VNS_HD_INLINE void load(Block& block, const Own<Block>& own, int l, int at, int parts) const {
    float* const memory = block.template scratch<float>();
    const ResidentLayer layer = layers[l - 1];
    float* to = memory + at;
    for (int part = 0; part < parts; ++part, to += hidden_size()) {
      const float* from = array_of(part);
      copy_rows_of_width(block, own, to, pitch(),
                         from + layer.weights + own.position * width() * width(), width());
      copy_rows_of_width(block, own, to + width() * pitch(), 0,
                         from + layer.biases + own.position * width(), 1);
    }
  }

  /// Begins to copy what the forward pass has kept of hidden layer l >= 2.
  template <class Block>
  VNS_HD_INLINE void load_planes(Block& block, const Own<Block>& own, int l, int at) const {
    float* const memory = block.template scratch<float>();
    const ResidentLayer layer = layers[l - 1];
    const std::int64_t from = own.position * samples() * width();
    float* to = memory + layout.planes_of(at);
    copy_rows_of_width(block, own, to, row(), layer.outputs + from, samples());
    if (layout.planes > 1) {
      copy_rows_of_width(block, own, to + layout.plane, row(), layer.pre_activation + from,
                         samples());
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
    int at = layout.other_layers;
    for (int l = 2; l <= own.last && l < 2 + layout.slots; ++l, at += layout.slot)
      load(block, own, l, at, parts_of(own, l));
    block.close_copies();
    block.template wait_for_copies<0>();
  }

  template <class Block, class Split>
  VNS_HD_INLINE void store_part(Block& block, const float* from, int from_pitch, float* to,
                                int rows, const Split& split) const {
    block.for_each(rows, split,
                   [=](int i, int j) { to[i * split.columns + j] = from[i * from_pitch + j]; });
  }

  /// Writes back the layers that were not written as they changed.
  template <class Block>
  VNS_HD_INLINE void store(Block& block, const Own<Block>& own) const {
    float* const memory = block.template scratch<float>();
    for (int part = 0; part < layout.parts; ++part) {
      float* to = array_of(part);
      const float* output = memory + layout.output_layer + part * layout.output_size;
      store_part(block, output, pitch(),
                 to + layers[output_index].weights + own.position * layout.outputs * width(),
                 layout.outputs, own.width);
      const float* first = memory + layout.first_layer + part * layout.first_size;
      store_part(block, first, layout.input_pitch,
                 to + layers[0].weights + own.position * width() * layout.inputs, width(),
                 own.inputs);
      store_part(block, first + width() * layout.input_pitch, 0,
                 to + layers[0].biases + own.position * width(), 1, own.width);
      if (!own.stays) continue;
      const float* hidden = memory + layout.other_layers + part * hidden_size();
      for (int l = 2; l <= own.last; ++l, hidden += layout.slot) {
        store_part(block, hidden, pitch(),
                   to + layers[l - 1].weights + own.position * width() * width(), width(),
                   own.width);
        store_part(block, hidden + width() * pitch(), 0,
                   to + layers[l - 1].biases + own.position * width(), 1, own.width);
      }
    }
    block.sync();
  }

  // ---- passes ----

  /// Outputs of all hidden layers and the logits.
  template <class Block>
  VNS_HD_INLINE void forward(Block& block, Own<Block>& own, Rows rows) const {
    if (own.lowest > 2) {  // two forward passes, one after the other
      load_lowest(block, own);
      block.sync();
    }
    float* const memory = block.template scratch<float>();
    const int count = Shape::kFixed ? samples() : rows.count;
    const int inputs = layout.inputs;
    const float* in = input;
    float* const first = memory + layout.first_layer;
    multiply_by_rows<Shape::kAtOnce, false>(
        block, own.width, first, layout.input_pitch, first + width() * layout.input_pitch, inputs,
        [=](int s) { return in + rows[s] * inputs; }, count,
        keep_output(memory + layout.first_planes()));

    const int floats = row();
    const float* below = memory + layout.first_planes();
    int at = layout.other_layers;
    int at_below = at;
    for (int l = 2; l <= own.last; ++l) {
      wait_for_copies(block, layout.slots - 2);
      block.sync();
      // The slot of the layer below is free, but for its outputs.
      const int next = l - 1 + layout.slots;
      if (l > 2 && next <= own.last) {
        load(block, own, next, at_below, parts_of(own, next));
        own.lowest = l;
      }
      block.close_copies();
      KeepOutput keep = keep_output(memory + layout.planes_of(at));
      if (l <= own.last - layout.slots) {
        const ResidentLayer layer = layers[l - 1];
        const std::int64_t lost_at = own.position * samples() * width();
        keep.is_lost = true;
        keep.lost = layer.outputs + lost_at;
        if (layout.planes > 1) keep.lost_h = layer.pre_activation + lost_at;
      }
      const float* w = memory + at;
      multiply_by_rows<Shape::kAtOnce, true>(
          block, own.width, w, pitch(), w + width() * pitch(), width(),
          [=](int s) { return below + s * floats; }, count, keep);
      below = memory + layout.planes_of(at);
      at_below = at;
      at = layout.slot_above(at);
    }
    own.top = at_below;

    block.template wait_for_copies<0>();
    block.sync();
    const float* top = top_planes(memory, own);
    const int outputs = layout.outputs;
    float* z = logits + own.position * samples() * outputs;
    const float* bias = parameters.values + layers[output_index].biases + own.position * outputs;
    multiply_by_rows<1, true>(
        block, own.outputs, memory + layout.output_layer, pitch(), bias, width(),
        [=](int s) { return top + s * floats; }, count,
        [=](int s, int k, float h) { z[s * outputs + k] = h; });
    block.sync();
  }

  /// Outputs of the last hidden layer.
  template <class Block>
  VNS_HD float* top_planes(float* memory, const Own<Block>& own) const {
    return memory + (own.last == 1 ? layout.first_planes() : layout.planes_of(own.top));
  }

  /// @param planes  of the layer, in shared memory
  VNS_HD KeepOutput keep_output(float* planes) const {
    return {.activation = activation,
            .row = row(),
            .width = width(),
            .x = planes,
            .h = planes + layout.plane,
            .keeps_h = layout.planes > 1,
            .is_lost = false,
            .lost = nullptr,
            .lost_h = nullptr};
  }

  VNS_HD KeepDelta keep_delta(const float* planes, float* delta) const {
    const bool takes_h = layout.planes > 1;
    return {.activation = activation,
            .row = row(),
            .takes_h = takes_h,
            .known = planes + (takes_h ? layout.plane : 0),
            .delta = delta};
  }

  /// @param part_size  floats from one part of the layer to the next
  VNS_HD UpdateTile update_of(const NetworkRule& network_rule, float* weights, int part_size,
                              int weights_pitch) const {
    return {.rule = network_rule,
            .weights = weights,
            .pitch = weights_pitch,
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
    const int floats = row();
    float* delta = memory + layout.deltas;
    float* delta_below = delta + layout.plane;

    const int outputs = layout.outputs;
    const int output_row = layout.output_row;
    const float* dz = logits_delta + own.position * samples() * outputs;
    float* output_deltas = memory + layout.output_deltas;
    block.for_each(samples(), own.outputs,
                   [=](int s, int k) { output_deltas[s * output_row + k] = dz[s * outputs + k]; });
    block.sync();
    float* const output = memory + layout.output_layer;
    const float* top = top_planes(memory, own);
    multiply_by_columns<Shape::kAtOnce>(block, own.width, output, pitch(), outputs, output_deltas,
                                        output_row, samples(), keep_delta(top, delta));
    block.sync();
    sum_outer_products(
        block, own.width, outputs, output_deltas, output_row,
        [=](int s) { return top + s * floats; }, samples(),
        update_of(network_rule, output, layout.output_size, pitch()));

    int at = own.top;
    int at_above = at;
    for (int l = own.last; l >= 2; --l) {
      wait_for_copies(block, layout.slots - 3);
      block.sync();
      // The slot of the layer above is free.
      const int next = l + 1 - layout.slots;
      if (l < own.last && next >= 2) {
        load(block, own, next, at_above, layout.parts);
        load_planes(block, own, next, at_above);
        own.lowest = next;
      }
      block.close_copies();
      const int at_below = layout.slot_below(at);
      float* const w = memory + at;
      const float* x = memory + (l == 2 ? layout.first_planes() : layout.planes_of(at_below));
      multiply_by_columns<Shape::kAtOnce>(block, own.width, w, pitch(), width(), delta, floats,
                                          samples(), keep_delta(x, delta_below));
      update_biases(block, own, update_of(network_rule, w + width() * pitch(), hidden_size(), 0), l,
                    delta, !own.stays);
      block.sync();
      if (network_rule.in_product) {
        update_hidden(block, own, AddToTile{w, pitch()}, l, x, delta);
      } else {
        update_hidden(block, own, update_of(network_rule, w, hidden_size(), pitch()), l, x, delta);
      }
      float* const spare = delta;
      delta = delta_below;
      delta_below = spare;
      at_above = at;
      at = at_below;
    }

    block.template wait_for_copies<0>();
    block.sync();
    const int inputs = layout.inputs;
    const float* in = input;
    float* const first = memory + layout.first_layer;
    update_biases(
        block, own,
        update_of(network_rule, first + width() * layout.input_pitch, layout.first_size, 0), 1,
        delta, false);
    sum_outer_products(
        block, own.inputs, width(), delta, floats, [=](int s) { return in + rows[s] * inputs; },
        samples(), update_of(network_rule, first, layout.first_size, layout.input_pitch));
    block.sync();
  }

  /// Updates the weights of hidden layer l >= 2.
  /// @param change  AddToTile or UpdateTile
  /// @param x       outputs of the layer below
  template <class Block, class Change>
  VNS_HD_INLINE void update_hidden(Block& block, const Own<Block>& own, const Change& change, int l,
                                   const float* x, const float* delta) const {
    // Rules with roots and quotients are long: to unroll them would overflow the instruction cache.
    constexpr int kTurns = std::is_same_v<Change, AddToTile> ? 4 : 1;
    if (own.stays) {
      sum_hidden_products<kTurns>(block, own, x, delta, change);
      return;
    }
    const int columns = width();
    const WriteBack write = write_back(layers[l - 1].weights + own.position * columns * columns);
    sum_hidden_products<kTurns>(block, own, x, delta, [=](int i, int j, float gradient) {
      write(i * columns + j, change(i, j, gradient));
    });
  }

  /// @param begin  of a matrix among the parameters
  VNS_HD WriteBack write_back(std::int64_t begin) const {
    return {parameters.values + begin, layout.first_part > 0 ? parameters.first + begin : nullptr,
            layout.second_part > 0 ? parameters.second + begin : nullptr};
  }

  /// @tparam kTurns  see sum_fixed_outer_products
  template <int kTurns, class Block, class Out>
  VNS_HD_INLINE void sum_hidden_products(Block& block, const Own<Block>& own, const float* x,
                                         const float* delta, Out out) const {
    const int floats = row();
    const auto x_of = [=](int s) { return x + s * floats; };
    if constexpr (Shape::kFixed) {
      sum_fixed_outer_products<Shape::kSamples, Shape::kWidth, kTurns>(block, own.width, delta,
                                                                       floats, x_of, out);
    } else {
      sum_outer_products(block, own.width, width(), delta, floats, x_of, samples(), out);
    }
  }

  /// Updates the biases of hidden layer l.
  /// @param writes  whether to the memory of the device, too
  template <class Block>
  VNS_HD_INLINE void update_biases(Block& block, const Own<Block>& own, const UpdateTile& change,
                                   int l, const float* delta, bool writes) const {
    const int floats = row();
    const int count = samples();
    const WriteBack write = write_back(layers[l - 1].biases + own.position * width());
    block.for_each(1, own.width, [=](int, int i) {
      float gradient = 0.0F;
      for (int s = 0; s < count; ++s)
        gradient += delta[s * floats + i];
      const ParameterState changed = change(0, i, gradient);
      if (writes) write(i, changed);
    });
  }
};

}  // namespace vnsweep::batched
