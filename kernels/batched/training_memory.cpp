#include "kernels/batched/training_memory.hpp"

#include <algorithm>
#include <limits>

#include "kernels/engine.hpp"
#include "kernels/math/activation.hpp"

namespace vnsweep::batched {

bool needs_first_moment(const NetworkBatch& batch) {
  if (batch.optimizer == Optimizer::adam) return true;
  return batch.optimizer == Optimizer::sgd &&
         std::any_of(batch.networks.begin(), batch.networks.end(),
                     [](const NetworkSpec& n) { return n.momentum != 0.0; });
}

bool needs_second_moment(const NetworkBatch& batch) {
  return batch.optimizer != Optimizer::sgd;
}

bool updates_in_product(const NetworkBatch& batch) {
  return !needs_first_moment(batch) && !needs_second_moment(batch);
}

TrainingMemory::TrainingMemory(const NetworkBatch& batch, const ParameterLayout& layout,
                               ArenaPlan& plan) {
  const TrainingData& data = *batch.data;
  const auto networks = static_cast<std::int64_t>(batch.networks.size());
  const std::int64_t samples = batch.step_samples();
  const std::int64_t plane = samples * batch.width;
  const std::int64_t evaluated = std::min(data.samples, kEvaluationSamples);
  const std::int64_t largest =
      std::max(samples, evaluated) * std::max({batch.width, data.outputs, data.inputs});
  if (largest > std::numeric_limits<int>::max()) {
    throw DeviceOutOfMemory(
        "one network's outputs at one layer are too many for this engine; use mini-batches");
  }

  parameters = plan.reserve<float>(layout.size());
  first_moment = plan.reserve<float>(needs_first_moment(batch) ? layout.size() : 0);
  second_moment = plan.reserve<float>(needs_second_moment(batch) ? layout.size() : 0);
  slab = plan.reserve<float>(layout.largest_slab());
  input = plan.reserve<float>(std::int64_t{1} * data.samples * data.inputs);
  target = plan.reserve<float>(std::int64_t{1} * data.samples * data.outputs);

  for (int l = 1; l <= layout.greatest_depth(); ++l)
    outputs.push_back(plan.reserve<float>(layout.hidden(l).networks * plane));
  if (slope_needs_input(batch.activation)) {
    for (const Slice<float>& layer : outputs)
      pre_activations.push_back(plan.reserve<float>(layer.count));
  }
  top = plan.reserve<float>(networks * plane);
  logits = plan.reserve<float>(networks * samples * data.outputs);
  logits_delta = plan.reserve<float>(networks * samples * data.outputs);
  delta = plan.reserve<float>(networks * plane);
  delta_below = plan.reserve<float>(networks * plane);
  top_delta = plan.reserve<float>(networks * plane);

  if (batch.minibatch) {
    sample_order = plan.reserve<std::int32_t>(networks * data.samples);
    step_input = plan.reserve<float>(networks * samples * data.inputs);
    step_target = plan.reserve<float>(networks * samples * data.outputs);
    for (int k = 0; k < 2; ++k)
      evaluation.push_back(plan.reserve<float>(networks * evaluated * batch.width));
    evaluation_top = plan.reserve<float>(networks * evaluated * batch.width);
    evaluation_logits = plan.reserve<float>(networks * evaluated * data.outputs);
  }

  depth = plan.reserve<std::int32_t>(networks);
  run_key = plan.reserve<std::uint64_t>(networks);
  scale = plan.reserve<double>(networks);
  bias_scale = plan.reserve<double>(networks);
  learning_rate = plan.reserve<float>(networks);
  momentum = plan.reserve<float>(networks);
  status = plan.reserve<std::int32_t>(networks);
  final_step = plan.reserve<std::int64_t>(networks);
  loss = plan.reserve<double>(networks);
  correct = plan.reserve<double>(networks);
  step_losses = plan.reserve<double>(batch.record_losses ? networks * batch.budget.value() : 0);
  steps_recorded = plan.reserve<std::int64_t>(batch.record_losses ? networks : 0);

  active = plan.reserve<std::int32_t>(networks);
  scratch = plan.reserve<std::int32_t>(networks);
  state = plan.reserve<StepState>(1);
  own_steps = plan.reserve<StepState>(networks);
  resident_layers = plan.reserve<ResidentLayer>(static_cast<std::int64_t>(layout.slabs().size()));
}

}  // namespace vnsweep::batched
