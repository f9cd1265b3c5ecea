#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/plan/batch.hpp"
#include "host/schedule/pulse.hpp"
#include "host/schedule/worker.hpp"

namespace vnsweep {

/// Thrown in the thread of a worker that was given up, when it goes on after all.
class GivenUp : public std::exception {
 public:
  const char* what() const noexcept override { return "the worker was given up"; }
};

/// A worker with the batch that it has in hand. Its own thread works; another may see that it hangs
/// and give it up: from then on the thread can change nothing any more.
class Post {
 public:
  explicit Post(std::shared_ptr<Worker> worker) : worker_(std::move(worker)) {}

  Worker& worker() { return *worker_; }
  const PlannedBatch& batch() const { return batch_; }

  // ---- called by the worker's thread ----

  void begin(PlannedBatch batch, Pulse::Clock::time_point now);
  /// @throws GivenUp
  void begin_phase(Pulse::Clock::time_point now, Pulse::Clock::duration expected);
  /// Leaves the first `runs` of the batch. @returns the others @throws GivenUp
  PlannedBatch shorten(std::size_t runs);
  /// Counts a run as reported and calls `hand_over`, during which the worker cannot be given up: it
  /// waits for somebody else then. @throws GivenUp, and what `hand_over` throws
  void deliver(const std::string& run, const std::function<void()>& hand_over,
               const std::function<Pulse::Clock::time_point()>& now);
  /// The runs of the batch that were not reported.
  std::optional<PlannedBatch> unreported() const;
  /// Ends the work on the batch. @returns false if the worker was given up
  bool end();

  // ---- called by others ----

  /// Gives the worker up if it is overdue. @returns what it had in hand and did not report;
  /// nothing if it is not overdue, or was given up before
  std::optional<std::vector<PlannedBatch>> give_up_if_overdue(Pulse::Clock::time_point now,
                                                              Pulse::Clock::duration patience);

  std::thread thread;

 private:
  std::optional<PlannedBatch> rest() const;
  void check_given_up() const;

  std::shared_ptr<Worker> worker_;
  mutable std::mutex mutex_;
  PlannedBatch batch_;
  std::vector<std::string> reported_;
  Pulse pulse_;
  bool given_up_ = false;
};

}  // namespace vnsweep
