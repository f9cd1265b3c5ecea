#include "host/store/result_writer.hpp"

#include <utility>

namespace vnsweep {
namespace {

constexpr std::size_t kMaxWaiting = 1024;

}  // namespace

ResultWriter::ResultWriter(Store& store) : store_(store), thread_([this] { serve(); }) {}

ResultWriter::~ResultWriter() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ResultWriter::put(RunResult result) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || waiting_.size() < kMaxWaiting; });
  if (failure_) std::rethrow_exception(failure_);
  waiting_.push_back(std::move(result));
  changed_.notify_all();
}

void ResultWriter::close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

void ResultWriter::serve() {
  while (true) {
    std::vector<RunResult> results;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      results.swap(waiting_);
    }
    changed_.notify_all();
    try {
      store_.commit(results);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
      return;
    }
  }
}

}  // namespace vnsweep
