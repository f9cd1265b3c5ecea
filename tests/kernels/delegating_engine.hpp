#pragma once

#include <vector>

#include "kernels/cpu/cpu_engine.hpp"

namespace vnsweep::testing {

/// The cpu engine, for tests that change one of its answers.
class DelegatingEngine : public Engine {
 public:
  std::size_t memory_needed(const NetworkBatch& batch) const override {
    return engine_.memory_needed(batch);
  }
  std::size_t memory_limit() const override { return engine_.memory_limit(); }
  void initialize(const NetworkBatch& batch) override { engine_.initialize(batch); }
  void train(StepCount steps) override { engine_.train(steps); }
  std::vector<Evaluation> evaluate() override { return engine_.evaluate(); }
  std::vector<Evaluation> finished() override { return engine_.finished(); }
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override {
    return engine_.probe(spec, networks);
  }
  void retire(std::span<const NetworkIndex> networks) override { engine_.retire(networks); }
  NetworkWeights download_weights(NetworkIndex network) const override {
    return engine_.download_weights(network);
  }
  std::vector<double> losses(NetworkIndex network) const override {
    return engine_.losses(network);
  }

 private:
  CpuEngine engine_;
};

}  // namespace vnsweep::testing
