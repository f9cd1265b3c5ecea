#include "kernels/cpu/trained_network.hpp"

#include <algorithm>

#include "kernels/math/loss.hpp"
#include "kernels/math/optimizer_constants.hpp"

namespace vnsweep::cpu {
UpdateRule update_rule(const NetworkBatch& batch, const NetworkSpec& network) {
  switch (batch.optimizer) {
    case Optimizer::sgd:
      return network.momentum == 0.0 ? UpdateRule::sgd : UpdateRule::sgd_momentum;
    case Optimizer::adam:
      return UpdateRule::adam;
    case Optimizer::rmsprop:
      return UpdateRule::rmsprop;
  }
  return UpdateRule::sgd;
}

bool has_first_moment(UpdateRule rule) {
  return rule == UpdateRule::sgd_momentum || rule == UpdateRule::adam;
}

bool has_second_moment(UpdateRule rule) {
  return rule == UpdateRule::adam || rule == UpdateRule::rmsprop;
}

int parameter_copies(UpdateRule rule) {
  return 1 + (has_first_moment(rule) ? 1 : 0) + (has_second_moment(rule) ? 1 : 0);
}

TrainedNetwork::TrainedNetwork(const NetworkBatch& batch, const NetworkSpec& network)
    : spec(network),
      layout(batch, network.depth),
      rule(update_rule(batch, network)),
      parameters(layout.size),
      first_moment(has_first_moment(rule) ? layout.size : 0),
      second_moment(has_second_moment(rule) ? layout.size : 0) {
  if (batch.minibatch) {
    minibatches.emplace(network.run_key, batch.data->samples, *batch.minibatch);
  }
  for (int l = 1; l <= network.depth + 1; ++l) {
    const LayerLayout& layer = layout.layers[l - 1];
    const std::vector<float> w = draw_weights(batch, network, LayerIndex(l));
    const std::vector<float> b = draw_biases(batch, network, LayerIndex(l));
    const float* next = w.data();
    for (int i = 0; i < layer.outputs; ++i) {
      for (int j = 0; j < layer.inputs; ++j)
        parameters.data()[layer.weight_offset(i, j)] = *next++;
    }
    std::copy(b.begin(), b.end(), parameters.data() + layer.bias_offset());
  }
}

void TrainedNetwork::set_evaluation(const NetworkBatch& batch, double loss_sum, double correct) {
  const int samples = batch.data->samples;
  evaluation.step = StepCount(step);
  evaluation.loss = sample_loss(batch).mean(loss_sum, samples);
  evaluation.accuracy = correct / samples;
  evaluated = true;
}

bool TrainedNetwork::is_test_due(const NetworkBatch& batch) const {
  return batch.stopping == Stopping::on_outcome &&
         (step == batch.budget.value() || step % batch.success.every.value() == 0);
}

void TrainedNetwork::test_outcome(const NetworkBatch& batch) {
  TrainingStatus& status = evaluation.status;
  if (is_test_due(batch)) {
    if (!std::isfinite(evaluation.loss)) {
      status = TrainingStatus::diverged;
    } else if (batch.success.is_met(evaluation.loss, evaluation.accuracy)) {
      status = TrainingStatus::succeeded;
    }
  }
  if (status == TrainingStatus::training && step == batch.budget.value()) {
    status = TrainingStatus::exhausted;
  }
}

bool TrainedNetwork::accept_loss(const NetworkBatch& batch, double loss) {
  if (batch.record_losses) losses.push_back(loss);
  if (std::isfinite(loss) || batch.stopping == Stopping::at_budget) return true;
  evaluation.status = TrainingStatus::diverged;
  return false;
}

UpdateConstants UpdateSchedule::at(const TrainedNetwork& network, std::int64_t update) {
  if (network.rule == UpdateRule::adam && update != update_) {
    update_ = update;
    correction1_ = 1.0 - std::pow(kAdamBeta1, static_cast<double>(update));
    correction2_ = 1.0 - std::pow(kAdamBeta2, static_cast<double>(update));
  }
  return {
      .learning_rate = static_cast<float>(network.spec.learning_rate),
      .momentum = static_cast<float>(network.spec.momentum),
      .adam_step = static_cast<float>(network.spec.learning_rate / correction1_),
      .adam_root_correction = static_cast<float>(1.0 / std::sqrt(correction2_)),
  };
}

}  // namespace vnsweep::cpu
