#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/batched/backward.hpp"
#include "kernels/batched/batch_plan.hpp"
#include "kernels/batched/device.hpp"
#include "kernels/batched/forward.hpp"
#include "kernels/batched/minibatch.hpp"
#include "kernels/batched/network_order.hpp"
#include "kernels/batched/outcome.hpp"

namespace vnsweep::batched {

/// A batch in the memory of a device: what all parts of the engine work on.
template <Device D>
class BatchState {
 public:
  /// Allocates; nothing has a value yet.
  /// @param on  the device; must outlive the batch
  /// @throws DeviceOutOfMemory
  BatchState(D& on, const NetworkBatch& networks, const PlanLimits& limits)
      : device(on),
        batch(networks),
        plan(
            networks, [&](int n, int count) { return on.plan_eigenvalues(n, count); }, limits),
        order(depths_of(networks)),
        memory_(device.allocate(plan.arena.bytes())),
        arena_(memory_.data()) {}

  D& device;
  const NetworkBatch batch;
  const BatchPlan plan;
  NetworkOrder order;

  std::size_t bytes() const { return memory_.size(); }
  int active_count() const { return static_cast<int>(order.active().size()); }

  /// Where a slice of the plan is.
  template <class T>
  T* in(const Slice<T>& slice) const {
    return slice.in(arena_);
  }
  template <class T>
  void upload(const Slice<T>& slice, const std::vector<T>& values) {
    device.upload(in(slice), values.data(), static_cast<std::int64_t>(values.size()));
  }
  template <class T>
  std::vector<T> download(const Slice<T>& slice) const {
    return download(slice, slice.count);
  }
  /// The first `count` elements.
  template <class T>
  std::vector<T> download(const Slice<T>& slice, std::int64_t count) const {
    std::vector<T> values(static_cast<std::size_t>(count));
    device.download(values.data(), static_cast<const T*>(in(slice)), count);
    return values;
  }
  template <class T>
  void clear(const Slice<T>& slice) {
    device.clear(in(slice), slice.count);
  }

  /// Slab of hidden layer 1..L, or of the output layers for L + 1.
  const Slab& slab(int layer) const {
    return plan.layout.slabs()[static_cast<std::size_t>(layer - 1)];
  }
  LayerParameters<float> parameters(const Slab& slab) const {
    const float* values = in(plan.training.parameters);
    return {values + slab.weights, values + slab.biases};
  }
  /// @param offset  of the first parameter in the layout
  MutableParameters mutable_parameters(std::int64_t offset) const {
    const TrainingMemory& memory = plan.training;
    return {.values = in(memory.parameters) + offset,
            .first = memory.first_moment.count > 0 ? in(memory.first_moment) + offset : nullptr,
            .second = memory.second_moment.count > 0 ? in(memory.second_moment) + offset : nullptr};
  }

  /// Where h_l of hidden layer 1..L is kept for the backward pass; null if only x_l is.
  float* pre_activation(int layer) const {
    const auto& slices = plan.training.pre_activations;
    return slices.empty() ? nullptr : in(slices[static_cast<std::size_t>(layer - 1)]);
  }

  OutcomeState outcome_state() const {
    const TrainingMemory& memory = plan.training;
    return {.active = in(memory.active),
            .step = in(memory.state),
            .status = in(memory.status),
            .final_step = in(memory.final_step),
            .loss = in(memory.loss),
            .correct = in(memory.correct)};
  }
  UpdateRule update_rule() const {
    const TrainingMemory& memory = plan.training;
    return {.optimizer = batch.optimizer,
            .in_product = updates_in_product(batch),
            .step = in(memory.state),
            .learning_rate = in(memory.learning_rate),
            .momentum = in(memory.momentum)};
  }
  MinibatchState minibatch_state() const {
    const TrainingMemory& memory = plan.training;
    return {.active = in(memory.active),
            .run_key = in(memory.run_key),
            .step = in(memory.state),
            .order = in(memory.sample_order),
            .samples = batch.data->samples,
            .minibatch = *batch.minibatch};
  }
  /// The active networks through all layers; input and top are for the caller to fill in.
  ForwardPass<float> forward_pass(int samples) const {
    ForwardPass<float> pass{.activation = batch.activation,
                            .precision = batch.precision,
                            .width = batch.width,
                            .inputs = batch.data->inputs,
                            .outputs = batch.data->outputs,
                            .samples = samples};
    for (int l = 0; l <= order.greatest_depth() + 1; ++l)
      pass.reaching.push_back(order.active_at(l));
    return pass;
  }

 private:
  static std::vector<int> depths_of(const NetworkBatch& networks) {
    std::vector<int> depths;
    for (const NetworkSpec& network : networks.networks)
      depths.push_back(network.depth);
    return depths;
  }

  decltype(std::declval<D&>().allocate(std::size_t{})) memory_;
  std::byte* arena_;
};

}  // namespace vnsweep::batched
