#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/network.hpp"
#include "kernels/types.hpp"

namespace vnsweep {

/// The device cannot hold the batch; a smaller one may fit.
class DeviceOutOfMemory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The device is broken: nothing more can be run on it.
class DeviceLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// training: has steps left. exhausted: spent its budget without success.
enum class TrainingStatus { training, succeeded, exhausted, diverged };

/// Loss and accuracy of one network over the whole training set, at its current step.
struct Evaluation {
  NetworkIndex network;
  StepCount step;
  TrainingStatus status = TrainingStatus::training;
  double loss = 0.0;
  double accuracy = 0.0;
};

struct ProbeSpec {
  int samples = 256;  ///< P, number of probe inputs, drawn from N(0, 1) per run
  int jacobians = 0;  ///< at the first so many of them Jacobians are measured; at most `samples`

  bool operator==(const ProbeSpec&) const = default;
};

/// Moments of the Jacobian J_l = d h_l / d h_1, m_k = tr((J J^T)^k) / N, means over the probe
/// inputs where it was measured. Source: DESIGN.md section 1, "Local (Jacobian) indicator".
struct JacobianMoments {
  double m1 = 0.0;
  double m2 = 0.0;
  double local_vni = 0.0;  ///< mean of m_2 / (N m_1^2); NaN where J is not finite or m_1^2 is zero
};

/// What the nodes of one hidden layer do over the probe inputs. Source: DESIGN.md section 1.
struct LayerProbe {
  int live = 0;  ///< n, nodes whose output varies over the probe inputs
  double vni = std::numeric_limits<double>::quiet_NaN();  ///< NaN when no node is live
  double n_eff = 0.0;                                     ///< 1 / VNI, 0 when no node is live
  double effective_rank = 0.0;   ///< exp(entropy of the eigenvalues of rho), 0 without nodes
  double q = 0.0;                ///< mean square of the pre-activations h_l
  double gradient_rms = 0.0;     ///< g_l, RMS of d loss / d h_l over the training set
  std::vector<double> spectrum;  ///< eigenvalues of rho, descending; min(n, P) of them
  std::optional<JacobianMoments> jacobian;  ///< if it was asked for
};

/// State of one network at one step.
struct Probe {
  NetworkIndex network;
  StepCount step;
  bool weights_finite = true;
  bool gradients_finite = true;
  std::vector<LayerProbe> layers;  ///< hidden layers 1..depth
};

/// A node is live if the standard deviation of its output over the probe inputs exceeds this
/// fraction of the output's root mean square: about 4000 roundings of a double.
inline constexpr double kLiveTolerance = 0x1p-40;

/// Weights of one network, layers 1..depth + 1; values are exact in double for every engine.
struct NetworkWeights {
  std::vector<std::vector<double>> weights;  ///< per layer (outputs, inputs), row-major
  std::vector<std::vector<double>> biases;   ///< per layer (outputs)
};

/// Trains one batch of networks at a time on one device. Not thread-safe; one thread owns it.
/// A network's results depend on its own spec alone, never on the rest of the batch; where products
/// are a library's, this holds up to rounding.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  /// Bytes that a batch takes on the device, probes included.
  virtual std::size_t memory_needed(const NetworkBatch& batch) const = 0;

  /// Bytes that a batch may take on the device now; what else runs there may change it.
  virtual std::size_t memory_limit() const = 0;

  /// Takes a new batch: allocates and draws the initial weights.
  /// @throws DeviceOutOfMemory; the engine then holds no batch and can take a smaller one
  virtual void initialize(const NetworkBatch& batch) = 0;

  /// Advances every network that is still training by `steps` updates, or to its outcome.
  virtual void train(StepCount steps) = 0;

  /// Status, loss and accuracy of every network that has not been retired, in batch order.
  virtual std::vector<Evaluation> evaluate() = 0;

  /// The same of networks that are done alone, for whoever only waits for these; costs little.
  virtual std::vector<Evaluation> finished() = 0;

  /// Measures the named networks at their current step, one result each, in the order given.
  virtual std::vector<Probe> probe(const ProbeSpec& spec,
                                   std::span<const NetworkIndex> networks) = 0;

  /// Gives up the named networks: they cost no more time, nor memory that can be given back.
  virtual void retire(std::span<const NetworkIndex> networks) = 0;

  /// Current weights of one network, row-major.
  virtual NetworkWeights download_weights(NetworkIndex network) const = 0;

  /// Loss on the step's samples before each update so far, one value a step.
  /// Empty unless the batch asked for it with `record_losses`.
  virtual std::vector<double> losses(NetworkIndex network) const = 0;
};

}  // namespace vnsweep
