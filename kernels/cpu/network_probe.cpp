#include "kernels/cpu/network_probe.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/cpu/double_passes.hpp"
#include "kernels/cpu/node_correlation.hpp"
#include "kernels/layer_statistics.hpp"
#include "kernels/linear_algebra.hpp"
#include "kernels/math/activation.hpp"
#include "kernels/math/loss.hpp"

namespace vnsweep::cpu {
namespace {

/// The training set is passed through in pieces, so that memory does not grow with its size.
constexpr int kGradientSamples = 256;

int gradient_samples(const NetworkBatch& batch) {
  return padded_samples(std::min(batch.data->samples, kGradientSamples));
}

int widest(const NetworkBatch& batch) {
  return std::max({batch.width, batch.data->outputs, batch.data->inputs});
}

/// Doubles of one Jacobian, rows and columns padded.
std::size_t jacobian_doubles(int width) {
  return static_cast<std::size_t>(padded_nodes(width)) *
         static_cast<std::size_t>(padded_samples(width));
}

}  // namespace

NetworkProbe::NetworkProbe(const NetworkBatch& batch, const ProbeSpec& spec)
    : batch_(batch), spec_(spec), inputs_(batch.data->inputs, spec.samples) {
  check_probe_spec(spec);
  const int samples = std::max(padded_samples(spec.samples), gradient_samples(batch));
  const auto plane = static_cast<std::size_t>(widest(batch)) * samples;
  input_ =
      AlignedBuffer<double>(static_cast<std::size_t>(batch.data->inputs) * gradient_samples(batch));
  x_ = AlignedBuffer<double>(plane);
  h_ = AlignedBuffer<double>(plane);
  for (int k = 0; k < spec.jacobians; ++k)
    jacobians_.emplace_back(jacobian_doubles(batch.width));
  if (spec.jacobians > 0) {
    jacobian_scaled_ = AlignedBuffer<double>(jacobian_doubles(batch.width));
  }
}

std::size_t NetworkProbe::bytes(const NetworkBatch& batch, const ProbeSpec& spec, int depth) {
  const auto width = static_cast<std::size_t>(widest(batch));
  const auto probes = static_cast<std::size_t>(padded_samples(spec.samples));
  const auto samples = static_cast<std::size_t>(gradient_samples(batch));
  const std::size_t jacobians =
      spec.jacobians == 0
          ? 0
          : (static_cast<std::size_t>(spec.jacobians) + 2) * jacobian_doubles(batch.width);
  std::size_t largest_layer = 0;
  for (const int l : {1, 2, depth + 1}) {
    const LayerShape shape = layer_shape(batch, depth, LayerIndex(l));
    largest_layer = std::max(largest_layer, static_cast<std::size_t>(shape.outputs) *
                                                static_cast<std::size_t>(shape.inputs));
  }
  return sizeof(double) * (largest_layer + 3 * width * std::max(probes, samples) +
                           static_cast<std::size_t>(depth) * width * samples + jacobians) +
         CorrelationWorkspace::bytes(batch.width, spec.samples) +
         ProbeInputs::bytes(batch.data->inputs, spec.samples, batch.networks.size());
}

Probe NetworkProbe::measure(const NetworkSpec& network, const NetworkLayout& layout,
                            const float* parameters) {
  Probe result;
  result.layers.resize(static_cast<std::size_t>(network.depth));
  result.weights_finite =
      std::all_of(parameters, parameters + layout.size, [](float w) { return std::isfinite(w); });
  measure_nodes(network, layout, parameters, result);
  measure_gradients(layout, parameters, result);
  return result;
}

void NetworkProbe::unpack_layer(const LayerLayout& layer, const float* parameters) {
  const auto outputs = static_cast<std::size_t>(layer.outputs);
  const auto inputs = static_cast<std::size_t>(layer.inputs);
  outputs_ = layer.outputs;
  weights_.resize(outputs * inputs);
  bias_.resize(outputs);
  const int lanes = row_lanes(layer.outputs);
  for (int first = 0; first < layer.outputs; first += lanes) {
    const int count = std::min(lanes, layer.outputs - first);
    for (int j = 0; j < layer.inputs; ++j) {
      std::copy_n(parameters + layer.weight_offset(first, j), count,
                  weights_.data() + static_cast<std::size_t>(j) * outputs + first);
    }
  }
  std::copy_n(parameters + layer.bias_offset(), outputs, bias_.data());
}

void NetworkProbe::measure_nodes(const NetworkSpec& network, const NetworkLayout& layout,
                                 const float* parameters, Probe& result) {
  const int probes = spec_.samples;
  const int stride = padded_samples(probes);
  const double* below = inputs_.of(network.run_key);
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    const LayerLayout& layer = layout.layers[l];
    unpack_layer(layer, parameters);
    if (spec_.jacobians > 0) {
      result.layers[l].jacobian = advance_jacobians(l == 0 ? nullptr : h_.data(), stride);
    }
    multiply(weights(), bias_.data(), below, layer.outputs, layer.inputs, stride, h_.data());
    result.layers[l].q = sum_of_squares(h_.data(), layer.outputs, probes, stride) /
                         (static_cast<double>(layer.outputs) * probes);
    activate(batch_.activation, h_.data(), static_cast<std::size_t>(layer.outputs) * stride,
             x_.data(), nullptr);
    correlation_.add(x_.data(), layer.outputs, probes, static_cast<std::size_t>(stride),
                     result.layers[l]);
    below = x_.data();
  }
  correlation_.finish();
}

JacobianMoments NetworkProbe::advance_jacobians(const double* h_below, int stride_below) {
  const int width = batch_.width;
  const auto stride = static_cast<std::size_t>(padded_samples(width));
  std::vector<double> squares;
  std::vector<double> fourths;
  for (int input = 0; input < spec_.jacobians; ++input) {
    AlignedBuffer<double>& jacobian = jacobians_[static_cast<std::size_t>(input)];
    if (h_below == nullptr) {
      std::fill_n(jacobian.data(), jacobian.size(), 0.0);
      for (std::size_t i = 0; i < static_cast<std::size_t>(width); ++i)
        jacobian.data()[i * stride + i] = 1.0;
    } else {
      for (int i = 0; i < width; ++i) {
        const double h = h_below[static_cast<std::size_t>(i) * stride_below + input];
        const double derivative = activation_slope(batch_.activation, h);
        const std::size_t row = static_cast<std::size_t>(i) * stride;
        for (std::size_t k = 0; k < stride; ++k)
          jacobian_scaled_.data()[row + k] = derivative * jacobian.data()[row + k];
      }
      multiply(weights(), nullptr, jacobian_scaled_.data(), width, width, static_cast<int>(stride),
               jacobian.data());
    }
    jacobian_gram_.resize(static_cast<std::size_t>(width) * width);
    gram_of_rows(jacobian.data(), nullptr, width, stride, jacobian_gram_.data());
    squares.push_back(sum_of_squares(jacobian.data(), width, width, static_cast<int>(stride)));
    fourths.push_back(frobenius_squared_of_lower(jacobian_gram_, width));
  }
  return mean_jacobian_moments(squares, fourths, width);
}

void NetworkProbe::measure_gradients(const NetworkLayout& layout, const float* parameters,
                                     Probe& result) {
  const TrainingData& data = *batch_.data;
  const std::size_t depth = result.layers.size();
  const int stride = gradient_samples(batch_);
  while (derivatives_.size() < depth) {
    derivatives_.emplace_back(static_cast<std::size_t>(batch_.width) * stride);
  }
  std::vector<double> squares(depth, 0.0);
  const SampleLoss loss = sample_loss(batch_);
  const double per_term = 1.0 / (static_cast<double>(data.samples) * loss.terms());
  std::vector<double> logits(static_cast<std::size_t>(data.outputs));

  for (int first = 0; first < data.samples; first += stride) {
    const int count = std::min(stride, data.samples - first);
    transpose_rows(data.input.data() + static_cast<std::size_t>(first) * data.inputs, count,
                   data.inputs, stride, input_.data());
    const double* below = input_.data();
    for (std::size_t l = 0; l <= depth; ++l) {
      const LayerLayout& layer = layout.layers[l];
      unpack_layer(layer, parameters);
      multiply(weights(), bias_.data(), below, layer.outputs, layer.inputs, stride, h_.data());
      if (l == depth) break;
      activate(batch_.activation, h_.data(), static_cast<std::size_t>(layer.outputs) * stride,
               x_.data(), derivatives_[l].data());
      below = x_.data();
    }

    // h_ holds the logits; turn them into d loss / d z, then go down the layers.
    double* z = h_.data();
    for (int s = 0; s < count; ++s) {
      for (std::size_t k = 0; k < logits.size(); ++k)
        logits[k] = z[k * stride + s];
      const float* y = data.target.data() + static_cast<std::size_t>(first + s) * data.outputs;
      loss.derivatives(logits.data(), y, [&](int k, double derivative) {
        z[static_cast<std::size_t>(k) * stride + s] = derivative * per_term;
      });
    }
    for (std::size_t k = 0; k < logits.size(); ++k)
      std::fill(z + k * stride + count, z + (k + 1) * stride, 0.0);
    double* delta = h_.data();
    double* delta_below = x_.data();
    for (std::size_t l = depth; l-- > 0;) {
      const LayerLayout& above = layout.layers[l + 1];
      unpack_layer(above, parameters);
      multiply(transposed_weights(), nullptr, delta, above.inputs, above.outputs, stride,
               delta_below);
      const double* derivative = derivatives_[l].data();
      const auto size = static_cast<std::size_t>(above.inputs) * stride;
      for (std::size_t e = 0; e < size; ++e)
        delta_below[e] *= derivative[e];
      squares[l] += sum_of_squares(delta_below, above.inputs, count, stride);
      std::swap(delta, delta_below);
    }
  }

  for (std::size_t l = 0; l < depth; ++l) {
    result.layers[l].gradient_rms =
        std::sqrt(squares[l] / (static_cast<double>(data.samples) * batch_.width));
    result.gradients_finite = result.gradients_finite && std::isfinite(squares[l]);
  }
}

}  // namespace vnsweep::cpu
