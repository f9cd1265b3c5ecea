#pragma once

#include <cstddef>

#include "kernels/batched/arena.hpp"
#include "kernels/batched/parameter_layout.hpp"
#include "kernels/batched/probe_memory.hpp"
#include "kernels/batched/training_memory.hpp"
#include "kernels/network.hpp"

namespace vnsweep::batched {

/// How much of a batch is worked on at a time where all of it at once would only take memory.
struct PlanLimits {
  std::size_t probe_bytes = std::size_t{512} << 20;  ///< networks that are measured at once
  int orthogonal_matrices = 256;  ///< drawn at once: about what a large GPU works on
};

/// The arrays of a batch and where they lie in its one piece of memory, known before there is any.
struct BatchPlan {
  ParameterLayout layout;
  ArenaPlan arena;
  TrainingMemory training;
  ProbeMemory probe;
  int orthogonal_matrices = 0;  ///< drawn at once
  Slice<double> orthogonal;     ///< (matrices, N, N) and (matrices, N), which they are drawn in

  /// @throws DeviceOutOfMemory if a single array is larger than the engine can count
  BatchPlan(const NetworkBatch& batch, const ProbeMemory::PlanEigenvalues& plan_eigenvalues,
            const PlanLimits& limits);
};

}  // namespace vnsweep::batched
