#pragma once

#include "kernels/cpu/layout.hpp"
#include "kernels/network.hpp"

namespace vnsweep::cpu {

/// Forward product and activation of one layer, float32.
struct ForwardArgs {
  const LayerLayout* layer = nullptr;
  const float* parameters = nullptr;  ///< the network's parameter array
  const float* input = nullptr;       ///< (samples, input_stride)
  int input_stride = 0;
  int samples = 0;
  float* output = nullptr;      ///< x = phi(W in + b), (samples, layer stride)
  float* derivative = nullptr;  ///< phi'(h), (samples, layer stride); null where it is not needed
};

/// Hidden layer.
void forward_hidden(Activation activation, const ForwardArgs& args);
/// Output layer: no activation; `derivative` is not used.
void forward_output(const ForwardArgs& args);

/// What an update needs besides the gradient; the bias corrections are those of this step.
struct UpdateConstants {
  float learning_rate = 0.0F;
  float momentum = 0.0F;
  float adam_step = 0.0F;             ///< learning_rate / (1 - beta1^t)
  float adam_root_correction = 0.0F;  ///< 1 / sqrt(1 - beta2^t)
};

/// Backward through one layer, with the update of its weights in the same pass over them.
struct BackwardArgs {
  const LayerLayout* layer = nullptr;
  float* parameters = nullptr;
  float* first_moment = nullptr;   ///< same layout as parameters: momentum buffer or Adam's m
  float* second_moment = nullptr;  ///< same layout: Adam's or RMSprop's v
  const float* input = nullptr;    ///< (samples, input_stride)
  int input_stride = 0;
  int samples = 0;
  const float* delta = nullptr;             ///< d loss / d h of this layer, (samples, layer stride)
  const float* input_derivative = nullptr;  ///< phi' of the layer below, (samples, input_stride)
  float* input_delta = nullptr;  ///< d loss / d h of the layer below; null for the first layer
  float* transposed = nullptr;  ///< scratch, transposed_floats(outputs); unused for the first layer
  UpdateConstants constants;
};

/// Inputs of a layer whose weights are transposed at once.
inline constexpr int kBackwardInputs = 64;

/// Floats of scratch that the backward pass through a layer of so many outputs takes.
constexpr std::size_t transposed_floats(int outputs) {
  return static_cast<std::size_t>(padded(outputs)) * kBackwardInputs;
}

/// The optimizer kinds the update is compiled for; plain SGD has no state to read or write.
enum class UpdateRule { sgd, sgd_momentum, adam, rmsprop };

void backward_and_update(UpdateRule rule, const BackwardArgs& args);

/// Name of the instruction set that the calls above use on this machine.
const char* instruction_set();

}  // namespace vnsweep::cpu
