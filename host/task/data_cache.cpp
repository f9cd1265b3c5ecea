#include "host/task/data_cache.hpp"

#include <algorithm>

namespace vnsweep {
namespace {

std::size_t bytes_of(const TrainingData& data) {
  return (data.input.size() + data.target.size()) * sizeof(float);
}

}  // namespace

std::shared_ptr<const TrainingData> DataCache::get(const std::string& name,
                                                   const std::function<TrainingData()>& make) {
  const std::shared_ptr<Entry> entry = entry_of(name);
  const std::scoped_lock lock(entry->making);
  std::shared_ptr<const TrainingData> data = find(*entry);
  if (!data) data = std::make_shared<const TrainingData>(make());
  keep(*entry, data);
  return data;
}

std::size_t DataCache::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

std::shared_ptr<DataCache::Entry> DataCache::entry_of(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [](const auto& named) {
    const bool is_in_hand = named.second.use_count() > 1;
    return !is_in_hand && named.second->data.expired();
  });
  std::shared_ptr<Entry>& entry = entries_[name];
  if (!entry) entry = std::make_shared<Entry>();
  return entry;
}

std::shared_ptr<const TrainingData> DataCache::find(const Entry& entry) const {
  const std::scoped_lock lock(mutex_);
  return entry.data.lock();
}

void DataCache::keep(Entry& entry, const std::shared_ptr<const TrainingData>& data) {
  const std::scoped_lock lock(mutex_);
  entry.data = data;
  const auto found = std::find(kept_.begin(), kept_.end(), data);
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return;
  }
  // One that is too large would only push out all the others.
  if (bytes_of(*data) > limits_.bytes) return;
  kept_.push_front(data);
  kept_bytes_ += bytes_of(*data);
  while (kept_bytes_ > limits_.bytes || kept_.size() > limits_.sets) {
    kept_bytes_ -= bytes_of(*kept_.back());
    kept_.pop_back();
  }
}

}  // namespace vnsweep
