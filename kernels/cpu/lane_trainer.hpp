#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/lane_passes.hpp"
#include "kernels/cpu/network_trainer.hpp"
#include "kernels/cpu/trained_network.hpp"

namespace vnsweep::cpu {

/// How many networks of equal depth it takes for this batch to be trained faster side by side, one
/// in each lane of a vector, than one at a time. Never changes a result.
/// @returns nothing if one at a time is always better
std::optional<int> networks_worth_lanes(const NetworkBatch& batch);

/// Trains networks of equal depth side by side: lane n of every vector belongs to one of them. A
/// network that is done gives its lane to the next one.
class LaneTrainer {
 public:
  /// @param batch  must outlive the trainer
  /// @param alone  trains and evaluates single networks
  /// @param least  networks that are worth the lanes, at least 1
  LaneTrainer(const NetworkBatch& batch, NetworkTrainer& alone, int least);

  /// Bytes that a trainer holds for networks of the batch.
  static std::size_t bytes(const NetworkBatch& batch);

  /// Updates the networks until each has an outcome or has taken `target` steps in all. When too
  /// few are left to be worth the lanes, these are trained one at a time.
  /// @param networks  of equal depth and update rule
  void train(std::span<TrainedNetwork* const> networks, StepCount target);

 private:
  /// Which sample of the training set each network takes.
  using SampleRows = std::array<std::size_t, kMostLanes>;

  struct Lane {
    TrainedNetwork* network = nullptr;
    double loss = 0.0;     ///< sum over the samples of the pass
    double correct = 0.0;  ///< likewise; NaN where targets are no labels
  };

  std::size_t lanes() const { return lanes_.size(); }
  void fill_lanes();
  void move_to_lanes(std::span<TrainedNetwork* const> networks);
  void move_from_lanes(std::span<TrainedNetwork* const> networks);
  void release(Lane& lane);
  void train_the_rest_alone(StepCount target);
  std::size_t occupied() const;

  void gather_minibatches();
  void spread_sample(int sample, const SampleRows& rows);
  void forward();
  void score();
  void score_binary();
  void score_each();
  void backward();
  void settle_before_pass(StepCount target);
  void settle_after_pass(StepCount target);

  const NetworkBatch& batch_;
  NetworkTrainer& alone_;
  std::size_t least_;
  std::vector<Lane> lanes_;
  std::span<TrainedNetwork* const> waiting_;
  std::optional<LaneLayout> layout_;
  const NetworkLayout* network_layout_ = nullptr;
  UpdateRule rule_ = UpdateRule::sgd;
  int depth_ = 0;

  AlignedBuffer<float> parameters_;  ///< (layout size, lanes); likewise the moments
  AlignedBuffer<float> first_moment_;
  AlignedBuffer<float> second_moment_;
  AlignedBuffer<float> input_;                    ///< (inputs, samples, lanes)
  AlignedBuffer<float> target_;                   ///< (outputs, samples, lanes)
  std::vector<AlignedBuffer<float>> output_;      ///< x_l per hidden layer, (width, samples, lanes)
  std::vector<AlignedBuffer<float>> derivative_;  ///< phi'(h_l), likewise
  AlignedBuffer<float> delta_;                    ///< d loss / d h_l, likewise
  AlignedBuffer<float> delta_below_;
  AlignedBuffer<float> logits_;  ///< (outputs, samples, lanes)
  AlignedBuffer<float> logits_delta_;
  AlignedBuffer<float> loss_;      ///< (samples, lanes)
  std::vector<float> logit_row_;   ///< of one sample, (outputs)
  std::vector<float> target_row_;  ///< likewise
  std::vector<UpdateConstants> constants_;
  UpdateSchedule schedule_;
};

}  // namespace vnsweep::cpu
