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
#include "kernels/batched/layerwise_probe.hpp"
#include "kernels/batched/probe_group.hpp"
#include "kernels/batched/probe_in_blocks.hpp"
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
  void draw_inputs(const ProbeGroup& group, const ProbeSpec& spec);
  void upload_for_blocks(const ProbeGroup& group);
  ProbedNetworks probed_networks() const;
  void measure_nodes_in_blocks(const ProbeGroup& group, const ProbeSpec& spec);
  void measure_gradients_in_blocks(const ProbeGroup& group, int count);
  void measure_gradients(const ProbeGroup& group);
  void upload_piece(int first, int count);
  std::vector<Probe> results(const ProbeGroup& group, const ProbeSpec& spec);

  template <class T>
  T* in(const Slice<T>& slice) const {
    return state_.in(slice);
  }

  BatchState<D>& state_;
  const ProbeMemory& memory_;
  LayerwiseProbe<D> layerwise_{state_};
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
    ProbeGroup group{.networks = {sorted.begin() + static_cast<std::ptrdiff_t>(first),
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

    draw_inputs(group, spec);
    if (memory_.in_blocks) {
      upload_for_blocks(group);
      measure_nodes_in_blocks(group, spec);
    } else {
      layerwise_.measure_nodes(group, spec);
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
void BatchProbe<D>::draw_inputs(const ProbeGroup& group, const ProbeSpec& spec) {
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
void BatchProbe<D>::upload_for_blocks(const ProbeGroup& group) {
  const ParameterLayout& layout = state_.plan.layout;
  std::vector<ProbedLayer> layers;
  for (int l = 1; l <= layout.greatest_depth(); ++l) {
    layers.push_back({.weights = layout.hidden(l).weights,
                      .biases = layout.hidden(l).biases,
                      .active = state_.order.active_at(l),
                      .pre_activation = data_pre_activation(state_, l)});
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
void BatchProbe<D>::measure_nodes_in_blocks(const ProbeGroup& group, const ProbeSpec& spec) {
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
  enqueue_eigenvalues(state_, gram_size_of(state_.batch, spec), 0,
                      static_cast<int>(group.matrices()));
}

template <Device D>
void BatchProbe<D>::measure_gradients_in_blocks(const ProbeGroup& group, int count) {
  const ProbeGradients program{.networks = probed_networks(),
                               .loss = sample_loss(state_.batch),
                               .samples = count,
                               .per_term = loss_per_term(state_.batch),
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

template <Device D>
void BatchProbe<D>::measure_gradients(const ProbeGroup& group) {
  state_.device.clear(in(memory_.gradient_square), memory_.gradient_square.count);
  const int samples = state_.batch.data->samples;
  for (int first = 0; first < samples; first += memory_.gradient_samples) {
    const int count = std::min(memory_.gradient_samples, samples - first);
    upload_piece(first, count);
    if (memory_.in_blocks) {
      measure_gradients_in_blocks(group, count);
    } else {
      layerwise_.measure_gradients(group, count);
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
std::vector<Probe> BatchProbe<D>::results(const ProbeGroup& group, const ProbeSpec& spec) {
  const auto faults = state_.download(memory_.parameter_faults);
  const auto q = state_.download(memory_.q);
  const auto live_count = state_.download(memory_.live_count);
  const auto gram_square = state_.download(memory_.gram_square);
  const auto gradient_square = state_.download(memory_.gradient_square);
  const std::int64_t gram_size = gram_size_of(state_.batch, spec);
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
