#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/batched/batch_state.hpp"
#include "kernels/engine.hpp"
#include "kernels/math/loss.hpp"

// What both ways to probe, in blocks and layer by layer, work with.
namespace vnsweep::batched {

/// Networks that are measured together, deepest first.
struct ProbeGroup {
  std::vector<std::int32_t> networks;
  std::vector<int> reaching;  ///< as ForwardPass::reaching
  /// Where the Gram matrices of layer l begin, if all are laid out layer by layer (depth + 2).
  std::vector<std::int64_t> gram_begins;

  int size() const { return static_cast<int>(networks.size()); }
  int depth() const { return static_cast<int>(reaching.size()) - 2; }
  int at(int layer) const { return reaching[static_cast<std::size_t>(layer)]; }
  std::int64_t first_matrix(int layer) const {
    return gram_begins[static_cast<std::size_t>(layer)];
  }
  std::int64_t matrices() const { return gram_begins.back(); }
};

/// Rows of the Gram matrices, of which the smaller ones are taken.
inline int gram_size_of(const NetworkBatch& batch, const ProbeSpec& spec) {
  return std::min(batch.width, spec.samples);
}

/// What one term counts in the mean loss of the training set.
inline double loss_per_term(const NetworkBatch& batch) {
  return 1.0 / (static_cast<double>(batch.data->samples) * sample_loss(batch).terms());
}

/// Where h_l over a piece of the training set is kept.
template <Device D>
double* data_pre_activation(const BatchState<D>& state, int layer) {
  return state.in(state.plan.probe.data_pre_activations[static_cast<std::size_t>(layer - 1)]);
}

/// Asks for the eigenvalues of the first Gram matrices in the probe's memory.
/// @param first     of them among those of the group
/// @param matrices  how many
template <Device D>
void enqueue_eigenvalues(BatchState<D>& state, int gram_size, std::int64_t first, int matrices) {
  const ProbeMemory& memory = state.plan.probe;
  const std::int64_t size = gram_size;
  for (int done = 0; done < matrices; done += memory.eigenvalue_plan.matrices) {
    const int count = std::min(memory.eigenvalue_plan.matrices, matrices - done);
    state.device.eigenvalues(gram_size, count, state.in(memory.gram) + done * size * size,
                             state.in(memory.eigenvalues) + (first + done) * size,
                             state.in(memory.eigenvalue_info) + first + done,
                             state.in(memory.eigenvalue_workspace),
                             memory.eigenvalue_plan.workspace_bytes);
  }
}

}  // namespace vnsweep::batched
