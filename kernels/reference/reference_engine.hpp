#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "kernels/engine.hpp"

namespace vnsweep {

/// The oracle: double precision, one network at a time, plain loops that read like the equations.
/// It shares the drawing of random numbers with the other engines and nothing else, so that it can
/// disagree with them. Slow on purpose.
class ReferenceEngine final : public Engine {
 public:
  /// Not counted: the oracle is for small batches.
  std::size_t memory_needed(const NetworkBatch& /*batch*/) const override { return 0; }
  std::size_t memory_limit() const override { return std::numeric_limits<std::size_t>::max(); }
  void initialize(const NetworkBatch& batch) override;
  void train(StepCount steps) override;
  std::vector<Evaluation> evaluate() override;
  std::vector<Evaluation> finished() override;
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override;
  void retire(std::span<const NetworkIndex> networks) override;
  NetworkWeights download_weights(NetworkIndex network) const override;
  std::vector<double> losses(NetworkIndex network) const override;

  /// d loss / d parameter over the whole training set, for tests by finite differences.
  NetworkWeights gradient(NetworkIndex network) const;
  /// Replaces the weights of one network, for cases computed by hand.
  void upload_weights(NetworkIndex network, const NetworkWeights& weights);

 private:
  struct Network;
  NetworkBatch batch_;
  std::vector<std::shared_ptr<Network>> networks_;  // null once retired
};

}  // namespace vnsweep
