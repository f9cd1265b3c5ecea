#pragma once

#include <cmath>

#include "kernels/batched/backward.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/activation.hpp"

// What becomes of the sums of resident_products.hpp: outputs, deltas and changed weights in shared
// memory.
namespace vnsweep::batched {

/// phi(h), with the least to decide for tanh.
VNS_HD inline float activate_mostly_tanh(Activation activation, float h) {
  return activation == Activation::tanh ? std::tanh(h) : activate(activation, h);
}

/// What becomes of h of a hidden layer that is in shared memory.
struct KeepOutput {
  Activation activation;
  int row;  ///< floats of a sample in a plane
  int width;
  float* x;       ///< plane of the outputs
  float* h;       ///< and of h itself
  bool keeps_h;   ///< whether the slope takes it
  bool is_lost;   ///< from shared memory before it is needed
  float* lost;    ///< where else outputs are kept then (samples, width)
  float* lost_h;  ///< likewise, if h is kept

  VNS_HD void operator()(int s, int i, float value) const {
    const float output = activate_mostly_tanh(activation, value);
    x[s * row + i] = output;
    if (keeps_h) h[s * row + i] = value;
    if (!is_lost) return;
    lost[s * width + i] = output;
    if (keeps_h) lost_h[s * width + i] = value;
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
    float slope = 1.0F - value * value;  // of tanh, with the least to decide
    if (activation != Activation::tanh) {
      slope = takes_h ? activation_slope(activation, value) : slope_from_output(activation, value);
    }
    delta[s * row + j] = derivative * slope;
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

  /// @returns what has changed
  VNS_HD ParameterState operator()(int i, int j, float gradient) const {
    float* value = weights + i * pitch + j;
    const ParameterState parameter{value, value + first_moment, value + second_moment};
    rule.apply(gradient, parameter);
    return parameter;
  }
};

/// Likewise where the gradients come multiplied by -lr.
struct AddToTile {
  float* weights;  ///< (rows, pitch)
  int pitch;

  VNS_HD float operator()(int i, int j, float gradient) const {
    return weights[i * pitch + j] += gradient;
  }
};

/// Where changed weights of one matrix go in the memory of the device.
struct WriteBack {
  float* values;  ///< without gaps
  float* first;   ///< moments; null if there are none
  float* second;

  VNS_HD void operator()(int at, float changed) const { values[at] = changed; }
  VNS_HD void operator()(int at, const ParameterState& changed) const {
    values[at] = *changed.value;
    if (first != nullptr) first[at] = *changed.first;
    if (second != nullptr) second[at] = *changed.second;
  }
};

}  // namespace vnsweep::batched
