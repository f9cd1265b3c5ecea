#include "kernels/layerwise/batch_plan.hpp"

#include <algorithm>

namespace vnsweep::layerwise {

BatchPlan::BatchPlan(const NetworkBatch& batch,
                     const ProbeMemory::PlanEigenvalues& plan_eigenvalues)
    : layout(batch), training(batch, layout, arena), probe(batch, layout, plan_eigenvalues, arena) {
  if (batch.initialization != Initialization::orthogonal || layout.greatest_depth() < 2) return;
  // About what a large GPU works on at a time; more at once would only take memory.
  constexpr int kMatricesAtOnce = 256;
  orthogonal_matrices = std::min(kMatricesAtOnce, layout.hidden(2).networks);
  orthogonal = arena.reserve<double>(std::int64_t{1} * orthogonal_matrices * batch.width *
                                     (batch.width + 1));
}

}  // namespace vnsweep::layerwise
