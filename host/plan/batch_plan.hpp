#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "host/plan/batch.hpp"
#include "host/plan/run_table.hpp"

namespace vnsweep {

struct BatchLimits {
  double max_cost = 0.0;  ///< of a batch of several runs; a single run may exceed it
  std::size_t max_runs = 0;
  /// Runs of equal depth that an engine trains side by side: so many stay together even where their
  /// cost exceeds max_cost, as long as it does not exceed max_cost_together.
  std::size_t together = 1;
  double max_cost_together = 0.0;
};

/// Runs grouped into batches, deepest first inside a batch, costliest batch first. A batch is made
/// when it is asked for; until then its runs take 16 bytes each.
class BatchPlan {
 public:
  BatchPlan(RunTable runs, const BatchLimits& limits);

  /// Number of batches.
  std::size_t size() const { return batches_.size(); }
  std::size_t runs_of(std::size_t k) const { return batches_[k].places.size(); }

  /// Batch k, whose training set has sizes alone. Calls may come from several threads.
  PlannedBatch make(std::size_t k) const;

 private:
  /// Runs of a batch, and the training set that those which can share a batch have in common.
  struct Entry {
    std::vector<std::uint32_t> places;
    double cost = 0.0;
    std::shared_ptr<const TrainingData> data;
  };
  class Cutter;

  RunTable runs_;
  std::vector<Entry> batches_;
};

/// Every batch of a plan, made.
std::vector<PlannedBatch> plan_batches(const RunTable& runs, const BatchLimits& limits);
std::vector<PlannedBatch> plan_batches(std::span<const RunSpec> runs, const BatchLimits& limits);

}  // namespace vnsweep
