#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/manifest/run_spec.hpp"
#include "host/theory/activation_moments.hpp"
#include "host/theory/fixed_point.hpp"

namespace vnsweep {

/// A network at initialisation.
struct NetworkPrior {
  LayerPrior layer;
  Initialization initialization = Initialization::gaussian;
  std::int64_t width = 1;  ///< N
  std::int64_t depth = 1;  ///< L
};

/// What a network sees: inputs of N(0, 1)^d, as probes are, or one input of a given q_1.
struct InputPrior {
  std::int64_t dimension = 0;  ///< d; 0: every input has `q1`
  double q1 = 0.0;

  /// Averages over the inputs that probes draw.
  static InputPrior probes(std::int64_t dimension) { return {.dimension = dimension}; }
  /// q_1 = scale^2 |x|^2 / d + bias_scale^2 of the one input is given.
  static InputPrior fixed(double q1) { return {.q1 = q1}; }

  bool operator==(const InputPrior&) const = default;
  auto operator<=>(const InputPrior&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// Predictions at hidden layer l, means over the inputs. NaN from the layer on where q_l leaves the
/// range of double.
struct LayerPrediction {
  double q = 0.0;         ///< q_l
  double mu1 = 0.0;       ///< mu_1(q_l)
  double mu2 = 0.0;       ///< mu_2(q_l)
  double log10_m1 = 0.0;  ///< of E m_1(l), which may be out of the range of double itself
  /// First order in l / N; may exceed 1 where that is not small.
  double local_vni = 0.0;
  /// E tr (J J^T)^2 / E (tr J J^T)^2 at this very N, slopes taken as independent of the weights: at
  /// most 1. Exact for linear networks.
  double annealed_vni = 0.0;

  double m1() const;
};

/// Predictions of one network: those of its last layer, and where q_l goes beyond.
struct Theory {
  double q1 = 0.0;                 ///< mean of q_1 over the inputs
  LayerPrediction last;            ///< at layer L
  FixedPoint fixed_point;          ///< reached from the mean of q_1
  std::vector<std::string> notes;  ///< sentences on what does not exist or does not hold
};

/// Mean-field predictions (Pennington, Schoenholz & Ganguli 2017) for networks at initialisation.
/// Remembers the recursions of q: networks that differ in depth, width or initialisation share one.
/// Source: DESIGN.md section 1, "Local (Jacobian) indicator"; README.md here.
class MeanField {
 public:
  /// Layers 1..depth.
  /// @throws std::invalid_argument if a scale or q_1 is not finite and in range, or a size < 1
  std::vector<LayerPrediction> layers(const NetworkPrior& network, const InputPrior& inputs);

  Theory predict(const NetworkPrior& network, const InputPrior& inputs);

 private:
  /// The recursion from one q_1, with the share of inputs that start there.
  struct Path {
    double weight = 1.0;
    std::vector<double> q;                   ///< layers 1, 2, ...
    std::vector<ActivationMoments> moments;  ///< at those q
  };
  static void extend(const LayerPrior& layer, std::size_t depth, Path& path);
  const std::vector<Path>& paths(const LayerPrior& layer, const InputPrior& inputs,
                                 std::int64_t depth);

  std::map<std::pair<LayerPrior, InputPrior>, std::vector<Path>> known_;
  std::int64_t layers_kept_ = 0;
};

NetworkPrior network_prior(const RunSpec& spec);

/// The inputs of a run's probe at step 0: N(0, 1)^d with the task's d.
InputPrior probe_inputs(const RunSpec& spec);

}  // namespace vnsweep
