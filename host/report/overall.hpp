#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/stats/interval.hpp"
#include "host/stats/quartiles.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// A whole sweep in a few numbers. They describe its grid, each cell weighted by its runs.
struct Overall {
  std::int64_t runs = 0;
  std::int64_t failed = 0;
  std::int64_t errors = 0;  ///< not counted in runs
  /// Of the probability of failure of a run drawn from these; empty without runs, and where runs of
  /// one seed share random numbers, so that they are not independent.
  std::optional<Interval> interval;
  std::map<std::string, std::int64_t> causes;  ///< failed runs by cause, every cause present
  Quartiles vni_final_failed;  ///< over runs, of the VNI of the last hidden layer at the end
  Quartiles vni_final_succeeded;

  double p_fail() const;  ///< NaN without runs
};

Overall measure_overall(const std::vector<StoredRun>& runs, IntervalMethod method,
                        double confidence);

/// A count of zero for each cause of failure.
std::map<std::string, std::int64_t> no_failures();

}  // namespace vnsweep
