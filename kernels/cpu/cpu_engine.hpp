#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "kernels/cpu/lane_trainer.hpp"
#include "kernels/cpu/network_probe.hpp"
#include "kernels/cpu/network_trainer.hpp"
#include "kernels/cpu/trained_network.hpp"
#include "kernels/engine.hpp"

namespace vnsweep {

/// Float32 engine for one core: vectorised, one network at a time, many steps of it before the
/// next, so that its weights stay in cache. Use one engine per core.
///
/// Promise: on one machine a network's results are the same bits whatever the batch, the number of
/// engines and the lengths of the train() calls. Instruction sets round differently.
class CpuEngine final : public Engine {
 public:
  /// @param memory_limit  bytes that one batch may take
  explicit CpuEngine(std::size_t memory_limit = std::numeric_limits<std::size_t>::max());
  ~CpuEngine() override;

  std::size_t memory_needed(const NetworkBatch& batch) const override;
  std::size_t memory_limit() const override { return memory_limit_; }
  void initialize(const NetworkBatch& batch) override;
  void train(StepCount steps) override;
  std::vector<Evaluation> evaluate() override;
  std::vector<Evaluation> finished() override;
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override;
  void retire(std::span<const NetworkIndex> networks) override;
  NetworkWeights download_weights(NetworkIndex network) const override;
  std::vector<double> losses(NetworkIndex network) const override;

 private:
  void train_in_lanes(StepCount steps);
  Evaluation evaluation_of(std::size_t network);

  std::size_t memory_limit_;
  NetworkBatch batch_;
  std::vector<std::unique_ptr<cpu::TrainedNetwork>> networks_;  // null once retired
  std::unique_ptr<cpu::NetworkTrainer> trainer_;
  std::unique_ptr<cpu::LaneTrainer> lane_trainer_;  // null where networks are trained one by one
  std::unique_ptr<cpu::NetworkProbe> probe_;
  ProbeSpec probe_spec_;
};

}  // namespace vnsweep
