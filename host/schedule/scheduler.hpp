#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "host/plan/batch_plan.hpp"
#include "host/schedule/pulse.hpp"
#include "host/schedule/worker.hpp"

namespace vnsweep {

/// A device that ended before the schedule.
struct LostDevice {
  std::string name;
  std::string problem;
  bool operator==(const LostDevice&) const = default;
};

struct ScheduleOutcome {
  bool interrupted = false;
  std::size_t unfinished_runs = 0;  ///< neither reported to the sink nor in error
  std::vector<LostDevice> lost_devices;
};

/// When a worker is given up because nothing comes of it any more.
struct HangWatch {
  /// Beyond the time that the phase it is in may take; zero: for ever.
  Pulse::Clock::duration patience = std::chrono::minutes(30);
  std::function<Pulse::Clock::time_point()> now = Pulse::Clock::now;
};

/// Runs every batch of the plan on the workers, one thread each, in the order of the plan.
/// A batch that is too large or fails is split until the run at fault stands alone; that run is
/// reported with status error. A lost device gives its batch back to the others. So does one that
/// hangs: its thread is left behind with the worker, and what it delivers later is dropped.
/// @param sink  gets every finished run exactly once, from several threads at once; if it throws,
///              the schedule ends and the exception is passed on
/// @throws DataError  a worker could not read the data of its batch, which ends the schedule
ScheduleOutcome run_schedule(BatchPlan plan, const std::vector<std::shared_ptr<Worker>>& workers,
                             const ResultSink& sink, const std::stop_token& stop,
                             HangWatch watch = {});

/// Whether a thread that was left behind is still there: then the process can only end without
/// waiting for threads or destroying anything.
bool any_thread_hangs();

}  // namespace vnsweep
