#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "host/forecast/calibrate.hpp"
#include "host/forecast/rate_table.hpp"
#include "host/forecast/work.hpp"

namespace vnsweep {

/// Workers of one kind and what was measured of them.
struct KindRates {
  std::size_t workers = 0;
  RateTable rates;
  std::set<std::pair<std::string, std::int64_t>> too_large;  ///< family and depth
};

/// Times of one worker for runs of each class by its key, as if all workers were alike: their mean
/// speed is that of all together. What was not measured is taken to be as fast, by predicted
/// operations, as the median of what was of its kind, or of any kind if that is nothing. A class
/// that fits no worker has NaN.
std::map<std::string, RunCost> run_costs(const RunClasses& classes,
                                         std::span<const KindRates> kinds);

}  // namespace vnsweep
