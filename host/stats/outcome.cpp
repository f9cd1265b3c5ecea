#include "host/stats/outcome.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

namespace vnsweep {

std::vector<DepthCount> count_by_depth(std::span<const Outcome> outcomes) {
  std::map<double, DepthCount> counts;
  for (const Outcome& outcome : outcomes) {
    DepthCount& count = counts[outcome.depth];
    count.depth = outcome.depth;
    ++count.runs;
    if (outcome.failed) ++count.failed;
  }
  std::vector<DepthCount> sorted;
  sorted.reserve(counts.size());
  for (const auto& [depth, count] : counts)
    sorted.push_back(count);
  return sorted;
}

TotalCount total_count(std::span<const DepthCount> counts) {
  TotalCount total;
  double previous = -std::numeric_limits<double>::infinity();
  for (const DepthCount& count : counts) {
    if (count.failed < 0 || count.failed > count.runs) {
      throw std::invalid_argument("total_count: failures must be between 0 and the runs");
    }
    if (!std::isfinite(count.depth) || count.depth <= previous) {
      throw std::invalid_argument("total_count: depths must be finite and ascend");
    }
    previous = count.depth;
    total.failed += count.failed;
    total.runs += count.runs;
    if (count.runs > 0) ++total.depths;
  }
  return total;
}

}  // namespace vnsweep
