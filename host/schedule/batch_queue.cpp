#include "host/schedule/batch_queue.hpp"

#include <iterator>
#include <utility>

namespace vnsweep {

BatchQueue::BatchQueue(std::vector<PlannedBatch> batches)
    : waiting_(std::make_move_iterator(batches.begin()), std::make_move_iterator(batches.end())) {}

std::optional<PlannedBatch> BatchQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || !waiting_.empty() || in_flight_ == 0; });
  if (closed_ || waiting_.empty()) return std::nullopt;
  PlannedBatch batch = std::move(waiting_.front());
  waiting_.pop_front();
  ++in_flight_;
  return batch;
}

void BatchQueue::give_back(PlannedBatch batch) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_front(std::move(batch));
  changed_.notify_all();
}

void BatchQueue::finish(std::vector<PlannedBatch> again) {
  const std::scoped_lock lock(mutex_);
  --in_flight_;
  for (PlannedBatch& batch : again)
    waiting_.push_front(std::move(batch));
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
  for (const PlannedBatch& batch : waiting_)
    runs += batch.runs.size();
  return runs;
}

}  // namespace vnsweep
