#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "kernels/network.hpp"

namespace vnsweep {

/// How much a cache keeps of what nobody uses.
struct CacheLimits {
  std::size_t bytes = 0;
  std::size_t sets = 0;
};

/// Training sets by name: one object for all that use the same one at a time, and the last few that
/// were used, so that a file is not read again for every batch. Thread-safe.
class DataCache {
 public:
  explicit DataCache(const CacheLimits& limits) : limits_(limits) {}

  /// Calls `make` unless the set is there. Who asks meanwhile for the same set waits; who asks for
  /// another does not. Passes on what `make` throws, after which the set can be asked for again.
  std::shared_ptr<const TrainingData> get(const std::string& name,
                                          const std::function<TrainingData()>& make);

  /// Number of names that the cache remembers.
  std::size_t size() const;

 private:
  struct Entry {
    std::mutex making;
    std::weak_ptr<const TrainingData> data;  ///< guarded by DataCache::mutex_
  };

  std::shared_ptr<Entry> entry_of(const std::string& name);
  std::shared_ptr<const TrainingData> find(const Entry& entry) const;
  void keep(Entry& entry, const std::shared_ptr<const TrainingData>& data);

  CacheLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
  std::list<std::shared_ptr<const TrainingData>> kept_;  ///< used last first
  std::size_t kept_bytes_ = 0;
};

}  // namespace vnsweep
