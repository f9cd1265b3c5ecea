#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "host/forecast/calibration_file.hpp"
#include "host/forecast/forecast.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/batch.hpp"
#include "host/plan/shard.hpp"
#include "host/schedule/devices.hpp"

namespace vnsweep {

/// A sweep that is to be forecast, and the devices for it.
struct ForecastRequest {
  const Manifest& manifest;
  std::span<const RunSpec> runs;  ///< in the order of the grid
  std::span<const PlannedBatch> batches;
  const DeviceChoice& devices;
  std::optional<Shard> shard;  ///< that the runs are of; empty: the whole sweep
};

/// Forecasts a sweep's time on this machine: measures what `calibration` lacks of its speed and
/// makes a pilot where it has none, within some seconds, and keeps both in it. Says on standard
/// error what it measured.
/// @returns empty if it was to stop; what was measured by then is kept all the same
std::optional<Forecast> forecast_here(const ForecastRequest& request,
                                      std::vector<NamedEngine> engines, Calibration& calibration,
                                      const std::stop_token& stop);

}  // namespace vnsweep
