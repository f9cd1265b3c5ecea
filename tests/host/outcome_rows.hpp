#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "host/stats/outcome.hpp"

namespace vnsweep::testing {

/// Runs of seeds 0, 1, ..., a row each, over depths: 'F' failed, 's' succeeded, ' ' not run.
inline std::vector<Outcome> outcome_rows(const std::vector<double>& depths,
                                         const std::vector<std::string_view>& seeds) {
  std::vector<Outcome> outcomes;
  for (std::size_t s = 0; s < seeds.size(); ++s) {
    for (std::size_t d = 0; d < seeds[s].size(); ++d) {
      if (seeds[s][d] == ' ') continue;
      outcomes.push_back({static_cast<std::int64_t>(s), depths[d], seeds[s][d] == 'F'});
    }
  }
  return outcomes;
}

}  // namespace vnsweep::testing
