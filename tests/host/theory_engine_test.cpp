// What engines measure at initialisation against what mean-field theory predicts.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "host/theory/critical_scale.hpp"
#include "host/theory/mean_field.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

/// Mean over networks and its standard error.
struct Measured {
  double mean = 0.0;
  double error = 0.0;
};

Measured measured(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0.0;
  for (const double value : values)
    mean += value / n;
  double square = 0.0;
  for (const double value : values)
    square += (value - mean) * (value - mean);
  return {mean, std::sqrt(square / (n - 1.0) / n)};
}

/// Networks of one kind, at xor's two inputs, and how their Jacobians are sampled.
struct Ensemble {
  int width;
  int depth;
  int networks;
  int inputs;
  double scale;
};

NetworkBatch batch_of(const Ensemble& ensemble, Activation activation, Initialization init) {
  NetworkBatch batch = testing::xor_batch(ensemble.width, {});
  batch.activation = activation;
  batch.initialization = init;
  batch.probe_samples = ensemble.inputs;
  batch.probe_jacobians = ensemble.inputs;
  for (int n = 0; n < ensemble.networks; ++n) {
    batch.networks.push_back({.run_key = 7000U + static_cast<std::uint64_t>(n),
                              .depth = ensemble.depth,
                              .scale = ensemble.scale});
  }
  return batch;
}

/// Four standard errors, and what is left out by the theory at these sizes: terms of second order
/// in depth / width, below `bias` of the value.
void expect_agreement(Engine& engine, const Ensemble& ensemble, Activation activation,
                      Initialization init, double bias) {
  constexpr double kErrors = 4.0;
  const NetworkBatch batch = batch_of(ensemble, activation, init);
  engine.initialize(batch);

  const auto probes = engine.probe({.samples = ensemble.inputs, .jacobians = ensemble.inputs},
                                   testing::all_networks(batch));

  const auto theory =
      MeanField().layers({.layer = {.activation = activation, .scale = ensemble.scale},
                          .initialization = init,
                          .width = ensemble.width,
                          .depth = ensemble.depth},
                         InputPrior::probes(2));
  for (const int layer : {2, ensemble.depth}) {
    const auto l = static_cast<std::size_t>(layer) - 1;
    std::vector<double> m1;
    std::vector<double> vni;
    for (const Probe& probe : probes) {
      m1.push_back(probe.layers[l].jacobian->m1);
      vni.push_back(probe.layers[l].jacobian->local_vni);
    }
    const std::string where = "activation " + std::to_string(static_cast<int>(activation)) +
                              " init " + std::to_string(static_cast<int>(init)) + " layer " +
                              std::to_string(layer);
    const Measured m1_now = measured(m1);
    const Measured vni_now = measured(vni);
    EXPECT_LE(std::fabs(m1_now.mean - theory[l].m1()),
              kErrors * m1_now.error + bias * theory[l].m1())
        << where;
    EXPECT_LE(std::fabs(vni_now.mean - theory[l].local_vni),
              kErrors * vni_now.error + bias * theory[l].local_vni)
        << where << ": " << vni_now.mean << " +- " << vni_now.error << ", theory "
        << theory[l].local_vni;
    // The comparison is worth its name only if the sample tells theories apart.
    EXPECT_LT(vni_now.error, 0.08 * vni_now.mean) << where;
  }
}

TEST(TheoryEngineTest, WideNetworksOfTheCpuEngineHaveTheMomentsOfMeanFieldTheory) {
  CpuEngine engine;
  for (const Activation activation :
       {Activation::linear, Activation::tanh, Activation::relu, Activation::hardtanh}) {
    for (const double factor : {1.0, 1.3}) {
      const Ensemble ensemble{.width = 100,
                              .depth = 6,
                              .networks = 30,
                              .inputs = 2,
                              .scale = factor * critical_scale(activation)};
      for (const Initialization init : {Initialization::gaussian, Initialization::orthogonal}) {
        expect_agreement(engine, ensemble, activation, init, 0.02);
      }
    }
  }
}

TEST(TheoryEngineTest, EveryActivationOfTheReferenceEngineHasTheMomentsOfMeanFieldTheory) {
  ReferenceEngine engine;
  for (const Activation activation : {Activation::linear, Activation::tanh, Activation::relu,
                                      Activation::hardtanh, Activation::erf, Activation::sigmoid,
                                      Activation::leaky_relu, Activation::gelu, Activation::silu}) {
    const Ensemble ensemble{
        .width = 40, .depth = 3, .networks = 40, .inputs = 1, .scale = critical_scale(activation)};
    for (const Initialization init : {Initialization::gaussian, Initialization::orthogonal}) {
      expect_agreement(engine, ensemble, activation, init, 0.05);
    }
  }
}

}  // namespace
}  // namespace vnsweep
