#include "host/schedule/scheduler.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "host/plan/run_identity.hpp"
#include "host/task/data_error.hpp"

namespace vnsweep {
namespace {

/// The schedule has ended because of the sink; kept apart from what a worker throws.
class SinkFailed : public std::exception {};

/// Batches still to be run. A batch in flight can come back, so the queue is finished only when it
/// is empty and nothing is in flight.
class BatchQueue {
 public:
  explicit BatchQueue(std::vector<PlannedBatch> batches)
      : waiting_(std::make_move_iterator(batches.begin()), std::make_move_iterator(batches.end())) {
  }

  /// Waits for a batch; empty when none is left or the queue was closed.
  std::optional<PlannedBatch> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !waiting_.empty() || in_flight_ == 0; });
    if (closed_ || waiting_.empty()) return std::nullopt;
    PlannedBatch batch = std::move(waiting_.front());
    waiting_.pop_front();
    ++in_flight_;
    return batch;
  }

  /// Gives back part of a batch that was taken.
  void give_back(PlannedBatch batch) {
    const std::scoped_lock lock(mutex_);
    waiting_.push_front(std::move(batch));
    changed_.notify_all();
  }

  /// Ends a batch in flight, giving back what has to be run again.
  void finish(std::vector<PlannedBatch> again) {
    const std::scoped_lock lock(mutex_);
    --in_flight_;
    for (PlannedBatch& batch : again)
      waiting_.push_front(std::move(batch));
    changed_.notify_all();
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  std::size_t waiting_runs() const {
    const std::scoped_lock lock(mutex_);
    std::size_t runs = 0;
    for (const PlannedBatch& batch : waiting_)
      runs += batch.runs.size();
    return runs;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PlannedBatch> waiting_;
  std::size_t in_flight_ = 0;
  bool closed_ = false;
};

class Schedule {
 public:
  Schedule(std::vector<PlannedBatch> batches, const ResultSink& sink, const std::stop_token& stop)
      : queue_(std::move(batches)), sink_(sink), on_stop_(stop, [this] { stop_everything(); }) {}

  ScheduleOutcome run(const std::vector<std::unique_ptr<Worker>>& workers) {
    {
      std::vector<std::jthread> threads;
      try {
        for (const auto& worker : workers) {
          threads.emplace_back([this, &worker] { serve(*worker); });
        }
      } catch (const std::system_error&) {
        stop_everything();  // the threads that did start must not work through the whole queue
        throw;
      }
    }
    if (failure_) std::rethrow_exception(failure_);
    outcome_.unfinished_runs += queue_.waiting_runs();
    return outcome_;
  }

 private:
  void stop_everything() {
    stop_.request_stop();
    queue_.close();
  }

  void serve(Worker& worker) {
    while (std::optional<PlannedBatch> batch = queue_.take()) {
      if (!run_one(worker, *batch)) return;
    }
  }

  /// @returns false if the worker is lost
  bool run_one(Worker& worker, PlannedBatch& batch) {
    std::vector<std::string> reported;
    const ResultSink sink = [&](RunResult result) {
      reported.push_back(run_id(result.spec));
      deliver(std::move(result));
    };
    std::vector<PlannedBatch> again;
    bool usable = true;
    try {
      take_part(worker, batch);
      if (worker.run(batch, sink, stop_.get_token()) == BatchStatus::interrupted) {
        const std::scoped_lock lock(mutex_);
        outcome_.interrupted = true;
        outcome_.unfinished_runs += batch.runs.size() - reported.size();
      }
    } catch (const SinkFailed&) {
      usable = false;
    } catch (const DataError&) {
      // Whoever made another batch of these runs would meet the same file.
      fail();
      usable = false;
    } catch (const DeviceLost& e) {
      usable = false;
      if (auto rest = unreported(batch, reported)) again.push_back(std::move(*rest));
      note_lost(worker.name() + ": " + e.what());
    } catch (const std::exception& e) {
      try {
        again = isolate(worker, unreported(batch, reported), e.what());
      } catch (const SinkFailed&) {
        usable = false;
      }
    }
    queue_.finish(std::move(again));
    return usable;
  }

  /// Workers that share a device lose it for the same reason.
  void note_lost(const std::string& message) {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string>& lost = outcome_.lost_devices;
    if (std::find(lost.begin(), lost.end(), message) == lost.end()) lost.push_back(message);
  }

  /// Leaves in `batch` as many of its first runs as the worker takes and gives back the others, for
  /// whoever comes next.
  void take_part(Worker& worker, PlannedBatch& batch) {
    std::size_t runs = batch.runs.size();
    if (runs == 1 || worker.takes(batch)) return;
    PlannedBatch part;
    do {
      runs = (runs + 1) / 2;
      part = split_batch(batch, runs).first;
    } while (runs > 1 && !worker.takes(part));
    queue_.give_back(split_batch(batch, runs).second);
    batch = std::move(part);
  }

  void deliver(RunResult result) {
    try {
      sink_(std::move(result));
    } catch (...) {
      fail();
      throw SinkFailed();
    }
  }

  /// Ends the schedule because of the exception being handled.
  void fail() {
    {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    stop_everything();
  }

  static std::optional<PlannedBatch> unreported(const PlannedBatch& batch,
                                                const std::vector<std::string>& reported) {
    std::vector<RunSpec> rest;
    for (const RunSpec& spec : batch.runs) {
      if (std::find(reported.begin(), reported.end(), run_id(spec)) == reported.end()) {
        rest.push_back(spec);
      }
    }
    if (rest.empty()) return std::nullopt;
    return make_batch(std::move(rest), batch.networks.data);
  }

  /// Halves a batch that failed, or reports its only run as an error.
  std::vector<PlannedBatch> isolate(const Worker& worker, std::optional<PlannedBatch> batch,
                                    const std::string& message) {
    if (!batch) return {};
    if (batch->runs.size() > 1) {
      auto [first, second] = split_batch(*batch, batch->runs.size() / 2);
      std::vector<PlannedBatch> halves;
      halves.push_back(std::move(second));
      halves.push_back(std::move(first));
      return halves;
    }
    RunResult result;
    result.spec = batch->runs.front();
    result.status = RunStatus::error;
    result.error = message;
    result.device = worker.name();
    deliver(std::move(result));
    return {};
  }

  BatchQueue queue_;
  const ResultSink& sink_;
  std::stop_source stop_;
  std::mutex mutex_;
  ScheduleOutcome outcome_;
  std::exception_ptr failure_;
  std::stop_callback<std::function<void()>> on_stop_;  // last: it uses what is above
};

}  // namespace

ScheduleOutcome run_schedule(std::vector<PlannedBatch> batches,
                             const std::vector<std::unique_ptr<Worker>>& workers,
                             const ResultSink& sink, const std::stop_token& stop) {
  Schedule schedule(std::move(batches), sink, stop);
  ScheduleOutcome outcome = schedule.run(workers);
  outcome.interrupted =
      outcome.interrupted || (stop.stop_requested() && outcome.unfinished_runs > 0);
  return outcome;
}

}  // namespace vnsweep
