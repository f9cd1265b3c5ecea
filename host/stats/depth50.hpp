#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "host/stats/outcome.hpp"

namespace vnsweep {

/// Where the fitted P(fail) rises through 1/2, seen from the depths that have runs.
enum class Crossing {
  within,     ///< at one of them or between two
  deeper,     ///< beyond the deepest
  shallower,  ///< before the shallowest
  none,       ///< nowhere: P(fail) falls with depth, or there are not two depths
  unsettled,  ///< unknown: the search for the fit did not settle
};

std::string_view to_string(Crossing crossing);

/// The depth at which P(fail) = 1/2. No number lies outside the measured depths.
struct Depth50 {
  Crossing crossing = Crossing::none;
  std::optional<double> estimate;  ///< only if the crossing is within
  /// depth50 >= ci_low and depth50 <= ci_high at the confidence asked for; empty where the measured
  /// depths give no such bound. The bound of a crossing surely deeper than all of them is the
  /// deepest, that of one surely shallower the shallowest.
  std::optional<double> ci_low;
  std::optional<double> ci_high;
  std::int64_t unsettled_resamples = 0;  ///< of a bootstrap: those whose fit did not settle

  bool bracketed() const { return crossing == Crossing::within; }
};

/// Estimate by Firth's logistic regression (firth_logistic.hpp), for runs that are independent.
/// Interval by profile penalised likelihood: those depths D whose best curve through
/// P(D) = 1/2 with a slope >= 0 has a l* within chi^2_1(confidence)/2 of the greatest (Heinze &
/// Schemper 2002). Curves are taken to rise: data without a failure put the crossing deeper,
/// failures alone put it shallower, whatever the slope that the penalty leaves them.
/// @param confidence  in (0, 1)
/// @throws std::invalid_argument if a count or the confidence is impossible
Depth50 depth50_by_profile(std::span<const DepthCount> counts, double confidence);

/// The depths between which something was measured.
struct DepthRange {
  double shallowest = 0.0;
  double deepest = 0.0;
};

/// @throws std::invalid_argument if no depth has runs
DepthRange measured_range(std::span<const DepthCount> counts);

/// Crossing and estimate, without an interval, of a curve that crosses at `depth50`: infinite if it
/// stays below (+) or above (-) 1/2, NaN if it does not rise.
Depth50 place_crossing(double depth50, const DepthRange& range);

}  // namespace vnsweep
