#pragma once

#include <limits>
#include <vector>

#include "kernels/batched/device.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"

namespace vnsweep::batched {

/// x = phi(h + b) in place; an item is a network, an element one node for one sample.
template <class Real>
struct AddBiasAndActivate {
  Activation activation = Activation::linear;
  int nodes = 0;
  int samples = 0;
  const Real* bias = nullptr;      ///< (networks, nodes)
  Real* values = nullptr;          ///< h, then x (networks, samples, nodes)
  Real* pre_activation = nullptr;  ///< keeps h + b (networks, samples, nodes); may be null
  Real* top = nullptr;             ///< x of networks from `first_top` on goes here too; may be null
  int first_top = std::numeric_limits<int>::max();

  VNS_HD void operator()(std::int64_t item, int element) const {
    const std::int64_t at = item * samples * nodes + element;
    const Real h = values[at] + bias[item * nodes + element % nodes];
    const Real x = activate(activation, h);
    values[at] = x;
    if (pre_activation != nullptr) pre_activation[at] = h;
    if (top != nullptr && item >= first_top) top[at] = x;
  }
};

/// Weights (networks, outputs, inputs) and biases (networks, outputs) of one layer, of the networks
/// that reach it, in the order of the pass.
template <class Real>
struct LayerParameters {
  const Real* weights = nullptr;
  const Real* biases = nullptr;
};

/// Networks that go through the layers together, deepest first.
template <class Real>
struct ForwardPass {
  Activation activation = Activation::tanh;
  Precision precision = Precision::fp32;
  int width = 0;
  int inputs = 0;
  int outputs = 0;
  int samples = 0;
  std::vector<int> reaching;      ///< [l]: networks with at least l hidden layers, l = 0..L+1
  const Real* input = nullptr;    ///< x_0 (networks, samples, inputs), or one for all
  std::int64_t input_stride = 0;  ///< 0: all networks have the same input
  Real* top = nullptr;  ///< x of last hidden layers (networks, samples, width); may be null

  int depth() const { return static_cast<int>(reaching.size()) - 2; }
};

/// h_l = x_{l-1} W_l^T for all networks that reach layer `layer`, without bias.
/// @param below  x_{l-1}; its distance between networks is that of the pass
template <class Real, Device D>
void multiply_forward(D& device, const ForwardPass<Real>& pass, int layer, const Real* below,
                      const Real* weights, Real* out) {
  const int inputs = layer == 1 ? pass.inputs : pass.width;
  const bool is_output = layer > pass.depth();
  const int outputs = is_output ? pass.outputs : pass.width;
  const std::int64_t plane = std::int64_t{1} * pass.samples * pass.width;
  device.multiply(BatchedProduct<Real>{
      .rows = pass.samples,
      .columns = outputs,
      .inner = inputs,
      .a = {below, layer == 1 ? pass.input_stride : plane},
      .b = {weights, std::int64_t{1} * outputs * inputs, true},
      .c = {out, std::int64_t{1} * pass.samples * outputs},
      .count = is_output ? pass.reaching[1] : pass.reaching[static_cast<std::size_t>(layer)],
      .precision = pass.precision});
}

/// Forward through the hidden layers.
/// @param parameters_of      layer -> LayerParameters<Real>
/// @param pre_activation_of  layer -> Real*, where h_l goes, as x_l; null where it is not kept
/// @param output_of          layer -> Real*, where x_l goes (reaching networks, samples, width)
/// @param after_layer        layer -> void, called when x_l is there
template <class Real, Device D, class ParametersOf, class PreActivationOf, class OutputOf,
          class AfterLayer>
void forward_hidden(D& device, const ForwardPass<Real>& pass, ParametersOf parameters_of,
                    PreActivationOf pre_activation_of, OutputOf output_of, AfterLayer after_layer) {
  const Real* below = pass.input;
  for (int l = 1; l <= pass.depth(); ++l) {
    const LayerParameters<Real> parameters = parameters_of(l);
    Real* output = output_of(l);
    const auto layer = static_cast<std::size_t>(l);
    multiply_forward(device, pass, l, below, parameters.weights, output);
    device.for_each(pass.reaching[layer], pass.samples * pass.width,
                    AddBiasAndActivate<Real>{.activation = pass.activation,
                                             .nodes = pass.width,
                                             .samples = pass.samples,
                                             .bias = parameters.biases,
                                             .values = output,
                                             .pre_activation = pre_activation_of(l),
                                             .top = pass.top,
                                             .first_top = pass.reaching[layer + 1]});
    after_layer(l);
    below = output;
  }
}

/// z = W_{L+1} x_L + b_{L+1} of all networks, from pass.top.
/// @param[out] logits  (networks, samples, outputs)
template <class Real, Device D>
void forward_output(D& device, const ForwardPass<Real>& pass,
                    const LayerParameters<Real>& parameters, Real* logits) {
  multiply_forward(device, pass, pass.depth() + 1, static_cast<const Real*>(pass.top),
                   parameters.weights, logits);
  device.for_each(pass.reaching[1], pass.samples * pass.outputs,
                  AddBiasAndActivate<Real>{.activation = Activation::linear,
                                           .nodes = pass.outputs,
                                           .samples = pass.samples,
                                           .bias = parameters.biases,
                                           .values = logits});
}

}  // namespace vnsweep::batched
