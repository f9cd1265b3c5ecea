#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "host/cli/event_log.hpp"
#include "host/cli/exit_code.hpp"
#include "host/cli/progress.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/schedule/device_choice.hpp"
#include "host/schedule/scheduler.hpp"
#include "host/schedule/worker.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// How the rounds of a sweep are made.
struct RoundsOptions {
  std::filesystem::path directory;  ///< for messages
  DeviceChoice devices;             ///< what the workers are, which says how to cut batches
  Progress::Style style = Progress::Style::silent;
  std::shared_ptr<EventLog> log;  ///< may be null
  HangWatch watch;
};

/// Makes what is missing, and then what is wanted because of what came of it, until nothing is;
/// stores it and says how it ended. @throws StoreError, DataError
ExitCode run_rounds(SweepProgress& sweep, Store& store,
                    std::vector<std::shared_ptr<Worker>> workers, const RoundsOptions& options);

}  // namespace vnsweep
