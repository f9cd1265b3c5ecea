#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "host/manifest/run_spec.hpp"
#include "host/stats/depth50.hpp"
#include "host/stats/trend.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// Failure against depth: all runs that differ in depth and seed alone.
struct DepthCurve {
  RunSpec spec;  ///< of any of its runs; depth and seed mean nothing
  DepthRange measured;
  Depth50 depth50;
  std::optional<Trend> trend;  ///< empty where depths do not differ in failures
};

/// How depth50's interval and the trend were found: by what the runs share.
std::string_view depth50_method(Seeding seeding);
std::string_view trend_method(Seeding seeding);

/// One curve for each combination of the other fields that has finished runs at two depths or more.
/// Errors are left out. Equal to the last bit for runs in any order.
/// @param confidence  of depth50's interval
std::vector<DepthCurve> measure_depth_curves(const std::vector<StoredRun>& runs, double confidence);

}  // namespace vnsweep
