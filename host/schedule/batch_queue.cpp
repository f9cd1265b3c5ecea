#include "host/schedule/batch_queue.hpp"

#include <utility>

namespace vnsweep {

BatchQueue::BatchQueue(BatchPlan plan) : plan_(std::move(plan)) {}

std::optional<PlannedBatch> BatchQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !is_empty() || in_flight_ == 0; });
  if (closed_ || is_empty()) return std::nullopt;
  ++in_flight_;
  if (returned_.empty()) {
    const std::size_t k = next_++;
    lock.unlock();  // others need not wait until it is made
    return plan_.make(k);
  }
  PlannedBatch batch = std::move(returned_.front());
  returned_.pop_front();
  return batch;
}

void BatchQueue::give_back(PlannedBatch batch) {
  const std::scoped_lock lock(mutex_);
  returned_.push_front(std::move(batch));
  changed_.notify_all();
}

void BatchQueue::finish(std::vector<PlannedBatch> again) {
  const std::scoped_lock lock(mutex_);
  --in_flight_;
  for (PlannedBatch& batch : again)
    returned_.push_front(std::move(batch));
  changed_.notify_all();
}

void BatchQueue::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::size_t BatchQueue::waiting_runs() const {
  const std::scoped_lock lock(mutex_);
  std::size_t runs = 0;
  for (std::size_t k = next_; k < plan_.size(); ++k)
    runs += plan_.runs_of(k);
  for (const PlannedBatch& batch : returned_)
    runs += batch.runs.size();
  return runs;
}

}  // namespace vnsweep
