#include "kernels/random/draws.hpp"

#include <cmath>

#include "kernels/linear_algebra.hpp"

namespace vnsweep {
namespace {

std::uint32_t layer_tensor(LayerIndex layer) {
  return static_cast<std::uint32_t>(layer.value());
}

RandomSequence epoch_sequence(std::uint64_t run_key, std::int64_t epoch) {
  return {run_key, static_cast<std::uint32_t>(epoch), Stream::batch_order};
}

}  // namespace

std::vector<float> draw_normals(const RandomSequence& sequence, std::int64_t count) {
  std::vector<float> normals(static_cast<std::size_t>(count));
  for (std::int64_t e = 0; e < count; e += 4) {
    float lanes[4];
    draw_four_normals(sequence, static_cast<std::uint64_t>(e / 4), lanes);
    for (std::int64_t lane = 0; lane < 4 && e + lane < count; ++lane) {
      normals[e + lane] = lanes[lane];
    }
  }
  return normals;
}

std::vector<float> draw_weights(const NetworkBatch& batch, const NetworkSpec& network,
                                LayerIndex layer) {
  const LayerShape shape = layer_shape(batch, network.depth, layer);
  const auto count = static_cast<std::int64_t>(shape.outputs) * shape.inputs;
  std::vector<float> weights =
      draw_normals({network.run_key, layer_tensor(layer), Stream::weights}, count);

  const bool hidden_to_hidden = layer.value() > 1 && layer.value() <= network.depth;
  if (batch.initialization == Initialization::orthogonal && hidden_to_hidden) {
    const std::vector<double> q = haar_orthogonal(weights, shape.outputs);
    for (std::size_t e = 0; e < weights.size(); ++e) {
      weights[e] = static_cast<float>(network.scale * q[e]);
    }
    return weights;
  }
  const double standard_deviation = network.scale / std::sqrt(shape.inputs);
  for (float& w : weights)
    w = static_cast<float>(standard_deviation * w);
  return weights;
}

std::vector<float> draw_biases(const NetworkBatch& batch, const NetworkSpec& network,
                               LayerIndex layer) {
  const LayerShape shape = layer_shape(batch, network.depth, layer);
  if (network.bias_scale == 0.0) return std::vector<float>(shape.outputs, 0.0F);
  std::vector<float> biases =
      draw_normals({network.run_key, layer_tensor(layer), Stream::biases}, shape.outputs);
  for (float& b : biases)
    b = static_cast<float>(network.bias_scale * b);
  return biases;
}

std::vector<std::int32_t> draw_epoch_order(std::uint64_t run_key, std::int64_t epoch, int samples) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(samples));
  draw_permutation(epoch_sequence(run_key, epoch), samples, order.data());
  return order;
}

std::vector<float> draw_probe_inputs(std::uint64_t run_key, int samples, int inputs) {
  return draw_normals({run_key, 0, Stream::probe_inputs},
                      static_cast<std::int64_t>(samples) * inputs);
}

MinibatchSequence::MinibatchSequence(std::uint64_t run_key, int samples, int minibatch)
    : run_key_(run_key),
      samples_(samples),
      minibatch_(minibatch),
      order_(static_cast<std::size_t>(samples)) {}

const std::int32_t* MinibatchSequence::indices(std::int64_t step) {
  const std::int64_t per_epoch = samples_ / minibatch_;
  const std::int64_t epoch = step / per_epoch;
  if (epoch != epoch_) {
    draw_permutation(epoch_sequence(run_key_, epoch), samples_, order_.data());
    epoch_ = epoch;
  }
  return order_.data() + (step % per_epoch) * minibatch_;
}

}  // namespace vnsweep
