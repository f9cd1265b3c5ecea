#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

namespace vnsweep {

/// How one training ended. Runs of equal seed belong together if random numbers are paired.
struct Outcome {
  std::int64_t seed = 0;
  double depth = 0.0;
  bool failed = false;

  /// By seed, then depth. Sums over outcomes depend in their last bits on the order of the terms.
  bool operator<(const Outcome& other) const {
    return std::tie(seed, depth, failed) < std::tie(other.seed, other.depth, other.failed);
  }
};

/// Outcomes of one depth.
struct DepthCount {
  double depth = 0.0;
  std::int64_t failed = 0;
  std::int64_t runs = 0;
};

/// Counts of every depth that occurs, shallowest first.
std::vector<DepthCount> count_by_depth(std::span<const Outcome> outcomes);

/// Sums over all depths.
struct TotalCount {
  std::int64_t failed = 0;
  std::int64_t runs = 0;
  std::int64_t depths = 0;  ///< those with runs
};

/// @throws std::invalid_argument if a count is impossible or depths do not ascend
TotalCount total_count(std::span<const DepthCount> counts);

}  // namespace vnsweep
