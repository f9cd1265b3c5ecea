#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "host/cli/event_log.hpp"
#include "host/schedule/run_result.hpp"
#include "host/schedule/worker.hpp"

namespace vnsweep {

/// Runs of one device, or of all.
struct RunCounts {
  std::size_t done = 0;  ///< failed and errors included
  std::size_t failed = 0;
  std::size_t errors = 0;
  std::size_t running = 0;
};

/// How far a sweep is, on standard error: a bar that is redrawn on a terminal, a plain line every
/// few seconds elsewhere; and every few seconds in an event log. Lines and events become rarer in
/// long sweeps, so that logs stay small. Calls come from any thread.
class Progress {
 public:
  enum class Style { silent, lines, bar };
  using Clock = std::chrono::steady_clock;

  /// @param total_runs  runs to make now
  /// @param total_cost  their predicted cost, in the unit of predicted_cost()
  /// @param log         may be null
  /// @param now         what time it is
  Progress(Style style, std::size_t total_runs, double total_cost, std::shared_ptr<EventLog> log,
           std::function<Clock::time_point()> now = Clock::now);

  /// A device has begun so many runs.
  void begin(const std::string& device, std::size_t runs);
  /// A device no longer works on so many runs, made or not.
  void end(const std::string& device, std::size_t runs);
  /// Counts a finished run.
  void add(const RunResult& result);

  /// Draws if it is time to.
  void update();
  /// Draws the last state and ends the line.
  void finish();

  RunCounts counts() const;

  /// bar on a terminal, lines elsewhere
  static Style style_for_stderr(bool quiet);

 private:
  void draw();
  void log_state();
  double seconds() const;
  double fraction() const;
  RunCounts sum() const;
  std::string state_text() const;
  std::string gpu_text() const;

  Style style_;
  std::size_t total_runs_;
  double total_cost_;
  std::shared_ptr<EventLog> log_;
  std::function<Clock::time_point()> now_;
  Clock::time_point start_;
  Clock::time_point next_draw_;
  Clock::time_point next_event_;
  mutable std::mutex mutex_;
  std::map<std::string, RunCounts> devices_;
  double done_cost_ = 0.0;
};

/// A worker whose batches a progress sees begin and end.
class WatchedWorker final : public Worker {
 public:
  WatchedWorker(std::shared_ptr<Worker> worker, std::shared_ptr<Progress> progress)
      : worker_(std::move(worker)), progress_(std::move(progress)) {}

  std::string name() const override { return worker_->name(); }
  bool takes(const PlannedBatch& batch) override { return worker_->takes(batch); }
  BatchStatus run(const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop,
                  const PhaseListener& phase) override;

 private:
  std::shared_ptr<Worker> worker_;
  std::shared_ptr<Progress> progress_;
};

/// 75 s as "1:15", 3700 s as "1:01:40".
std::string duration_text(double seconds);

}  // namespace vnsweep
