#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/manifest/field.hpp"
#include "host/report/summary.hpp"

namespace vnsweep {

/// Axes that tell the curves over depth apart: all but depth.
std::vector<const Field*> curve_axes(const Summary& summary);

/// The estimate in four digits; "> 60" or "< 2" for a crossing beyond the measured depths, "?" for
/// a fit that did not settle, "-" where failure does not rise through 1/2.
std::string depth50_text(const DepthCurve& curve);

/// [low, high]; an end that the measured depths do not give is left out: ">= 4".
std::string depth50_interval_text(const Depth50& depth50);

/// depth50 of a curve: estimate, interval, on which side of the measured depths, method.
nlohmann::ordered_json depth50_json(const DepthCurve& curve);

/// A head, then one row per curve: its axes, depth50, its interval, the trend.
std::vector<std::vector<std::string>> curve_rows(const Summary& summary);

/// What the rows cannot say: where the numerical search for a fit failed. One sentence each.
std::vector<std::string> unsettled_notes(const Summary& summary);

}  // namespace vnsweep
