#pragma once

#include <string>
#include <vector>

#include "host/report/summary.hpp"

namespace vnsweep::page {

/// What the sweep found, one sentence each, plain text: P(fail), the depth where half of the
/// trainings fail for each combination of the other axes, the causes of failure, the indicator.
std::vector<std::string> findings(const Summary& summary);

}  // namespace vnsweep::page
