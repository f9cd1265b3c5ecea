#pragma once

#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/trained_network.hpp"

namespace vnsweep::cpu {

/// Samples that an engine holds the activations of at once.
int pass_samples(const NetworkBatch& batch);

int greatest_depth(const NetworkBatch& batch);

/// Trains one network at a time; vectors run over the nodes of a layer. Its arrays are those of one
/// pass through the deepest network of the batch, and are allocated once.
class NetworkTrainer {
 public:
  /// @param batch  must outlive the trainer
  explicit NetworkTrainer(const NetworkBatch& batch);

  /// Floats that the trainer holds.
  static std::size_t floats(const NetworkBatch& batch);

  /// Updates the network until it has an outcome or has taken `target` steps in all.
  void train(TrainedNetwork& network, StepCount target);

  /// Loss and accuracy over the training set, unless they are known.
  void evaluate(TrainedNetwork& network);

 private:
  /// Sums over the samples of a pass.
  struct Score {
    double loss = 0.0;
    double correct = 0.0;  ///< NaN where targets are no labels
  };

  void forward(const TrainedNetwork& network, const float* input, int samples);
  /// Compares the logits with the targets; leaves d loss / d z, for a mean over the samples.
  Score score(const float* target, int samples);
  void score_binary(const float* target, int samples, Score& score);
  void score_each(const float* target, int samples, Score& score);
  void backward(TrainedNetwork& network, const float* input, int samples);
  void gather(const std::int32_t* indices, int count);

  const NetworkBatch& batch_;
  std::vector<AlignedBuffer<float>> output_;      ///< x_l per hidden layer, (samples, stride)
  std::vector<AlignedBuffer<float>> derivative_;  ///< phi'(h_l) per hidden layer, likewise
  AlignedBuffer<float> delta_;                    ///< d loss / d h_l, (samples, stride)
  AlignedBuffer<float> delta_below_;              ///< the same one layer down
  AlignedBuffer<float> logits_;                   ///< (samples, output stride)
  AlignedBuffer<float> logits_delta_;
  AlignedBuffer<float> transposed_;  ///< some of a layer's weights
  AlignedBuffer<float> losses_;      ///< four arrays (padded samples) for one output
  AlignedBuffer<float> input_;       ///< gathered mini-batch (samples, inputs)
  AlignedBuffer<float> target_;      ///< gathered mini-batch (samples, outputs)
  UpdateSchedule schedule_;
};

}  // namespace vnsweep::cpu
