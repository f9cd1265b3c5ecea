#pragma once

#include <cstdint>
#include <utility>

#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/forward.hpp"
#include "kernels/batched/probe_group.hpp"
#include "kernels/batched/probe_programs.hpp"
#include "kernels/engine.hpp"

namespace vnsweep::batched {

/// Passes of a probe in which each layer of all networks is some batched products: of networks that
/// are too wide to be probed in blocks. All in double.
template <Device D>
class LayerwiseProbe {
 public:
  explicit LayerwiseProbe(BatchState<D>& state) : state_(state), memory_(state.plan.probe) {}

  /// From the probe inputs: sums over nodes, spectra and Jacobians of every layer.
  void measure_nodes(const ProbeGroup& group, const ProbeSpec& spec);
  /// Adds the squares of d loss / d h_l over the first `count` samples in the probe's memory.
  void measure_gradients(const ProbeGroup& group, int count);

 private:
  void measure_layer(const ProbeGroup& group, const ProbeSpec& spec, int layer, const double* x);
  void measure_jacobians(const ProbeGroup& group, const ProbeSpec& spec, int layer);
  void measure_deltas(const ProbeGroup& group, int count);

  /// Copies one slab's parameters of the group's first `count` networks.
  LayerParameters<double> load(const Slab& slab, int count, int active) const;
  LayerParameters<double> load_hidden(const ProbeGroup& group, int layer) {
    return load(state_.plan.layout.hidden(layer), group.at(layer), state_.order.active_at(layer));
  }
  LayerParameters<double> load_output(const ProbeGroup& group) {
    return load(state_.plan.layout.output(), group.size(), state_.active_count());
  }

  template <class T>
  T* in(const Slice<T>& slice) const {
    return state_.in(slice);
  }
  /// One layer's row of a slice (layers, networks at once, ...).
  template <class T>
  T* layer_of(const Slice<T>& slice, int layer) const {
    return in(slice) + slice.count / state_.plan.layout.greatest_depth() * (layer - 1);
  }
  void sum_squares(const double* values, int items, int size, double factor, bool adds,
                   double* out) {
    state_.device.for_blocks({.blocks = items, .threads = kReductionThreads},
                             SumSquares{values, size, factor, adds, out});
  }
  /// @param end  of the matrices that wait among those of the group
  void enqueue_waiting(int gram_size, std::int64_t end) {
    enqueue_eigenvalues(state_, gram_size, end - waiting_, waiting_);
    waiting_ = 0;
  }

  BatchState<D>& state_;
  const ProbeMemory& memory_;
  int waiting_ = 0;  ///< Gram matrices whose eigenvalues have not been asked for
};

template <Device D>
LayerParameters<double> LayerwiseProbe<D>::load(const Slab& slab, int count, int active) const {
  const float* parameters = in(state_.plan.training.parameters);
  double* weights = in(memory_.weights);
  double* biases = in(memory_.biases);
  state_.device.for_each(count, static_cast<int>(slab.matrix_size()) + slab.outputs,
                         CopyParameters{.places = in(memory_.places),
                                        .active = active,
                                        .matrix_size = slab.matrix_size(),
                                        .outputs = slab.outputs,
                                        .weights = parameters + slab.weights,
                                        .biases = parameters + slab.biases,
                                        .weights_out = weights,
                                        .biases_out = biases});
  return {weights, biases};
}

template <Device D>
void LayerwiseProbe<D>::measure_nodes(const ProbeGroup& group, const ProbeSpec& spec) {
  const std::int64_t input_size = std::int64_t{1} * spec.samples * state_.batch.data->inputs;
  state_.device.clear(in(memory_.parameter_faults), group.size());
  const auto plane_of = [this](int layer) {
    return in(memory_.outputs[static_cast<std::size_t>(layer % 2)]);
  };
  const auto count_faults = [this](const Slab& slab, int networks,
                                   const LayerParameters<double>& parameters) {
    state_.device.for_blocks({.blocks = networks, .threads = kReductionThreads},
                             CountFaults{.matrix_size = static_cast<int>(slab.matrix_size()),
                                         .outputs = slab.outputs,
                                         .weights = parameters.weights,
                                         .biases = parameters.biases,
                                         .faults = in(memory_.parameter_faults)});
  };

  const ForwardPass<double> pass{.activation = state_.batch.activation,
                                 .width = state_.batch.width,
                                 .inputs = state_.batch.data->inputs,
                                 .outputs = state_.batch.data->outputs,
                                 .samples = spec.samples,
                                 .reaching = group.reaching,
                                 .input = in(memory_.input),
                                 .input_stride = input_size};
  forward_hidden(
      state_.device, pass,
      [&](int layer) {
        const LayerParameters<double> parameters = load_hidden(group, layer);
        count_faults(state_.plan.layout.hidden(layer), group.at(layer), parameters);
        return parameters;
      },
      [&](int) { return in(memory_.pre_activation); }, plane_of,
      [&](int layer) {
        if (spec.jacobians > 0) measure_jacobians(group, spec, layer);
        measure_layer(group, spec, layer, plane_of(layer));  // writes over h_l
      });
  count_faults(state_.plan.layout.output(), group.size(), load_output(group));
}

/// Statistics of layer `layer`, whose outputs are in `x` and whose pre-activations are where
/// forward_hidden() left them.
template <Device D>
void LayerwiseProbe<D>::measure_layer(const ProbeGroup& group, const ProbeSpec& spec, int layer,
                                      const double* x) {
  const int networks = group.at(layer);
  const int width = state_.batch.width;
  const int plane = spec.samples * width;
  double* z = in(memory_.pre_activation);
  sum_squares(z, networks, plane, 1.0 / plane, false, layer_of(memory_.q, layer));

  const NormaliseNodes normalise{.probes = spec.samples,
                                 .nodes = width,
                                 .outputs = x,
                                 .normalised = z,
                                 .live = in(memory_.live)};
  state_.device.for_blocks({.blocks = std::int64_t{1} * networks * normalise.tiles(),
                            .threads = kReductionThreads,
                            .scratch_bytes = NormaliseNodes::scratch_bytes()},
                           normalise);
  state_.device.for_blocks({.blocks = networks, .threads = kReductionThreads},
                           SumSquares{.values = in(memory_.live),  // each is 0 or 1
                                      .size = width,
                                      .out = layer_of(memory_.live_count, layer)});

  const bool by_node = width <= spec.samples;
  const int gram_size = gram_size_of(state_.batch, spec);
  const std::int64_t gram_elements = std::int64_t{1} * gram_size * gram_size;
  if (waiting_ + networks > memory_.matrices_at_once) {
    enqueue_waiting(gram_size, group.first_matrix(layer));
  }
  double* gram = in(memory_.gram) + waiting_ * gram_elements;
  state_.device.multiply(BatchedProduct<double>{.rows = gram_size,
                                                .columns = gram_size,
                                                .inner = by_node ? spec.samples : width,
                                                .a = {z, plane, by_node},
                                                .b = {z, plane, !by_node},
                                                .c = {gram, gram_elements},
                                                .count = networks});
  sum_squares(gram, networks, gram_size * gram_size, 1.0, false,
              layer_of(memory_.gram_square, layer));
  waiting_ += networks;
  if (layer == group.depth()) {
    enqueue_waiting(gram_size, group.matrices());
  }
}

/// J_l = W_l (phi'(h_{l-1}) J_{l-1}), of which the latter factor is there since layer l - 1, and
/// its moments; then that factor for the next layer. h_l must still be where forward_hidden() left
/// it.
template <Device D>
void LayerwiseProbe<D>::measure_jacobians(const ProbeGroup& group, const ProbeSpec& spec,
                                          int layer) {
  const int networks = group.at(layer);
  const int width = state_.batch.width;
  const std::int64_t size = std::int64_t{1} * width * width;
  const std::int64_t distance = spec.jacobians * size;
  const int matrices = networks * spec.jacobians;
  double* jacobian = in(memory_.jacobian);
  double* scaled = in(memory_.jacobian_scaled);
  if (layer == 1) {
    state_.device.for_each(matrices, static_cast<int>(size), SetIdentity{width, jacobian});
  } else {
    for (int input = 0; input < spec.jacobians; ++input) {
      state_.device.multiply(BatchedProduct<double>{.rows = width,
                                                    .columns = width,
                                                    .inner = width,
                                                    .a = {in(memory_.weights), size},
                                                    .b = {scaled + input * size, distance},
                                                    .c = {jacobian + input * size, distance},
                                                    .count = networks});
    }
  }
  state_.device.multiply(BatchedProduct<double>{.rows = width,
                                                .columns = width,
                                                .inner = width,
                                                .a = {jacobian, size},
                                                .b = {jacobian, size, true},
                                                .c = {scaled, size},
                                                .count = matrices});
  sum_squares(jacobian, matrices, static_cast<int>(size), 1.0, false,
              layer_of(memory_.jacobian_square, layer));
  sum_squares(scaled, matrices, static_cast<int>(size), 1.0, false,
              layer_of(memory_.jacobian_fourth, layer));
  state_.device.for_each(group.at(layer + 1), static_cast<int>(distance),
                         ScaleJacobian{.activation = state_.batch.activation,
                                       .width = width,
                                       .jacobians = spec.jacobians,
                                       .probes = spec.samples,
                                       .pre_activation = in(memory_.pre_activation),
                                       .jacobian = jacobian,
                                       .scaled = scaled});
}

/// d loss / d h_l of `count` samples.
template <Device D>
void LayerwiseProbe<D>::measure_gradients(const ProbeGroup& group, int count) {
  const TrainingData& data = *state_.batch.data;
  const int width = state_.batch.width;
  const int plane = count * width;
  const ForwardPass<double> pass{.activation = state_.batch.activation,
                                 .width = width,
                                 .inputs = data.inputs,
                                 .outputs = data.outputs,
                                 .samples = count,
                                 .reaching = group.reaching,
                                 .input = in(memory_.data_input),
                                 .top = in(memory_.data_top)};
  double* logits = in(memory_.logits);
  forward_hidden(
      state_.device, pass, [&](int layer) { return load_hidden(group, layer); },
      [this](int layer) { return data_pre_activation(state_, layer); },
      // Outputs take turns where deltas will.
      [this](int layer) { return in(layer % 2 == 0 ? memory_.delta : memory_.delta_below); },
      [](int) {});
  const LayerParameters<double> output_parameters = load_output(group);
  forward_output(state_.device, pass, output_parameters, logits);
  state_.device.for_each(group.size(), count,
                         LossDelta{.loss = sample_loss(state_.batch),
                                   .samples = count,
                                   .per_term = loss_per_term(state_.batch),
                                   .target = in(memory_.data_target),
                                   .logits = logits});
  state_.device.multiply(BatchedProduct<double>{
      .rows = count,
      .columns = width,
      .inner = data.outputs,
      .a = {logits, std::int64_t{1} * count * data.outputs},
      .b = {output_parameters.weights, std::int64_t{1} * data.outputs * width},
      .c = {in(memory_.top_delta), plane},
      .count = group.size()});
  measure_deltas(group, count);
}

/// From d loss / d x of last hidden layers down, for `count` samples.
template <Device D>
void LayerwiseProbe<D>::measure_deltas(const ProbeGroup& group, int count) {
  const int width = state_.batch.width;
  const int plane = count * width;
  double* delta = in(memory_.delta);
  double* below = in(memory_.delta_below);
  for (int l = group.depth(); l >= 1; --l) {
    const int above = group.at(l + 1);
    if (above > 0) {
      const LayerParameters<double> parameters = load_hidden(group, l + 1);
      state_.device.multiply(
          BatchedProduct<double>{.rows = count,
                                 .columns = width,
                                 .inner = width,
                                 .a = {delta, plane},
                                 .b = {parameters.weights, std::int64_t{1} * width * width},
                                 .c = {below, plane},
                                 .count = above});
    }
    state_.device.for_each(group.at(l), plane,
                           ActivationDelta{.activation = state_.batch.activation,
                                           .plane = plane,
                                           .first_top = above,
                                           .pre_activation = data_pre_activation(state_, l),
                                           .top_delta = in(memory_.top_delta),
                                           .delta = below});
    sum_squares(below, group.at(l), plane, 1.0, true, layer_of(memory_.gradient_square, l));
    std::swap(delta, below);
  }
}

}  // namespace vnsweep::batched
