#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/batched/batch_state.hpp"
#include "kernels/batched/forward.hpp"
#include "kernels/batched/probe_programs.hpp"
#include "kernels/engine.hpp"
#include "kernels/layer_statistics.hpp"

namespace vnsweep::batched {

/// Measures networks of one batch. The passes run in double precision on the float32 weights, so a
/// measurement differs from the exact value for those weights by rounding of doubles only.
template <Device D>
class BatchProbe {
 public:
  explicit BatchProbe(BatchState<D>& state) : state_(state), memory_(state.plan.probe) {}

  /// Indicators of `networks`, in the order given. Steps are left to the caller.
  std::vector<Probe> measure(const ProbeSpec& spec, std::span<const NetworkIndex> networks);

 private:
  /// Networks that are measured together, deepest first.
  struct Group {
    std::vector<std::int32_t> networks;
    std::vector<int> reaching;  ///< as ForwardPass::reaching
    /// Where the Gram matrices of layer l begin, if all are laid out layer by layer (depth + 2).
    std::vector<std::int64_t> gram_begins;
    int size() const { return static_cast<int>(networks.size()); }
    int depth() const { return static_cast<int>(reaching.size()) - 2; }
    int at(int layer) const { return reaching[static_cast<std::size_t>(layer)]; }
    std::int64_t first_matrix(int layer) const {
      return gram_begins[static_cast<std::size_t>(layer)];
    }
    std::int64_t matrices() const { return gram_begins.back(); }
  };

  void draw_inputs(const Group& group, const ProbeSpec& spec);
  void upload_for_blocks(const Group& group);
  ProbedNetworks probed_networks() const;
  void measure_nodes_in_blocks(const Group& group, const ProbeSpec& spec);
  void measure_gradients_in_blocks(const Group& group, int count);
  void measure_nodes(const Group& group, const ProbeSpec& spec);
  void measure_layer(const Group& group, const ProbeSpec& spec, int layer, const double* x);
  void measure_eigenvalues(int gram_size, std::int64_t first, int matrices);
  void measure_jacobians(const Group& group, const ProbeSpec& spec, int layer);
  void measure_gradients(const Group& group);
  void upload_piece(int first, int count);
  double loss_per_term() const;
  void measure_gradient_piece(const Group& group, int count);
  void measure_deltas(const Group& group, int count);
  std::vector<Probe> results(const Group& group, const ProbeSpec& spec);

  /// Copies one slab's parameters of the group's first `count` networks.
  LayerParameters<double> load(const Slab& slab, int count, int active) const;
  LayerParameters<double> load_hidden(const Group& group, int layer) {
    return load(state_.plan.layout.hidden(layer), group.at(layer), state_.order.active_at(layer));
  }
  LayerParameters<double> load_output(const Group& group) {
    return load(state_.plan.layout.output(), group.size(),
                static_cast<int>(state_.order.active().size()));
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
  double* data_pre_activation(int layer) const {
    return in(memory_.data_pre_activations[static_cast<std::size_t>(layer - 1)]);
  }
  void sum_squares(const double* values, int items, int size, double factor, bool adds,
                   double* out) {
    state_.device.for_blocks({.blocks = items, .threads = kReductionThreads},
                             SumSquares{values, size, factor, adds, out});
  }

  int gram_size_of(const ProbeSpec& spec) const {
    return std::min(state_.batch.width, spec.samples);
  }

  BatchState<D>& state_;
  const ProbeMemory& memory_;
  int waiting_ = 0;  ///< Gram matrices whose eigenvalues have not been asked for
};

template <Device D>
std::vector<Probe> BatchProbe<D>::measure(const ProbeSpec& spec,
                                          std::span<const NetworkIndex> networks) {
  check_probe_spec(spec);
  if (spec.samples > memory_.probe_samples || spec.jacobians > memory_.jacobians) {
    throw std::logic_error("probe: more samples or Jacobians than the batch made room for");
  }
  std::vector<std::int32_t> indices;
  std::vector<int> depths(state_.batch.networks.size());
  for (std::size_t n = 0; n < depths.size(); ++n)
    depths[n] = state_.batch.networks[n].depth;
  for (const NetworkIndex n : networks)
    indices.push_back(static_cast<std::int32_t>(n.value()));
  const std::vector<std::int32_t> sorted = deepest_first(indices, depths);

  std::vector<Probe> by_network(state_.batch.networks.size());
  for (std::size_t first = 0; first < sorted.size();
       first += static_cast<std::size_t>(memory_.networks)) {
    const std::size_t end =
        std::min(sorted.size(), first + static_cast<std::size_t>(memory_.networks));
    Group group{.networks = {sorted.begin() + static_cast<std::ptrdiff_t>(first),
                             sorted.begin() + static_cast<std::ptrdiff_t>(end)}};
    for (int l = 0; l <= state_.order.depth(group.networks.front()) + 1; ++l) {
      group.reaching.push_back(static_cast<int>(
          std::count_if(group.networks.begin(), group.networks.end(),
                        [&](std::int32_t n) { return state_.order.depth(n) >= l; })));
    }
    group.gram_begins.resize(group.reaching.size());
    std::exclusive_scan(group.reaching.begin() + 1, group.reaching.end(),
                        group.gram_begins.begin() + 1, std::int64_t{0});
    const std::vector<Place> all_places = state_.order.places();
    std::vector<Place> places;
    for (const std::int32_t n : group.networks)
      places.push_back(all_places[static_cast<std::size_t>(n)]);
    state_.device.upload(in(memory_.chosen), group.networks.data(), group.size());
    state_.device.upload(in(memory_.places), places.data(), group.size());

    if (memory_.in_blocks) {
      upload_for_blocks(group);
      measure_nodes_in_blocks(group, spec);
    } else {
      measure_nodes(group, spec);
    }
    measure_gradients(group);
    for (Probe& probe : results(group, spec))
      by_network[probe.network.value()] = std::move(probe);
  }
  std::vector<Probe> ordered;
  for (const std::int32_t n : indices)
    ordered.push_back(by_network[static_cast<std::size_t>(n)]);
  return ordered;
}

template <Device D>
LayerParameters<double> BatchProbe<D>::load(const Slab& slab, int count, int active) const {
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
void BatchProbe<D>::draw_inputs(const Group& group, const ProbeSpec& spec) {
  const std::int64_t input_size = std::int64_t{1} * spec.samples * state_.batch.data->inputs;
  state_.device.for_each(group.size(), static_cast<int>((input_size + 3) / 4),
                         DrawProbeInputs{.networks = in(memory_.chosen),
                                         .run_key = in(state_.plan.training.run_key),
                                         .count = input_size,
                                         .out = in(memory_.input)});
}

// ---- in blocks ----

/// What blocks need to know of layers; it changes as networks finish.
template <Device D>
void BatchProbe<D>::upload_for_blocks(const Group& group) {
  const ParameterLayout& layout = state_.plan.layout;
  std::vector<ProbedLayer> layers;
  for (int l = 1; l <= layout.greatest_depth(); ++l) {
    layers.push_back({.weights = layout.hidden(l).weights,
                      .biases = layout.hidden(l).biases,
                      .active = state_.order.active_at(l),
                      .pre_activation = data_pre_activation(l)});
  }
  layers.push_back({.weights = layout.output().weights,
                    .biases = layout.output().biases,
                    .active = state_.active_count()});
  state_.upload(memory_.layers, layers);
  state_.upload(memory_.gram_begins, group.gram_begins);
}

template <Device D>
ProbedNetworks BatchProbe<D>::probed_networks() const {
  return {.width = state_.batch.width,
          .inputs = state_.batch.data->inputs,
          .outputs = state_.batch.data->outputs,
          .activation = state_.batch.activation,
          .networks = in(memory_.chosen),
          .places = in(memory_.places),
          .depth = in(state_.plan.training.depth),
          .layers = in(memory_.layers),
          .output_index = state_.plan.layout.greatest_depth(),
          .parameters = in(state_.plan.training.parameters)};
}

template <Device D>
void BatchProbe<D>::measure_nodes_in_blocks(const Group& group, const ProbeSpec& spec) {
  draw_inputs(group, spec);
  const ProbeNodes program{
      .networks = probed_networks(),
      .samples = spec.samples,
      .jacobians = spec.jacobians,
      .positions = memory_.networks,
      .input = in(memory_.input),
      .outputs = {in(memory_.outputs[0]), in(memory_.outputs[1])},
      .pre_activation = in(memory_.pre_activation),
      .live = in(memory_.live),
      .jacobian = in(memory_.jacobian),
      .jacobian_scaled = in(memory_.jacobian_scaled),
      .gram_begins = in(memory_.gram_begins),
      .faults = in(memory_.parameter_faults),
      .q = in(memory_.q),
      .live_count = in(memory_.live_count),
      .gram_square = in(memory_.gram_square),
      .gram = in(memory_.gram),
      .jacobian_square = in(memory_.jacobian_square),
      .jacobian_fourth = in(memory_.jacobian_fourth),
      .jacobian_positions = std::int64_t{1} * memory_.networks * memory_.jacobians};
  state_.device.for_blocks({.blocks = group.size(),
                            .threads = kReductionThreads,
                            .scratch_bytes = ProbeScratch::bytes(state_.batch.width)},
                           program);
  measure_eigenvalues(gram_size_of(spec), 0, static_cast<int>(group.matrices()));
}

template <Device D>
void BatchProbe<D>::measure_gradients_in_blocks(const Group& group, int count) {
  const ProbeGradients program{.networks = probed_networks(),
                               .loss = sample_loss(state_.batch),
                               .samples = count,
                               .per_term = loss_per_term(),
                               .positions = memory_.networks,
                               .input = in(memory_.data_input),
                               .target = in(memory_.data_target),
                               .logits = in(memory_.logits),
                               .planes = {in(memory_.delta), in(memory_.delta_below)},
                               .gradient_square = in(memory_.gradient_square)};
  state_.device.for_blocks({.blocks = group.size(),
                            .threads = kReductionThreads,
                            .scratch_bytes = ProbeScratch::bytes(state_.batch.width)},
                           program);
}

// ---- layer by layer ----

template <Device D>
void BatchProbe<D>::measure_nodes(const Group& group, const ProbeSpec& spec) {
  draw_inputs(group, spec);
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
void BatchProbe<D>::measure_layer(const Group& group, const ProbeSpec& spec, int layer,
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
  const int gram_size = gram_size_of(spec);
  const std::int64_t gram_elements = std::int64_t{1} * gram_size * gram_size;
  if (waiting_ + networks > memory_.matrices_at_once) {
    measure_eigenvalues(gram_size, group.first_matrix(layer) - waiting_, waiting_);
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
    measure_eigenvalues(gram_size, group.matrices() - waiting_, waiting_);
  }
}

/// Eigenvalues of the Gram matrices that wait, which are those of the group from `first` on.
template <Device D>
void BatchProbe<D>::measure_eigenvalues(int gram_size, std::int64_t first, int matrices) {
  const std::int64_t size = gram_size;
  for (int done = 0; done < matrices; done += memory_.eigenvalue_plan.matrices) {
    const int count = std::min(memory_.eigenvalue_plan.matrices, matrices - done);
    state_.device.eigenvalues(
        gram_size, count, in(memory_.gram) + done * size * size,
        in(memory_.eigenvalues) + (first + done) * size, in(memory_.eigenvalue_info) + first + done,
        in(memory_.eigenvalue_workspace), memory_.eigenvalue_plan.workspace_bytes);
  }
  waiting_ = 0;
}

/// J_l = W_l (phi'(h_{l-1}) J_{l-1}), of which the latter factor is there since layer l - 1, and
/// its moments; then that factor for the next layer. h_l must still be where forward_hidden() left
/// it.
template <Device D>
void BatchProbe<D>::measure_jacobians(const Group& group, const ProbeSpec& spec, int layer) {
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

template <Device D>
void BatchProbe<D>::measure_gradients(const Group& group) {
  state_.device.clear(in(memory_.gradient_square), memory_.gradient_square.count);
  const int samples = state_.batch.data->samples;
  for (int first = 0; first < samples; first += memory_.gradient_samples) {
    const int count = std::min(memory_.gradient_samples, samples - first);
    upload_piece(first, count);
    if (memory_.in_blocks) {
      measure_gradients_in_blocks(group, count);
    } else {
      measure_gradient_piece(group, count);
    }
  }
}

/// Some samples of the training set.
template <Device D>
void BatchProbe<D>::upload_piece(int first, int count) {
  const TrainingData& data = *state_.batch.data;
  const auto upload = [&](const Slice<double>& to, const std::vector<float>& all, int size) {
    const auto begin = all.begin() + std::ptrdiff_t{1} * first * size;
    const std::vector<double> values(begin, begin + std::ptrdiff_t{1} * count * size);
    state_.upload(to, values);
  };
  upload(memory_.data_input, data.input, data.inputs);
  upload(memory_.data_target, data.target, data.outputs);
}

template <Device D>
double BatchProbe<D>::loss_per_term() const {
  const TrainingData& data = *state_.batch.data;
  return 1.0 / (static_cast<double>(data.samples) * sample_loss(state_.batch).terms());
}

/// d loss / d h_l of `count` samples.
template <Device D>
void BatchProbe<D>::measure_gradient_piece(const Group& group, int count) {
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
      [this](int layer) { return data_pre_activation(layer); },
      // Outputs take turns where deltas will.
      [this](int layer) { return in(layer % 2 == 0 ? memory_.delta : memory_.delta_below); },
      [](int) {});
  const LayerParameters<double> output_parameters = load_output(group);
  forward_output(state_.device, pass, output_parameters, logits);
  state_.device.for_each(group.size(), count,
                         LossDelta{.loss = sample_loss(state_.batch),
                                   .samples = count,
                                   .per_term = loss_per_term(),
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
void BatchProbe<D>::measure_deltas(const Group& group, int count) {
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
                                           .pre_activation = data_pre_activation(l),
                                           .top_delta = in(memory_.top_delta),
                                           .delta = below});
    sum_squares(below, group.at(l), plane, 1.0, true, layer_of(memory_.gradient_square, l));
    std::swap(delta, below);
  }
}

template <Device D>
std::vector<Probe> BatchProbe<D>::results(const Group& group, const ProbeSpec& spec) {
  const auto faults = state_.download(memory_.parameter_faults);
  const auto q = state_.download(memory_.q);
  const auto live_count = state_.download(memory_.live_count);
  const auto gram_square = state_.download(memory_.gram_square);
  const auto gradient_square = state_.download(memory_.gradient_square);
  const std::int64_t gram_size = gram_size_of(spec);
  const auto eigenvalues = state_.download(memory_.eigenvalues, group.matrices() * gram_size);
  const auto info = state_.download(memory_.eigenvalue_info, group.matrices());
  const auto jacobian_square = state_.download(memory_.jacobian_square);
  const auto jacobian_fourth = state_.download(memory_.jacobian_fourth);
  const auto stored = static_cast<std::size_t>(memory_.networks);
  const double width = state_.batch.width;

  std::vector<Probe> probes;
  for (std::size_t p = 0; p < group.networks.size(); ++p) {
    const std::int32_t network = group.networks[p];
    Probe probe;
    probe.network = NetworkIndex(static_cast<std::uint32_t>(network));
    probe.weights_finite = faults[p] == 0.0;
    const int depth = state_.batch.networks[static_cast<std::size_t>(network)].depth;
    for (int l = 0; l < depth; ++l) {
      const std::size_t at = static_cast<std::size_t>(l) * stored + p;
      const std::size_t matrix = static_cast<std::size_t>(group.first_matrix(l + 1)) + p;
      if (info[matrix] != 0) {
        throw std::runtime_error("eigenvalues of network " + std::to_string(network) +
                                 " did not converge at layer " + std::to_string(l + 1) + " (info " +
                                 std::to_string(info[matrix]) + ")");
      }
      LayerProbe layer;
      layer.q = q[at];
      layer.gradient_rms = std::sqrt(gradient_square[at] /
                                     (static_cast<double>(state_.batch.data->samples) * width));
      probe.gradients_finite = probe.gradients_finite && std::isfinite(gradient_square[at]);
      const auto smallest = eigenvalues.begin() + static_cast<std::ptrdiff_t>(matrix) * gram_size;
      std::vector<double> spectrum(smallest, smallest + gram_size);
      std::reverse(spectrum.begin(), spectrum.end());
      fill_correlation_statistics(static_cast<int>(live_count[at]), gram_square[at],
                                  std::move(spectrum), layer);
      if (spec.jacobians > 0) {
        const auto inputs = static_cast<std::size_t>(spec.jacobians);
        const std::size_t first =
            static_cast<std::size_t>(l) * stored * static_cast<std::size_t>(memory_.jacobians) +
            p * inputs;
        layer.jacobian =
            mean_jacobian_moments({jacobian_square.data() + first, inputs},
                                  {jacobian_fourth.data() + first, inputs}, state_.batch.width);
      }
      probe.layers.push_back(std::move(layer));
    }
    probes.push_back(std::move(probe));
  }
  return probes;
}

}  // namespace vnsweep::batched
