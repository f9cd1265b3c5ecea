#include "kernels/cpu/cpu_engine.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/math/loss.hpp"
#include "kernels/math/optimizer_constants.hpp"

namespace vnsweep {
namespace {

using cpu::AlignedBuffer;
using cpu::LayerLayout;
using cpu::NetworkLayout;
using cpu::UpdateRule;

/// Mini-batch runs evaluate the whole training set in pieces of at least this many samples.
constexpr int kEvaluationSamples = 64;

UpdateRule update_rule(Optimizer optimizer, double momentum) {
  switch (optimizer) {
    case Optimizer::sgd:
      return momentum == 0.0 ? UpdateRule::sgd : UpdateRule::sgd_momentum;
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

/// Samples that the workspace holds at once.
int pass_samples(const NetworkBatch& batch) {
  if (!batch.minibatch) return batch.data->samples;
  return std::max(*batch.minibatch, std::min(batch.data->samples, kEvaluationSamples));
}

int greatest_depth(const NetworkBatch& batch) {
  int depth = 0;
  for (const NetworkSpec& network : batch.networks)
    depth = std::max(depth, network.depth);
  return depth;
}

std::size_t plane_floats(const NetworkBatch& batch) {
  return cpu::aligned(static_cast<std::size_t>(pass_samples(batch)) *
                      static_cast<std::size_t>(cpu::padded(batch.width)));
}

}  // namespace

struct CpuEngine::Network {
  NetworkSpec spec;
  NetworkLayout layout;
  UpdateRule rule;
  AlignedBuffer<float> parameters;
  AlignedBuffer<float> first_moment;
  AlignedBuffer<float> second_moment;
  std::int64_t step = 0;
  Evaluation evaluation;
  bool evaluated = false;  ///< `evaluation` is that of the current weights
  std::optional<MinibatchSequence> minibatches;
  std::vector<double> losses;

  Network(const NetworkBatch& batch, const NetworkSpec& network)
      : spec(network),
        layout(batch, network.depth),
        rule(update_rule(batch.optimizer, network.momentum)),
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
      const auto inputs = static_cast<std::size_t>(layer.inputs);
      for (std::size_t j = 0; j < inputs; ++j) {
        float* row = parameters.data() + layer.offset + j * static_cast<std::size_t>(layer.stride);
        for (int i = 0; i < layer.outputs; ++i)
          row[i] = w[i * inputs + j];
      }
      std::copy(b.begin(), b.end(), parameters.data() + layer.bias_offset());
    }
  }
};

/// Activations of one pass through the deepest network of the batch; all networks share it.
struct CpuEngine::Workspace {
  std::vector<AlignedBuffer<float>> output;      ///< x_l per hidden layer, (samples, stride)
  std::vector<AlignedBuffer<float>> derivative;  ///< phi'(h_l) per hidden layer, (samples, stride)
  AlignedBuffer<float> delta;                    ///< d loss / d h_l, (samples, stride)
  AlignedBuffer<float> delta_below;              ///< the same one layer down
  AlignedBuffer<float> logits;                   ///< (samples, output stride)
  AlignedBuffer<float> logits_delta;
  std::vector<float> input;        ///< gathered mini-batch (samples, inputs)
  std::vector<float> target;       ///< gathered mini-batch (samples, outputs)
  const Network* owner = nullptr;  ///< network whose activations these are

  explicit Workspace(const NetworkBatch& batch) {
    const std::size_t plane = plane_floats(batch);
    for (int l = 0; l < greatest_depth(batch); ++l) {
      output.emplace_back(plane);
      derivative.emplace_back(plane);
    }
    delta = AlignedBuffer<float>(plane);
    delta_below = AlignedBuffer<float>(plane);
    const auto samples = static_cast<std::size_t>(pass_samples(batch));
    const auto stride = static_cast<std::size_t>(cpu::padded(batch.data->outputs));
    logits = AlignedBuffer<float>(samples * stride);
    logits_delta = AlignedBuffer<float>(samples * stride);
    if (batch.minibatch) {
      input.resize(static_cast<std::size_t>(*batch.minibatch) * batch.data->inputs);
      target.resize(static_cast<std::size_t>(*batch.minibatch) * batch.data->outputs);
    }
  }

  void gather(const TrainingData& data, const std::int32_t* indices, int count) {
    for (int s = 0; s < count; ++s) {
      const auto row = static_cast<std::size_t>(indices[s]);
      std::copy_n(data.input.data() + row * data.inputs, data.inputs,
                  input.data() + static_cast<std::size_t>(s) * data.inputs);
      std::copy_n(data.target.data() + row * data.outputs, data.outputs,
                  target.data() + static_cast<std::size_t>(s) * data.outputs);
    }
  }
};

CpuEngine::CpuEngine(std::size_t memory_limit) : memory_limit_(memory_limit) {}
CpuEngine::~CpuEngine() = default;

std::size_t CpuEngine::memory_needed(const NetworkBatch& batch) const {
  const int depth = greatest_depth(batch);
  const std::size_t plane = plane_floats(batch);
  std::size_t floats = plane * (2 * static_cast<std::size_t>(depth) + 2);
  for (const NetworkSpec& network : batch.networks) {
    const UpdateRule rule = update_rule(batch.optimizer, network.momentum);
    const std::size_t copies =
        1 + (has_first_moment(rule) ? 1 : 0) + (has_second_moment(rule) ? 1 : 0);
    floats += copies * NetworkLayout(batch, network.depth).size;
  }
  // Probing and drawing orthogonal matrices take turns; the latter needs four copies in double.
  const auto width = static_cast<std::size_t>(batch.width);
  const std::size_t drawing =
      batch.initialization == Initialization::orthogonal ? 4 * width * width * sizeof(double) : 0;
  const ProbeSpec probe{.samples = batch.probe_samples, .jacobians = batch.probe_jacobians};
  return floats * sizeof(float) + std::max(drawing, cpu::NetworkProbe::bytes(batch, probe, depth));
}

void CpuEngine::initialize(const NetworkBatch& batch) {
  networks_.clear();
  workspace_.reset();
  probe_.reset();
  if (batch.precision != Precision::fp32) {
    throw std::invalid_argument(
        "cpu: precision tf32 is not a mode of processors; use fp32 or a GPU");
  }
  const std::size_t needed = memory_needed(batch);
  if (needed > memory_limit_) {
    throw DeviceOutOfMemory("cpu: a batch of " + std::to_string(batch.networks.size()) +
                            " networks needs " + std::to_string(needed >> 20) +
                            " MiB (the limit is " + std::to_string(memory_limit_ >> 20) +
                            " MiB); use fewer threads or a machine with more memory");
  }
  try {
    batch_ = batch;
    workspace_ = std::make_unique<Workspace>(batch_);
    for (const NetworkSpec& spec : batch_.networks) {
      networks_.push_back(std::make_unique<Network>(batch_, spec));
    }
  } catch (const std::bad_alloc&) {
    networks_.clear();
    workspace_.reset();
    throw DeviceOutOfMemory("cpu: allocation of " + std::to_string(needed >> 20) +
                            " MiB failed; use fewer threads or a machine with more memory");
  }
}

void CpuEngine::forward_pass(const Network& network, const float* input, int samples) {
  const auto depth = static_cast<std::size_t>(network.spec.depth);
  workspace_->owner = &network;
  const float* below = input;
  int below_stride = batch_.data->inputs;
  for (std::size_t l = 0; l < depth; ++l) {
    const LayerLayout& layer = network.layout.layers[l];
    float* output = workspace_->output[l].data();
    cpu::forward_hidden(batch_.activation, {.layer = &layer,
                                            .parameters = network.parameters.data(),
                                            .input = below,
                                            .input_stride = below_stride,
                                            .samples = samples,
                                            .output = output,
                                            .derivative = workspace_->derivative[l].data()});
    below = output;
    below_stride = layer.stride;
  }
  cpu::forward_output({.layer = &network.layout.layers[depth],
                       .parameters = network.parameters.data(),
                       .input = below,
                       .input_stride = below_stride,
                       .samples = samples,
                       .output = workspace_->logits.data()});
}

CpuEngine::Score CpuEngine::score_logits(const float* target, int samples) const {
  const SampleLoss loss = sample_loss(batch_);
  const int stride = cpu::padded(loss.outputs);
  Score score;
  for (int s = 0; s < samples; ++s) {
    const float* z = workspace_->logits.data() + s * stride;
    const float* y = target + s * loss.outputs;
    score.loss += loss.value(z, y);
    score.correct += loss.correct(z, y);
  }
  return score;
}

void CpuEngine::backward_pass(Network& network, const float* input, const float* target,
                              int samples) {
  const SampleLoss loss = sample_loss(batch_);
  const int stride = cpu::padded(loss.outputs);
  const float per_term = 1.0F / (static_cast<float>(samples) * static_cast<float>(loss.terms()));
  float* logits_delta = workspace_->logits_delta.data();
  for (int s = 0; s < samples; ++s) {
    float* delta = logits_delta + s * stride;
    loss.derivatives(workspace_->logits.data() + s * stride, target + s * loss.outputs,
                     [=](int k, float derivative) { delta[k] = derivative * per_term; });
  }

  const auto update = static_cast<double>(network.step + 1);
  const double correction1 = 1.0 - std::pow(kAdamBeta1, update);
  const double correction2 = 1.0 - std::pow(kAdamBeta2, update);
  cpu::BackwardArgs args;
  args.parameters = network.parameters.data();
  args.first_moment = network.first_moment.data();
  args.second_moment = network.second_moment.data();
  args.samples = samples;
  args.constants = {
      .learning_rate = static_cast<float>(network.spec.learning_rate),
      .momentum = static_cast<float>(network.spec.momentum),
      .adam_step = static_cast<float>(network.spec.learning_rate / correction1),
      .adam_root_correction = static_cast<float>(1.0 / std::sqrt(correction2)),
  };

  const float* delta = logits_delta;
  float* delta_below = workspace_->delta.data();
  float* spare = workspace_->delta_below.data();
  for (auto l = static_cast<std::size_t>(network.spec.depth) + 1; l-- > 0;) {
    args.layer = &network.layout.layers[l];
    args.delta = delta;
    if (l > 0) {
      args.input = workspace_->output[l - 1].data();
      args.input_stride = network.layout.layers[l - 1].stride;
      args.input_derivative = workspace_->derivative[l - 1].data();
      args.input_delta = delta_below;
    } else {
      args.input = input;
      args.input_stride = batch_.data->inputs;
      args.input_derivative = nullptr;
      args.input_delta = nullptr;
    }
    cpu::backward_and_update(network.rule, args);
    delta = delta_below;
    std::swap(delta_below, spare);
  }
}

void CpuEngine::evaluate_network(Network& network) {
  if (network.evaluated) return;
  const TrainingData& data = *batch_.data;
  const int piece = pass_samples(batch_);
  Score total;
  for (int first = 0; first < data.samples; first += piece) {
    const int count = std::min(piece, data.samples - first);
    forward_pass(network, data.input.data() + static_cast<std::size_t>(first) * data.inputs, count);
    const Score score =
        score_logits(data.target.data() + static_cast<std::size_t>(first) * data.outputs, count);
    total.loss += score.loss;
    total.correct += score.correct;
  }
  network.evaluation.step = StepCount(network.step);
  network.evaluation.loss = sample_loss(batch_).mean(total.loss, data.samples);
  network.evaluation.accuracy = total.correct / data.samples;
  network.evaluated = true;
}

void CpuEngine::test_outcome(Network& network) {
  const bool last = network.step == batch_.budget.value();
  const bool due = last || network.step % batch_.success.every.value() == 0;
  TrainingStatus& status = network.evaluation.status;
  if (due && batch_.stopping == Stopping::on_outcome) {
    evaluate_network(network);
    if (!std::isfinite(network.evaluation.loss)) {
      status = TrainingStatus::diverged;
    } else if (batch_.success.is_met(network.evaluation.loss, network.evaluation.accuracy)) {
      status = TrainingStatus::succeeded;
    }
  }
  if (status == TrainingStatus::training && last) status = TrainingStatus::exhausted;
}

void CpuEngine::update_network(Network& network) {
  const TrainingData& data = *batch_.data;
  const float* input = data.input.data();
  const float* target = data.target.data();
  const int samples = batch_.step_samples();
  double loss = 0.0;
  if (batch_.minibatch) {
    workspace_->gather(data, network.minibatches->indices(network.step), samples);
    input = workspace_->input.data();
    target = workspace_->target.data();
    forward_pass(network, input, samples);
    loss = sample_loss(batch_).mean(score_logits(target, samples).loss, samples);
  } else {
    // A full-batch evaluation leaves exactly the activations that the update needs, but only if
    // no other network has used the workspace since.
    network.evaluated = network.evaluated && workspace_->owner == &network;
    evaluate_network(network);
    loss = network.evaluation.loss;
  }
  if (batch_.record_losses) network.losses.push_back(loss);
  if (!std::isfinite(loss) && batch_.stopping == Stopping::on_outcome) {
    network.evaluation.status = TrainingStatus::diverged;
    return;
  }
  backward_pass(network, input, target, samples);
  ++network.step;
  network.evaluated = false;
}

void CpuEngine::train_network(Network& network, StepCount target) {
  while (network.evaluation.status == TrainingStatus::training) {
    test_outcome(network);
    if (network.evaluation.status != TrainingStatus::training || network.step == target.value()) {
      return;
    }
    update_network(network);
  }
}

void CpuEngine::train(StepCount steps) {
  for (const auto& network : networks_) {
    if (network) train_network(*network, StepCount(network->step) + steps);
  }
}

Evaluation CpuEngine::evaluation_of(std::size_t network) {
  evaluate_network(*networks_[network]);
  Evaluation evaluation = networks_[network]->evaluation;
  evaluation.network = NetworkIndex(static_cast<std::uint32_t>(network));
  return evaluation;
}

std::vector<Evaluation> CpuEngine::evaluate() {
  std::vector<Evaluation> results;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    if (networks_[n]) results.push_back(evaluation_of(n));
  }
  return results;
}

std::vector<Evaluation> CpuEngine::finished() {
  std::vector<Evaluation> results;
  for (std::size_t n = 0; n < networks_.size(); ++n) {
    if (!networks_[n] || networks_[n]->evaluation.status == TrainingStatus::training) continue;
    results.push_back(evaluation_of(n));
  }
  return results;
}

std::vector<Probe> CpuEngine::probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) {
  if (!probe_ || probe_spec_ != spec) {
    probe_ = std::make_unique<cpu::NetworkProbe>(batch_, spec);
    probe_spec_ = spec;
  }
  std::vector<Probe> results;
  for (const NetworkIndex index : networks) {
    const Network& network = *networks_.at(index.value());
    results.push_back(probe_->measure(network.spec, network.layout, network.parameters.data()));
    results.back().network = index;
    results.back().step = StepCount(network.step);
  }
  return results;
}

void CpuEngine::retire(std::span<const NetworkIndex> networks) {
  for (const NetworkIndex index : networks)
    networks_.at(index.value()).reset();
}

NetworkWeights CpuEngine::download_weights(NetworkIndex index) const {
  const Network& network = *networks_.at(index.value());
  NetworkWeights result;
  for (const LayerLayout& layer : network.layout.layers) {
    const auto inputs = static_cast<std::size_t>(layer.inputs);
    const auto outputs = static_cast<std::size_t>(layer.outputs);
    const float* bias = network.parameters.data() + layer.bias_offset();
    std::vector<double> w(outputs * inputs);
    for (std::size_t j = 0; j < inputs; ++j) {
      const float* row =
          network.parameters.data() + layer.offset + j * static_cast<std::size_t>(layer.stride);
      for (std::size_t i = 0; i < outputs; ++i)
        w[i * inputs + j] = row[i];
    }
    result.weights.push_back(std::move(w));
    result.biases.emplace_back(bias, bias + outputs);
  }
  return result;
}

std::vector<double> CpuEngine::losses(NetworkIndex network) const {
  return networks_.at(network.value())->losses;
}

}  // namespace vnsweep
