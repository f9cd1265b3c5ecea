#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "host/stats/difference.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// Finished runs of one cell by the key of their random numbers; true: failed.
using OutcomesByKey = std::map<std::uint64_t, bool>;

/// Finished runs by cell_text() of their cell. Errors are left out.
std::map<std::string, OutcomesByKey> outcomes_by_cell(const std::vector<StoredRun>& runs);

/// Runs of one cell on both sides that share their random numbers.
PairCounts count_pairs(const OutcomesByKey& first, const OutcomesByKey& second);

/// Pairs of all cells, in groups that share random numbers and so depend on one another.
std::vector<PairGroup> group_pairs(
    std::span<const std::pair<const OutcomesByKey*, const OutcomesByKey*>> cells);

/// Whether runs of different cells share random numbers.
bool keys_repeat(std::span<const OutcomesByKey* const> cells);

}  // namespace vnsweep
