#include "kernels/batched/batch_plan.hpp"

#include <algorithm>

namespace vnsweep::batched {

BatchPlan::BatchPlan(const NetworkBatch& batch,
                     const ProbeMemory::PlanEigenvalues& plan_eigenvalues, const PlanLimits& limits)
    : layout(batch),
      training(batch, layout, arena),
      probe(batch, layout, plan_eigenvalues, limits.probe_bytes, arena) {
  if (batch.initialization != Initialization::orthogonal || layout.greatest_depth() < 2) return;
  orthogonal_matrices = std::min(limits.orthogonal_matrices, layout.hidden(2).networks);
  orthogonal = arena.reserve<double>(std::int64_t{1} * orthogonal_matrices * batch.width *
                                     (batch.width + 1));
}

}  // namespace vnsweep::batched
