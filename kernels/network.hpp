#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/types.hpp"

namespace vnsweep {

/// leaky_relu: slope 0.01 below zero. gelu: h Phi(h) with the exact normal distribution.
enum class Activation { linear, tanh, relu, hardtanh, erf, sigmoid, leaky_relu, gelu, silu };
enum class Initialization { gaussian, orthogonal };
enum class Optimizer { sgd, adam, rmsprop };
/// cross_entropy: on logits, binary for one output, softmax for several, a mean over samples.
/// squared_error: (z - y)^2, a mean over samples and outputs.
enum class Objective { cross_entropy, squared_error };
/// How exact float32 activations of the cpu engine are. fast: within some units of the last place,
/// see kernels/cpu/activation-inl.hpp. accurate: the double-precision formula, rounded; slower.
enum class ActivationAccuracy { fast, accurate };
/// How float products are computed. tf32: operands rounded to 10 bits of mantissa, GPUs only.
enum class Precision { fp32, tf32 };
/// on_outcome: a network stops when it succeeds or diverges. at_budget: it always runs all steps.
enum class Stopping { on_outcome, at_budget };

/// labels: classes, and accuracy is the share of samples whose class is found. values: regression,
/// and accuracy is NaN.
enum class TargetKind { labels, values };

/// The training set, shared by the networks of a batch.
struct TrainingData {
  int samples = 0;
  int inputs = 0;
  int outputs = 0;
  std::vector<float> input;  ///< (samples, inputs), row-major
  TargetKind kind = TargetKind::labels;
  /// (samples, outputs), row-major. Labels: 0 or 1, and one-hot for several outputs.
  std::vector<float> target;
};

/// What differs between the networks of one batch.
struct NetworkSpec {
  std::uint64_t run_key = 0;  ///< Philox key of all random numbers of the run
  int depth = 1;              ///< number of hidden layers, at least 1
  double scale = 1.0;         ///< sigma_w: W_ij ~ N(0, scale^2 / fan_in)
  double bias_scale = 0.0;    ///< b_i ~ N(0, bias_scale^2)
  double learning_rate = 0.0;
  double momentum = 0.0;  ///< SGD only
};

/// When a run has succeeded. A threshold that is not given is not tested.
struct SuccessCriterion {
  std::optional<double> accuracy;  ///< reached when accuracy >= this, in [0, 1]
  std::optional<double> loss;      ///< reached when loss <= this
  StepCount every{1};              ///< steps between evaluations; step 0 and the last always count

  bool is_met(double loss_now, double accuracy_now) const {
    return (accuracy || loss) && (!accuracy || accuracy_now >= *accuracy) &&
           (!loss || loss_now <= *loss);
  }
};

/// Networks that one engine trains together. Depth, scale, learning rate and key may differ.
struct NetworkBatch {
  int width = 1;
  Activation activation = Activation::tanh;
  Initialization initialization = Initialization::gaussian;
  Optimizer optimizer = Optimizer::sgd;
  Objective objective = Objective::cross_entropy;
  Precision precision = Precision::fp32;
  ActivationAccuracy activation_accuracy = ActivationAccuracy::fast;
  std::optional<int> minibatch;  ///< samples per step; empty: the whole training set
  StepCount budget{0};  ///< a network that has not succeeded after so many steps has failed
  SuccessCriterion success;
  Stopping stopping = Stopping::on_outcome;
  bool record_losses = false;  ///< keep the loss before every update for Engine::losses
  int probe_samples = 256;     ///< of the largest probe that will be asked for, to plan memory
  int probe_jacobians = 0;     ///< likewise, ProbeSpec::jacobians
  std::shared_ptr<const TrainingData> data;
  std::vector<NetworkSpec> networks;

  int step_samples() const { return minibatch.value_or(data->samples); }
};

/// Size of one weight matrix, stored row-major (outputs, inputs).
struct LayerShape {
  int outputs = 0;
  int inputs = 0;
};

/// Shape of layer `layer` (1..depth + 1) of a network of `depth` hidden layers in `batch`.
inline LayerShape layer_shape(const NetworkBatch& batch, int depth, LayerIndex layer) {
  return {.outputs = layer.value() > depth ? batch.data->outputs : batch.width,
          .inputs = layer.value() == 1 ? batch.data->inputs : batch.width};
}

/// Number of weights and biases of a network of `depth` hidden layers.
inline std::int64_t parameter_count(int inputs, int outputs, std::int64_t width, int depth) {
  return width * (inputs + 1) + (depth - 1) * width * (width + 1) + outputs * (width + 1);
}

}  // namespace vnsweep
