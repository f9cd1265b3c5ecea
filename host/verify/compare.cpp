#include "host/verify/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vnsweep {
namespace {

/// A loss close to zero is the small difference of large numbers; below this, errors are absolute.
constexpr double kSmallLoss = 0.1;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

double relative_error(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return 0.0;
  return vnsweep::relative_error(std::vector<double>{a}, std::vector<double>{b});
}

/// The largest, with NaN counted as larger than anything.
void keep_worst(double& worst, double error) {
  if (!(error <= worst)) worst = std::isnan(error) ? kInfinite : error;
}

}  // namespace

double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return kInfinite;
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    difference += (a[k] - b[k]) * (a[k] - b[k]);
    norm += b[k] * b[k];
  }
  if (!std::isfinite(difference) || !std::isfinite(norm)) return kInfinite;
  if (difference == 0.0) return 0.0;
  return std::sqrt(difference / norm);
}

void compare_probes(const Probe& candidate, const Probe& oracle, NetworkError& error) {
  for (std::size_t l = 0; l < oracle.layers.size(); ++l) {
    const LayerProbe& a = candidate.layers[l];
    const LayerProbe& b = oracle.layers[l];
    keep_worst(error.vni, relative_error(a.vni, b.vni));
    keep_worst(error.spectrum, vnsweep::relative_error(a.spectrum, b.spectrum));
    keep_worst(error.gradient, relative_error(a.gradient_rms, b.gradient_rms));
    if (b.jacobian) {
      const JacobianMoments none{kInfinite, kInfinite, kInfinite};
      const JacobianMoments& j = a.jacobian ? *a.jacobian : none;
      keep_worst(error.jacobian, relative_error(j.m1, b.jacobian->m1));
      keep_worst(error.jacobian, relative_error(j.m2, b.jacobian->m2));
      keep_worst(error.jacobian, relative_error(j.local_vni, b.jacobian->local_vni));
    }
    error.live_nodes_agree = error.live_nodes_agree && a.live == b.live;
  }
}

double NetworkError::worst() const {
  return std::max({weights, loss, vni, spectrum, gradient, jacobian, trained,
                   live_nodes_agree ? 0.0 : kInfinite});
}

EngineResults train_and_probe(Engine& engine, NetworkBatch batch, StepCount steps,
                              const ProbeSpec& probe) {
  batch.stopping = Stopping::at_budget;
  batch.record_losses = true;
  batch.probe_samples = probe.samples;
  batch.probe_jacobians = probe.jacobians;
  std::vector<NetworkIndex> all(batch.networks.size());
  for (std::size_t n = 0; n < all.size(); ++n)
    all[n] = NetworkIndex(static_cast<std::uint32_t>(n));

  EngineResults results;
  engine.initialize(batch);
  results.first = engine.probe(probe, all);
  engine.train(steps);
  results.last = engine.probe(probe, all);
  for (const NetworkIndex n : all) {
    results.weights.push_back(engine.download_weights(n));
    results.losses.push_back(engine.losses(n));
  }
  return results;
}

std::vector<NetworkError> compare_results(const EngineResults& candidate,
                                          const EngineResults& oracle) {
  std::vector<NetworkError> errors;
  for (std::size_t n = 0; n < oracle.weights.size(); ++n) {
    NetworkError error;
    error.network = NetworkIndex(static_cast<std::uint32_t>(n));
    const NetworkWeights& a = candidate.weights[n];
    const NetworkWeights& b = oracle.weights[n];
    for (std::size_t l = 0; l < b.weights.size(); ++l) {
      std::vector<double> layer_a = a.weights[l];
      std::vector<double> layer_b = b.weights[l];
      layer_a.insert(layer_a.end(), a.biases[l].begin(), a.biases[l].end());
      layer_b.insert(layer_b.end(), b.biases[l].begin(), b.biases[l].end());
      keep_worst(error.weights, vnsweep::relative_error(layer_a, layer_b));
    }
    const std::vector<double>& losses_a = candidate.losses[n];
    const std::vector<double>& losses_b = oracle.losses[n];
    if (losses_a.size() != losses_b.size()) error.loss = kInfinite;
    for (std::size_t t = 0; t < std::min(losses_a.size(), losses_b.size()); ++t) {
      const double size = std::max(std::fabs(losses_b[t]), kSmallLoss);
      keep_worst(error.loss, std::fabs(losses_a[t] - losses_b[t]) / size);
    }
    NetworkError after;
    compare_probes(candidate.last[n], oracle.last[n], after);
    error.trained = std::max(after.vni, after.gradient);
    compare_probes(candidate.first[n], oracle.first[n], error);
    errors.push_back(error);
  }
  return errors;
}

std::vector<NetworkError> compare_engines(Engine& candidate, Engine& oracle,
                                          const NetworkBatch& batch, StepCount steps,
                                          const ProbeSpec& probe) {
  return compare_results(train_and_probe(candidate, batch, steps, probe),
                         train_and_probe(oracle, batch, steps, probe));
}

}  // namespace vnsweep
