#pragma once

#include <string>
#include <vector>

#include "kernels/engine.hpp"

namespace vnsweep {

/// How far one network of a candidate engine is from the oracle. All errors are relative; a NaN
/// against a number is infinite, NaN against NaN is zero.
struct NetworkError {
  NetworkIndex network;
  double weights = 0.0;   ///< worst layer, Frobenius norm of the difference over that of the oracle
  double loss = 0.0;      ///< worst step, relative to its loss or 0.1, whichever is larger
  double vni = 0.0;       ///< worst layer
  double spectrum = 0.0;  ///< worst layer, 2-norm of the difference over that of the oracle
  double gradient = 0.0;  ///< worst layer's gradient RMS
  double jacobian = 0.0;  ///< worst layer's m_1, m_2 or local VNI
  double trained = 0.0;   ///< worst of VNI and gradient RMS after training
  bool live_nodes_agree = true;

  double worst() const;
};

/// Raises the errors of indicators, gradients and Jacobians to those of one probe.
void compare_probes(const Probe& candidate, const Probe& oracle, NetworkError& error);

/// What an engine makes of a batch: probes before and after training, final weights, losses before
/// each update; by network.
struct EngineResults {
  std::vector<Probe> first;
  std::vector<Probe> last;
  std::vector<NetworkWeights> weights;
  std::vector<std::vector<double>> losses;
};

/// Trains `batch` for `steps`, without stopping early.
EngineResults train_and_probe(Engine& engine, NetworkBatch batch, StepCount steps,
                              const ProbeSpec& probe);

/// Compares every network.
std::vector<NetworkError> compare_results(const EngineResults& candidate,
                                          const EngineResults& oracle);

/// Trains `batch` for `steps` on both engines and compares every network.
std::vector<NetworkError> compare_engines(Engine& candidate, Engine& oracle,
                                          const NetworkBatch& batch, StepCount steps,
                                          const ProbeSpec& probe);

/// Norm of a - b over the norm of b; infinite if the sizes differ or anything is not finite.
double relative_error(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace vnsweep
