#include "kernels/cpu/lane_trainer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "kernels/cpu/loss_pass.hpp"
#include "kernels/math/loss.hpp"

namespace vnsweep::cpu {
namespace {

/// The rule that takes the most memory: with and without momentum may be in one batch.
UpdateRule batch_rule(const NetworkBatch& batch) {
  const auto copies = [&](const NetworkSpec& network) {
    return parameter_copies(update_rule(batch, network));
  };
  return update_rule(batch, *std::ranges::max_element(batch.networks, {}, copies));
}

/// Bytes of the parameters and of what the optimizer remembers of them.
std::size_t parameter_bytes(const NetworkBatch& batch, int depth) {
  return LaneLayout(batch, depth).size * kMostLanes * sizeof(float) *
         static_cast<std::size_t>(parameter_copies(batch_rule(batch)));
}

std::size_t sample_floats(const NetworkBatch& batch, int nodes) {
  return static_cast<std::size_t>(nodes) * static_cast<std::size_t>(batch.step_samples()) *
         kMostLanes;
}

/// A group of networks that does not stay in a cache is trained more slowly than one of them.
constexpr std::size_t kMostGroupBytes = std::size_t{8} << 20;

/// Part of the multiply-add peak that training reaches, as measured on widths 4 to 64 with 1 to 128
/// samples a step; it decides no more than which way is taken.
double efficiency_alone(int width, int samples) {
  const double nodes = padded(std::max(width, 16));
  const double filled = width / nodes;
  return nodes / (nodes + 16.0 + 128.0 / samples) * filled * filled;
}

double efficiency_in_lanes(int width, int samples) {
  return samples <= 4 ? 0.8 * width / (width + 8.0) : 0.57 * width / (width + 4.0);
}

}  // namespace

std::optional<int> networks_worth_lanes(const NetworkBatch& batch) {
  if (LaneTrainer::bytes(batch) > kMostGroupBytes) return {};
  const int lanes = lane_count();
  const double share = efficiency_alone(batch.width, batch.step_samples()) /
                       efficiency_in_lanes(batch.width, batch.step_samples());
  const int least = std::max(2, static_cast<int>(std::ceil(share * lanes)));
  return least > lanes ? std::nullopt : std::optional(least);
}

std::size_t LaneTrainer::bytes(const NetworkBatch& batch) {
  const int depth = greatest_depth(batch);
  const std::size_t plane = sample_floats(batch, batch.width);
  const std::size_t ends =
      sample_floats(batch, batch.data->inputs) + 3 * sample_floats(batch, batch.data->outputs);
  return parameter_bytes(batch, depth) +
         sizeof(float) *
             (plane * (2 * static_cast<std::size_t>(depth) + 2) + ends + sample_floats(batch, 1));
}

LaneTrainer::LaneTrainer(const NetworkBatch& batch, NetworkTrainer& alone, int least)
    : batch_(batch),
      alone_(alone),
      least_(static_cast<std::size_t>(least)),
      lanes_(static_cast<std::size_t>(lane_count())),
      input_(sample_floats(batch, batch.data->inputs)),
      target_(sample_floats(batch, batch.data->outputs)),
      delta_(sample_floats(batch, batch.width)),
      delta_below_(sample_floats(batch, batch.width)),
      logits_(sample_floats(batch, batch.data->outputs)),
      logits_delta_(sample_floats(batch, batch.data->outputs)),
      loss_(sample_floats(batch, 1)),
      logit_row_(static_cast<std::size_t>(batch.data->outputs)),
      target_row_(logit_row_.size()),
      constants_(lanes_.size()) {
  const int depth = greatest_depth(batch);
  for (int l = 0; l < depth; ++l) {
    output_.emplace_back(sample_floats(batch, batch.width));
    derivative_.emplace_back(sample_floats(batch, batch.width));
  }
  const std::size_t floats = LaneLayout(batch, depth).size * lanes();
  const UpdateRule rule = batch_rule(batch);
  parameters_ = AlignedBuffer<float>(floats);
  if (has_first_moment(rule)) first_moment_ = AlignedBuffer<float>(floats);
  if (has_second_moment(rule)) second_moment_ = AlignedBuffer<float>(floats);

  if (!batch.minibatch) {
    for (int s = 0; s < batch.data->samples; ++s) {
      SampleRows rows{};
      rows.fill(static_cast<std::size_t>(s));
      spread_sample(s, rows);
    }
  }
}

// ---- networks and lanes ----

void LaneTrainer::move_to_lanes(std::span<TrainedNetwork* const> networks) {
  const auto load = [&](AlignedBuffer<float> TrainedNetwork::*array, float* vectors) {
    std::array<const float*, kMostLanes> pointers{};
    for (std::size_t n = 0; n < networks.size(); ++n) {
      if (networks[n] != nullptr) pointers.at(n) = (networks[n]->*array).data();
    }
    load_lanes(*network_layout_, *layout_, pointers.data(), vectors);
  };
  load(&TrainedNetwork::parameters, parameters_.data());
  if (has_first_moment(rule_)) load(&TrainedNetwork::first_moment, first_moment_.data());
  if (has_second_moment(rule_)) load(&TrainedNetwork::second_moment, second_moment_.data());
}

void LaneTrainer::move_from_lanes(std::span<TrainedNetwork* const> networks) {
  const auto store = [&](const float* vectors, AlignedBuffer<float> TrainedNetwork::*array) {
    std::array<float*, kMostLanes> pointers{};
    for (std::size_t n = 0; n < networks.size(); ++n) {
      if (networks[n] != nullptr) pointers.at(n) = (networks[n]->*array).data();
    }
    store_lanes(*network_layout_, *layout_, vectors, pointers.data());
  };
  store(parameters_.data(), &TrainedNetwork::parameters);
  if (has_first_moment(rule_)) store(first_moment_.data(), &TrainedNetwork::first_moment);
  if (has_second_moment(rule_)) store(second_moment_.data(), &TrainedNetwork::second_moment);
}

void LaneTrainer::fill_lanes() {
  std::array<TrainedNetwork*, kMostLanes> arriving{};
  bool any = false;
  for (std::size_t n = 0; n < lanes() && !waiting_.empty(); ++n) {
    if (lanes_[n].network != nullptr) continue;
    lanes_[n].network = arriving.at(n) = waiting_.front();
    waiting_ = waiting_.subspan(1);
    any = true;
  }
  if (any) move_to_lanes({arriving.data(), lanes()});
}

void LaneTrainer::release(Lane& lane) {
  std::array<TrainedNetwork*, kMostLanes> leaving{};
  leaving.at(static_cast<std::size_t>(&lane - lanes_.data())) = lane.network;
  move_from_lanes({leaving.data(), lanes()});
  lane.network = nullptr;
}

void LaneTrainer::train_the_rest_alone(StepCount target) {
  std::array<TrainedNetwork*, kMostLanes> leaving{};
  for (std::size_t n = 0; n < lanes(); ++n)
    leaving.at(n) = std::exchange(lanes_[n].network, nullptr);
  move_from_lanes({leaving.data(), lanes()});
  for (TrainedNetwork* network : leaving) {
    if (network != nullptr) alone_.train(*network, target);
  }
  for (TrainedNetwork* network : std::exchange(waiting_, {}))
    alone_.train(*network, target);
}

std::size_t LaneTrainer::occupied() const {
  return static_cast<std::size_t>(std::count_if(
      lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.network != nullptr; }));
}

// ---- one step ----

void LaneTrainer::spread_sample(int sample, const SampleRows& rows) {
  const TrainingData& data = *batch_.data;
  const auto count = static_cast<std::ptrdiff_t>(lanes());
  const std::ptrdiff_t stride = batch_.step_samples() * count;
  std::array<const float*, kMostLanes> inputs{};
  std::array<const float*, kMostLanes> targets{};
  for (std::size_t n = 0; n < lanes(); ++n) {
    inputs.at(n) = data.input.data() + rows.at(n) * static_cast<std::size_t>(data.inputs);
    targets.at(n) = data.target.data() + rows.at(n) * static_cast<std::size_t>(data.outputs);
  }
  spread_rows(inputs.data(), data.inputs, stride, input_.data() + sample * count);
  spread_rows(targets.data(), data.outputs, stride, target_.data() + sample * count);
}

void LaneTrainer::gather_minibatches() {
  std::array<const std::int32_t*, kMostLanes> indices{};
  for (std::size_t n = 0; n < lanes(); ++n) {
    TrainedNetwork* network = lanes_[n].network;
    if (network != nullptr) indices.at(n) = network->minibatches->indices(network->step);
  }
  for (int s = 0; s < batch_.step_samples(); ++s) {
    SampleRows rows{};  // an empty lane takes any
    for (std::size_t n = 0; n < lanes(); ++n) {
      if (indices.at(n) != nullptr) rows.at(n) = static_cast<std::size_t>(indices.at(n)[s]);
    }
    spread_sample(s, rows);
  }
}

void LaneTrainer::forward() {
  const auto depth = static_cast<std::size_t>(depth_);
  LaneForwardArgs args;
  args.parameters = parameters_.data();
  args.samples = batch_.step_samples();
  args.input = input_.data();
  for (std::size_t l = 0; l < depth; ++l) {
    args.layer = &layout_->layers[l];
    args.output = output_[l].data();
    args.derivative = derivative_[l].data();
    forward_hidden_lanes(batch_.activation, args);
    args.input = args.output;
  }
  args.layer = &layout_->layers[depth];
  args.output = logits_.data();
  args.derivative = nullptr;
  forward_output_lanes(args);
}

void LaneTrainer::score() {
  for (Lane& lane : lanes_)
    lane.loss = lane.correct = 0.0;
  if (batch_.data->outputs == 1 && batch_.objective == Objective::cross_entropy) {
    score_binary();
  } else {
    score_each();
  }
}

void LaneTrainer::score_binary() {
  const SampleLoss loss = sample_loss(batch_);
  const auto samples = static_cast<std::size_t>(batch_.step_samples());
  const float per_sample = 1.0F / static_cast<float>(samples);
  const float* z = logits_.data();
  const float* y = target_.data();
  float* delta = logits_delta_.data();
  binary_cross_entropies(z, y, samples * lanes(), loss_.data(), delta);
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t n = 0; n < lanes(); ++n) {
      const std::size_t at = s * lanes() + n;
      lanes_[n].loss += static_cast<double>(loss_.data()[at]);
      lanes_[n].correct += loss.correct(z + at, y + at);
      delta[at] *= per_sample;
    }
  }
}

void LaneTrainer::score_each() {
  const SampleLoss loss = sample_loss(batch_);
  const int samples = batch_.step_samples();
  const float per_term = 1.0F / (static_cast<float>(samples) * static_cast<float>(loss.terms()));
  const auto outputs = static_cast<std::size_t>(loss.outputs);
  const std::size_t stride = static_cast<std::size_t>(samples) * lanes();
  for (std::size_t n = 0; n < lanes(); ++n) {
    if (lanes_[n].network == nullptr) continue;
    for (int s = 0; s < samples; ++s) {
      const std::size_t at = static_cast<std::size_t>(s) * lanes() + n;
      for (std::size_t k = 0; k < outputs; ++k) {
        logit_row_[k] = logits_.data()[k * stride + at];
        target_row_[k] = target_.data()[k * stride + at];
      }
      lanes_[n].loss += loss.value(logit_row_.data(), target_row_.data());
      lanes_[n].correct += loss.correct(logit_row_.data(), target_row_.data());
      loss.derivatives(logit_row_.data(), target_row_.data(), [&](int k, float derivative) {
        logits_delta_.data()[static_cast<std::size_t>(k) * stride + at] = derivative * per_term;
      });
    }
  }
}

void LaneTrainer::backward() {
  for (std::size_t n = 0; n < lanes(); ++n) {
    const TrainedNetwork* network = lanes_[n].network;
    constants_[n] =
        network == nullptr ? UpdateConstants{} : schedule_.at(*network, network->step + 1);
  }
  LaneBackwardArgs args;
  args.parameters = parameters_.data();
  args.first_moment = first_moment_.data();
  args.second_moment = second_moment_.data();
  args.samples = batch_.step_samples();
  args.constants = constants_.data();
  args.delta = logits_delta_.data();
  float* delta_below = delta_.data();
  float* spare = delta_below_.data();
  for (auto l = static_cast<std::size_t>(depth_); l > 0; --l) {
    args.layer = &layout_->layers[l];
    args.input = output_[l - 1].data();
    args.input_derivative = derivative_[l - 1].data();
    args.input_delta = delta_below;
    backward_and_update_lanes(rule_, args);
    args.delta = delta_below;
    std::swap(delta_below, spare);
  }
  args.layer = &layout_->layers[0];
  args.input = input_.data();
  args.input_derivative = nullptr;
  args.input_delta = nullptr;
  backward_and_update_lanes(rule_, args);
}

// ---- outcomes ----

/// Mini-batches tell nothing of the training set: networks whose test is due are evaluated alone.
void LaneTrainer::settle_before_pass(StepCount target) {
  for (Lane& lane : lanes_) {
    if (lane.network == nullptr) continue;
    TrainedNetwork& network = *lane.network;
    const bool is_due = network.is_test_due(batch_);
    if (!is_due && network.step != target.value()) continue;
    release(lane);
    if (is_due) alone_.evaluate(network);
    network.test_outcome(batch_);
    // Its weights are still in the lane.
    if (network.is_training() && network.step != target.value()) lane.network = &network;
  }
}

void LaneTrainer::settle_after_pass(StepCount target) {
  const SampleLoss loss = sample_loss(batch_);
  for (Lane& lane : lanes_) {
    if (lane.network == nullptr) continue;
    TrainedNetwork& network = *lane.network;
    if (!batch_.minibatch) {
      network.set_evaluation(batch_, lane.loss, lane.correct);
      network.test_outcome(batch_);
    }
    const bool goes_on = network.is_training() && network.step != target.value() &&
                         network.accept_loss(batch_, loss.mean(lane.loss, batch_.step_samples()));
    if (!goes_on) release(lane);
  }
}

void LaneTrainer::train(std::span<TrainedNetwork* const> networks, StepCount target) {
  const TrainedNetwork& first = *networks.front();
  network_layout_ = &first.layout;
  rule_ = first.rule;
  if (depth_ != first.spec.depth) {
    depth_ = first.spec.depth;
    layout_.emplace(batch_, depth_);
  }
  waiting_ = networks;
  fill_lanes();
  while (occupied() >= least_) {
    if (batch_.minibatch) {
      settle_before_pass(target);
      gather_minibatches();
    }
    forward();
    score();
    settle_after_pass(target);
    if (occupied() > 0) backward();
    for (Lane& lane : lanes_) {
      if (lane.network == nullptr) continue;
      ++lane.network->step;
      lane.network->evaluated = false;
    }
    fill_lanes();
  }
  train_the_rest_alone(target);
}

}  // namespace vnsweep::cpu
