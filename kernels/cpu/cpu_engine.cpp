#include "kernels/cpu/cpu_engine.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace vnsweep {

using cpu::LayerLayout;
using cpu::TrainedNetwork;

CpuEngine::CpuEngine(std::size_t memory_limit) : memory_limit_(memory_limit) {}
CpuEngine::~CpuEngine() = default;

std::size_t CpuEngine::memory_needed(const NetworkBatch& batch) const {
  std::size_t floats = cpu::NetworkTrainer::floats(batch);
  for (const NetworkSpec& network : batch.networks) {
    floats += static_cast<std::size_t>(cpu::parameter_copies(cpu::update_rule(batch, network))) *
              cpu::NetworkLayout(batch, network.depth).size;
  }
  const std::size_t lanes = cpu::networks_worth_lanes(batch) ? cpu::LaneTrainer::bytes(batch) : 0;
  // Probing and drawing orthogonal matrices take turns; the latter needs four copies in double.
  const auto width = static_cast<std::size_t>(batch.width);
  const std::size_t drawing =
      batch.initialization == Initialization::orthogonal ? 4 * width * width * sizeof(double) : 0;
  const ProbeSpec probe{.samples = batch.probe_samples, .jacobians = batch.probe_jacobians};
  return floats * sizeof(float) + lanes +
         std::max(drawing, cpu::NetworkProbe::bytes(batch, probe, cpu::greatest_depth(batch)));
}

void CpuEngine::initialize(const NetworkBatch& batch) {
  const auto clear = [this] {
    networks_.clear();
    lane_trainer_.reset();
    trainer_.reset();
    probe_.reset();
  };
  clear();
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
    trainer_ = std::make_unique<cpu::NetworkTrainer>(batch_);
    if (const auto least = cpu::networks_worth_lanes(batch_)) {
      lane_trainer_ = std::make_unique<cpu::LaneTrainer>(batch_, *trainer_, *least);
    }
    for (const NetworkSpec& spec : batch_.networks) {
      networks_.push_back(std::make_unique<TrainedNetwork>(batch_, spec));
    }
  } catch (const std::bad_alloc&) {
    clear();
    throw DeviceOutOfMemory("cpu: allocation of " + std::to_string(needed >> 20) +
                            " MiB failed; use fewer threads or a machine with more memory");
  }
}

/// Networks share lanes if their layers are alike and are updated by the same rule.
void CpuEngine::train_in_lanes(StepCount steps) {
  std::map<std::pair<int, cpu::UpdateRule>, std::vector<TrainedNetwork*>> groups;
  for (const auto& network : networks_) {
    if (network && network->is_training()) {
      groups[{network->spec.depth, network->rule}].push_back(network.get());
    }
  }
  for (const auto& [key, group] : groups) {
    // All that are training have taken equally many steps.
    lane_trainer_->train(group, StepCount(group.front()->step) + steps);
  }
}

void CpuEngine::train(StepCount steps) {
  if (lane_trainer_) return train_in_lanes(steps);
  for (const auto& network : networks_) {
    if (network) trainer_->train(*network, StepCount(network->step) + steps);
  }
}

Evaluation CpuEngine::evaluation_of(std::size_t network) {
  trainer_->evaluate(*networks_[network]);
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
    if (!networks_[n] || networks_[n]->is_training()) continue;
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
    const TrainedNetwork& network = *networks_.at(index.value());
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
  const TrainedNetwork& network = *networks_.at(index.value());
  NetworkWeights result;
  for (const LayerLayout& layer : network.layout.layers) {
    const float* parameters = network.parameters.data();
    std::vector<double> w;
    for (int i = 0; i < layer.outputs; ++i) {
      for (int j = 0; j < layer.inputs; ++j)
        w.push_back(parameters[layer.weight_offset(i, j)]);
    }
    result.weights.push_back(std::move(w));
    const float* bias = parameters + layer.bias_offset();
    result.biases.emplace_back(bias, bias + layer.outputs);
  }
  return result;
}

std::vector<double> CpuEngine::losses(NetworkIndex network) const {
  return networks_.at(network.value())->losses;
}

}  // namespace vnsweep
