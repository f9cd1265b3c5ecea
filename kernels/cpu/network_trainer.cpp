#include "kernels/cpu/network_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/cpu/loss_pass.hpp"
#include "kernels/math/loss.hpp"

namespace vnsweep::cpu {
namespace {

/// Mini-batch runs evaluate the whole training set in pieces of at least this many samples.
constexpr int kEvaluationSamples = 64;

std::size_t plane_floats(const NetworkBatch& batch) {
  return aligned(static_cast<std::size_t>(pass_samples(batch)) *
                 static_cast<std::size_t>(sample_stride(batch.width)));
}

std::size_t logits_floats(const NetworkBatch& batch) {
  return aligned(static_cast<std::size_t>(pass_samples(batch)) *
                 static_cast<std::size_t>(sample_stride(batch.data->outputs)));
}

std::size_t loss_floats(const NetworkBatch& batch) {
  return padded_losses(static_cast<std::size_t>(pass_samples(batch)));
}

}  // namespace

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

NetworkTrainer::NetworkTrainer(const NetworkBatch& batch)
    : batch_(batch),
      delta_(plane_floats(batch)),
      delta_below_(plane_floats(batch)),
      logits_(logits_floats(batch)),
      logits_delta_(logits_floats(batch)),
      transposed_(transposed_floats(std::max(batch.width, batch.data->outputs))),
      losses_(4 * loss_floats(batch)) {
  for (int l = 0; l < greatest_depth(batch); ++l) {
    output_.emplace_back(plane_floats(batch));
    derivative_.emplace_back(plane_floats(batch));
  }
  if (batch.minibatch) {
    const auto samples = static_cast<std::size_t>(*batch.minibatch);
    input_ = AlignedBuffer<float>(samples * static_cast<std::size_t>(batch.data->inputs));
    target_ = AlignedBuffer<float>(samples * static_cast<std::size_t>(batch.data->outputs));
  }
}

std::size_t NetworkTrainer::floats(const NetworkBatch& batch) {
  const auto depth = static_cast<std::size_t>(greatest_depth(batch));
  const auto gathered = static_cast<std::size_t>(batch.minibatch.value_or(0)) *
                        static_cast<std::size_t>(batch.data->inputs + batch.data->outputs);
  return plane_floats(batch) * (2 * depth + 2) + 2 * logits_floats(batch) +
         transposed_floats(std::max(batch.width, batch.data->outputs)) + 4 * loss_floats(batch) +
         gathered;
}

void NetworkTrainer::gather(const std::int32_t* indices, int count) {
  const TrainingData& data = *batch_.data;
  for (int s = 0; s < count; ++s) {
    const auto row = static_cast<std::size_t>(indices[s]);
    std::copy_n(data.input.data() + row * data.inputs, data.inputs,
                input_.data() + static_cast<std::size_t>(s) * data.inputs);
    std::copy_n(data.target.data() + row * data.outputs, data.outputs,
                target_.data() + static_cast<std::size_t>(s) * data.outputs);
  }
}

void NetworkTrainer::forward(const TrainedNetwork& network, const float* input, int samples) {
  const auto depth = static_cast<std::size_t>(network.spec.depth);
  ForwardArgs args;
  args.parameters = network.parameters.data();
  args.input = input;
  args.input_stride = batch_.data->inputs;
  args.samples = samples;
  for (std::size_t l = 0; l < depth; ++l) {
    args.layer = &network.layout.layers[l];
    args.output = output_[l].data();
    args.derivative = derivative_[l].data();
    forward_hidden(batch_.activation, args);
    args.input = args.output;
    args.input_stride = args.layer->stride;
  }
  args.layer = &network.layout.layers[depth];
  args.output = logits_.data();
  args.derivative = nullptr;
  forward_output(args);
}

NetworkTrainer::Score NetworkTrainer::score(const float* target, int samples) {
  const SampleLoss loss = sample_loss(batch_);
  Score score;
  if (loss.outputs == 1 && loss.objective == Objective::cross_entropy) {
    score_binary(target, samples, score);
  } else {
    score_each(target, samples, score);
  }
  return score;
}

void NetworkTrainer::score_binary(const float* target, int samples, Score& score) {
  const SampleLoss loss = sample_loss(batch_);
  const std::size_t stride = loss_floats(batch_);
  float* z = losses_.data();
  float* y = z + stride;
  float* value = y + stride;
  float* derivative = value + stride;
  const std::ptrdiff_t logit_stride = sample_stride(1);
  for (int s = 0; s < samples; ++s)
    z[s] = logits_.data()[s * logit_stride];
  std::copy_n(target, samples, y);

  binary_cross_entropies(z, y, static_cast<std::size_t>(samples), value, derivative);

  const float per_sample = 1.0F / static_cast<float>(samples);
  for (int s = 0; s < samples; ++s) {
    score.loss += static_cast<double>(value[s]);
    score.correct += loss.correct(z + s, y + s);
    logits_delta_.data()[s * logit_stride] = derivative[s] * per_sample;
  }
}

void NetworkTrainer::score_each(const float* target, int samples, Score& score) {
  const SampleLoss loss = sample_loss(batch_);
  const int stride = sample_stride(loss.outputs);
  const float per_term = 1.0F / (static_cast<float>(samples) * static_cast<float>(loss.terms()));
  for (int s = 0; s < samples; ++s) {
    const float* z = logits_.data() + s * stride;
    const float* y = target + s * loss.outputs;
    float* delta = logits_delta_.data() + s * stride;
    score.loss += loss.value(z, y);
    score.correct += loss.correct(z, y);
    loss.derivatives(z, y, [=](int k, float derivative) { delta[k] = derivative * per_term; });
  }
}

void NetworkTrainer::backward(TrainedNetwork& network, const float* input, int samples) {
  BackwardArgs args;
  args.parameters = network.parameters.data();
  args.first_moment = network.first_moment.data();
  args.second_moment = network.second_moment.data();
  args.samples = samples;
  args.transposed = transposed_.data();
  args.constants = schedule_.at(network, network.step + 1);
  args.delta = logits_delta_.data();
  float* delta_below = delta_.data();
  float* spare = delta_below_.data();
  for (auto l = static_cast<std::size_t>(network.spec.depth); l > 0; --l) {
    args.layer = &network.layout.layers[l];
    args.input = output_[l - 1].data();
    args.input_stride = network.layout.layers[l - 1].stride;
    args.input_derivative = derivative_[l - 1].data();
    args.input_delta = delta_below;
    backward_and_update(network.rule, args);
    args.delta = delta_below;
    std::swap(delta_below, spare);
  }
  args.layer = &network.layout.layers[0];
  args.input = input;
  args.input_stride = batch_.data->inputs;
  args.input_derivative = nullptr;
  args.input_delta = nullptr;
  backward_and_update(network.rule, args);
}

void NetworkTrainer::evaluate(TrainedNetwork& network) {
  if (network.evaluated) return;
  const TrainingData& data = *batch_.data;
  const int piece = pass_samples(batch_);
  Score total;
  for (int first = 0; first < data.samples; first += piece) {
    const int count = std::min(piece, data.samples - first);
    const auto row = static_cast<std::size_t>(first);
    forward(network, data.input.data() + row * data.inputs, count);
    const Score part = score(data.target.data() + row * data.outputs, count);
    total.loss += part.loss;
    total.correct += part.correct;
  }
  network.set_evaluation(batch_, total.loss, total.correct);
}

void NetworkTrainer::train(TrainedNetwork& network, StepCount target) {
  const int samples = batch_.step_samples();
  while (network.is_training()) {
    const float* input = batch_.data->input.data();
    if (batch_.minibatch) {
      if (network.is_test_due(batch_)) evaluate(network);
    } else {
      // The update needs these activations, whether or not their loss is known.
      network.evaluated = false;
      evaluate(network);
    }
    network.test_outcome(batch_);
    if (!network.is_training() || network.step == target.value()) return;

    double loss = network.evaluation.loss;
    if (batch_.minibatch) {
      gather(network.minibatches->indices(network.step), samples);
      input = input_.data();
      forward(network, input, samples);
      loss = sample_loss(batch_).mean(score(target_.data(), samples).loss, samples);
    }
    if (!network.accept_loss(batch_, loss)) return;
    backward(network, input, samples);
    ++network.step;
    network.evaluated = false;
  }
}

}  // namespace vnsweep::cpu
