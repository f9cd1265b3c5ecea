#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/forecast/pilot.hpp"
#include "host/forecast/work.hpp"
#include "host/stats/sample_size.hpp"

namespace vnsweep {

/// How long a sweep will take.
struct Forecast {
  /// Seconds of all workers together for the runs of each line, ending as early as the pilot's did
  /// (without a pilot: whole); NaN where nothing fits a worker. Without seeds that are added.
  std::map<std::string, double> line_seconds;

  double whole = 0.0;            ///< seconds on all workers, every run to its last step
  std::optional<double> likely;  ///< seconds on all workers, from the pilot; with added seeds
  double low = 0.0;              ///< likely range: of the pilot's spread and of the calibration
  double high = 0.0;
  double growth = 1.0;  ///< work with the seeds that are added, over that of the first ones
};

/// What a forecast is made from.
struct ForecastInput {
  const RunClasses& classes;
  const std::map<std::string, RunCost>& costs;
  std::size_t workers = 1;
  std::span<const RunSpec> runs;      ///< in the order of the grid
  const Pilot* pilot = nullptr;       ///< of `runs`, if there is one
  std::optional<PrecisionGoal> goal;  ///< of adaptive seeds

  PilotDesign design() const { return goal ? PilotDesign::pairs : PilotDesign::alone; }
};

/// @param input  where seeds are adaptive, its pilot is in pairs
Forecast make_forecast(const ForecastInput& input);

/// Places of a pilot that takes about `seconds` on all workers if no run ends early; 0 if that is
/// too few to say anything.
std::size_t pilot_places(const ForecastInput& input, double seconds);

/// Seconds that a pilot may take, for a sweep of so many. In pairs it makes two runs where it would
/// make one, and gets twice the time, up to the same most.
double pilot_seconds(double whole, PilotDesign design);

}  // namespace vnsweep
