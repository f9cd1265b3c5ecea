#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "host/schedule/run_result.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// The one writer of a store: takes results from any thread and commits them from its own, all that
/// are waiting in one transaction.
class ResultWriter {
 public:
  explicit ResultWriter(Store& store);
  ResultWriter(const ResultWriter&) = delete;
  ResultWriter& operator=(const ResultWriter&) = delete;
  /// Commits what is waiting; a failure then is lost, so call close() first.
  ~ResultWriter();

  /// Blocks while too many results wait, so that memory stays flat.
  /// @throws what the store threw, if a commit has failed
  void put(RunResult result);

  /// Commits everything and ends. @throws what the store threw
  void close();

 private:
  void serve();

  Store& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<RunResult> waiting_;
  bool closed_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace vnsweep
