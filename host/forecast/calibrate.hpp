#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/forecast/meter.hpp"
#include "host/forecast/rate_table.hpp"
#include "host/forecast/work.hpp"

namespace vnsweep {

/// A measurement that is to be made.
struct MeasurementNeed {
  WorkKind kind = WorkKind::train;
  std::string family;
  std::int64_t depth = 0;
  std::vector<RunSpec> sample;
  double operations = 0.0;  ///< predicted, of the work that it is measured for
};

/// What is to be measured so that `known` covers every class: of each family the least and the
/// greatest depth and, between these, depths until neighbours are at most a factor of two apart.
/// One of each kind of work of which nothing is known comes first, then those that speak for the
/// most work; what speaks for hardly any is left out.
std::vector<MeasurementNeed> measurements_needed(const RunClasses& classes, const RateTable& known);

struct CalibrationOutcome {
  std::size_t measured = 0;
  std::size_t left_out = 0;  ///< for want of time, or because it was to stop
  /// Family and depth of which no single network fits the worker.
  std::set<std::pair<std::string, std::int64_t>> too_large;
};

/// Measures on all meters of a kind at once, as they will work, each with a thread of its own.
/// @param is_over  asked before each measurement, from any thread; none is begun once it is true
/// @param[out] rates  gets what was measured
/// @throws whatever a meter throws, when all have ended
CalibrationOutcome calibrate(const std::vector<MeasurementNeed>& needs,
                             const std::vector<Meter*>& meters,
                             const std::function<bool()>& is_over, RateTable& rates);

}  // namespace vnsweep
