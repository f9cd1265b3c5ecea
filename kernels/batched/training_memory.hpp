#pragma once

#include <cstdint>
#include <vector>

#include "kernels/batched/arena.hpp"
#include "kernels/batched/network_order.hpp"
#include "kernels/batched/parameter_layout.hpp"
#include "kernels/math/optimizer.hpp"
#include "kernels/network.hpp"

namespace vnsweep::batched {

/// State of the current training step; all active networks are at the same one.
struct StepState {
  std::int64_t step = 0;  ///< updates made
  AdamCorrections corrections;
};

/// Samples of the training set that an evaluation of mini-batch runs passes through at once.
inline constexpr int kEvaluationSamples = 256;

/// Where one layer of all networks is; a network's part lies at its position.
struct ResidentLayer {
  std::int64_t weights = 0;         ///< offset of (networks, outputs, inputs) among the parameters
  std::int64_t biases = 0;          ///< offset of (networks, outputs)
  float* outputs = nullptr;         ///< x_l (networks, samples, width); null for the output layer
  float* pre_activation = nullptr;  ///< h_l likewise; null where it is not kept
};

/// What training keeps on the device. B: samples of a step; E: samples of an evaluation pass; n:
/// networks; N: width; c_l: networks that reach layer l.
class TrainingMemory {
 public:
  TrainingMemory(const NetworkBatch& batch, const ParameterLayout& layout, ArenaPlan& plan);

  Slice<float> parameters;     ///< as ParameterLayout says
  Slice<float> first_moment;   ///< likewise; empty if the optimizer has none
  Slice<float> second_moment;  ///< likewise
  Slice<float> slab;           ///< one slab of weights: gradients, or parameters on the move

  Slice<float> input;   ///< training set (samples, inputs)
  Slice<float> target;  ///< (samples, outputs)

  std::vector<Slice<float>> outputs;  ///< x_l (c_l, B, N) for l = 1..L
  /// h_l (c_l, B, N) for l = 1..L if the activation's slope takes it, else none
  std::vector<Slice<float>> pre_activations;
  Slice<float> top;           ///< x of each network's last hidden layer (n, B, N)
  Slice<float> logits;        ///< z (n, B, outputs)
  Slice<float> logits_delta;  ///< d loss / d z (n, B, outputs)
  Slice<float> delta;         ///< d loss / d h of one layer (n, B, N)
  Slice<float> delta_below;   ///< and of the layer below it
  Slice<float> top_delta;     ///< d loss / d x of each network's last hidden layer

  // Mini-batch runs only.
  Slice<std::int32_t> sample_order;      ///< of this epoch (n, samples), by network index
  Slice<float> step_input;               ///< gathered (n, B, inputs)
  Slice<float> step_target;              ///< gathered (n, B, outputs)
  std::vector<Slice<float>> evaluation;  ///< two planes (n, E, N) that take turns
  Slice<float> evaluation_top;           ///< (n, E, N)
  Slice<float> evaluation_logits;        ///< (n, E, outputs)

  // By network index.
  Slice<std::int32_t> depth;
  Slice<std::uint64_t> run_key;
  Slice<double> scale;
  Slice<double> bias_scale;
  Slice<float> learning_rate;
  Slice<float> momentum;
  Slice<std::int32_t> status;          ///< TrainingStatus
  Slice<std::int64_t> final_step;      ///< of networks that have finished
  Slice<double> loss;                  ///< over the training set
  Slice<double> correct;               ///< samples classified correctly
  Slice<double> step_losses;           ///< before each update (n, budget), if asked for
  Slice<std::int64_t> steps_recorded;  ///< how many of them there are

  // By position.
  Slice<std::int32_t> active;   ///< network indices
  Slice<std::int32_t> scratch;  ///< room for another order
  Slice<StepState> state;       ///< one

  // For networks that are each trained in a block of its own.
  Slice<StepState> own_steps;            ///< by position
  Slice<ResidentLayer> resident_layers;  ///< hidden layers, then the output layer
};

/// Optimizer state that `batch` needs: SGD has none unless some network has momentum.
bool needs_first_moment(const NetworkBatch& batch);
bool needs_second_moment(const NetworkBatch& batch);
/// Plain SGD adds -lr times the gradient to the weights in the product that computes it.
bool updates_in_product(const NetworkBatch& batch);

}  // namespace vnsweep::batched
