#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/layout.hpp"
#include "kernels/cpu/training_passes.hpp"
#include "kernels/engine.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep::cpu {

/// The rule that a network of the batch is updated by.
UpdateRule update_rule(const NetworkBatch& batch, const NetworkSpec& network);

bool has_first_moment(UpdateRule rule);
bool has_second_moment(UpdateRule rule);

/// Arrays of the size of the parameters that the network takes, they themselves among them.
int parameter_copies(UpdateRule rule);

/// One network, and how far its training has come.
struct TrainedNetwork {
  NetworkSpec spec;
  NetworkLayout layout;
  UpdateRule rule;
  AlignedBuffer<float> parameters;
  AlignedBuffer<float> first_moment;
  AlignedBuffer<float> second_moment;
  std::int64_t step = 0;
  Evaluation evaluation;
  bool evaluated = false;  ///< `evaluation` is that of the current weights
  std::optional<MinibatchSequence> minibatches;
  std::vector<double> losses;

  /// Draws the initial weights.
  TrainedNetwork(const NetworkBatch& batch, const NetworkSpec& network);

  bool is_training() const { return evaluation.status == TrainingStatus::training; }

  /// Takes sums over the training set as the evaluation at the current step.
  void set_evaluation(const NetworkBatch& batch, double loss_sum, double correct);

  /// Whether its success is tested at the current step.
  bool is_test_due(const NetworkBatch& batch) const;

  /// Ends its training if it has succeeded, diverged or spent its budget. The evaluation must be
  /// that of the current weights if a test is due.
  void test_outcome(const NetworkBatch& batch);

  /// Takes the loss before an update; false if the network has diverged and must not be updated.
  bool accept_loss(const NetworkBatch& batch, double loss);
};

/// What updates need at a given step. Remembers the powers of the last step that was asked for:
/// networks that are trained side by side have taken equally many.
class UpdateSchedule {
 public:
  /// @param update  number of the update, from 1
  UpdateConstants at(const TrainedNetwork& network, std::int64_t update);

 private:
  std::int64_t update_ = 0;
  double correction1_ = 1.0;
  double correction2_ = 1.0;
};

}  // namespace vnsweep::cpu
