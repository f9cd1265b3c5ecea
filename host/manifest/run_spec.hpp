#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/task/shared_value.hpp"
#include "host/task/task_options.hpp"
#include "kernels/network.hpp"

namespace vnsweep {

/// independent: every run has its own random numbers. paired: runs of equal seed share them.
enum class Seeding { independent, paired };
/// Which probes keep their eigenvalues in the store.
enum class SpectrumStorage { all, ends, none };

/// Everything that can change the result of one run, and nothing else.
struct RunSpec {
  TaskKind task = TaskKind::xor_gate;
  std::optional<std::int64_t> bits;  ///< parity only
  SharedValue<TaskOptions> options;  ///< of the other tasks

  std::int64_t depth = 0;
  std::int64_t width = 0;
  double scale = 1.0;
  bool scale_is_critical = false;  ///< `scale` is to be the activation's critical scale
  std::int64_t seed = 0;
  Seeding seeding = Seeding::independent;

  Activation activation = Activation::tanh;
  Initialization initialization = Initialization::gaussian;
  double bias_scale = 0.0;

  Optimizer optimizer = Optimizer::sgd;
  Objective objective = Objective::cross_entropy;
  double learning_rate = 0.0;
  double momentum = 0.0;
  std::int64_t steps = 0;
  std::optional<std::int64_t> minibatch;  ///< empty: full batch
  Precision precision = Precision::fp32;
  ActivationAccuracy activation_accuracy = ActivationAccuracy::fast;

  std::optional<double> success_accuracy;
  std::optional<double> success_loss;
  std::optional<std::int64_t> success_every;  ///< empty: once an epoch

  std::optional<std::int64_t> probe_every;  ///< empty: only the first and the last step
  std::int64_t probe_samples = 256;
  SpectrumStorage spectrum = SpectrumStorage::all;
  std::int64_t probe_jacobians = 0;  ///< probe inputs at which Jacobians are measured

  double diagnosis_gradient_ratio =
      3.0;                     ///< |log10(g_1 / g_L)| beyond which gradients are to blame
  double diagnosis_vni = 0.9;  ///< VNI_L from which a network is a walking dead

  bool operator==(const RunSpec&) const = default;
};

}  // namespace vnsweep
