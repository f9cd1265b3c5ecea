#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "host/plan/batch_plan.hpp"

namespace vnsweep {

/// Batches still to be run. A batch in flight can come back, so the queue is finished only when it
/// is empty and nothing is in flight. Calls come from any thread.
class BatchQueue {
 public:
  explicit BatchQueue(BatchPlan plan);

  /// Waits for a batch, those that came back before those of the plan; empty when none is left or
  /// the queue was closed. @throws what making a batch throws: std::bad_alloc
  std::optional<PlannedBatch> take();

  /// Gives back part of a batch that was taken.
  void give_back(PlannedBatch batch);

  /// Ends a batch in flight, giving back what has to be run again.
  void finish(std::vector<PlannedBatch> again);

  void close();

  std::size_t waiting_runs() const;

 private:
  bool is_empty() const { return returned_.empty() && next_ == plan_.size(); }

  const BatchPlan plan_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;  ///< batch of the plan
  std::deque<PlannedBatch> returned_;
  std::size_t in_flight_ = 0;
  bool closed_ = false;
};

}  // namespace vnsweep
