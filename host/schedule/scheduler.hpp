#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "host/plan/batch.hpp"
#include "host/schedule/worker.hpp"

namespace vnsweep {

struct ScheduleOutcome {
  bool interrupted = false;
  std::size_t unfinished_runs = 0;        ///< neither reported to the sink nor in error
  std::vector<std::string> lost_devices;  ///< one message each
};

/// Runs every batch on the workers, one thread each, taking batches in the order given.
/// A batch that is too large or fails is split until the run at fault stands alone; that run is
/// reported with status error. A lost device gives its batch back to the others.
/// @param sink  gets every finished run exactly once, from several threads at once; if it throws,
///              the schedule ends and the exception is passed on
/// @throws DataError  a worker could not read the data of its batch, which ends the schedule
ScheduleOutcome run_schedule(std::vector<PlannedBatch> batches,
                             const std::vector<std::unique_ptr<Worker>>& workers,
                             const ResultSink& sink, const std::stop_token& stop);

}  // namespace vnsweep
