#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "host/plan/batch.hpp"

namespace vnsweep {

/// Batches still to be run. A batch in flight can come back, so the queue is finished only when it
/// is empty and nothing is in flight. Calls come from any thread.
class BatchQueue {
 public:
  explicit BatchQueue(std::vector<PlannedBatch> batches);

  /// Waits for a batch; empty when none is left or the queue was closed.
  std::optional<PlannedBatch> take();

  /// Gives back part of a batch that was taken.
  void give_back(PlannedBatch batch);

  /// Ends a batch in flight, giving back what has to be run again.
  void finish(std::vector<PlannedBatch> again);

  void close();

  std::size_t waiting_runs() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PlannedBatch> waiting_;
  std::size_t in_flight_ = 0;
  bool closed_ = false;
};

}  // namespace vnsweep
