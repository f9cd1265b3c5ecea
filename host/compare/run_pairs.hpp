#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/stats/grouped_strata.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// Finished runs of one cell by the key of their random numbers; true: failed.
using OutcomesByKey = std::map<std::uint64_t, bool>;

/// A cell as both sides have it: first, second.
using CellOutcomes = std::pair<const OutcomesByKey*, const OutcomesByKey*>;

/// Finished runs by cell_text() of their cell. Errors are left out.
std::map<std::string, OutcomesByKey> outcomes_by_cell(const std::vector<StoredRun>& runs);

/// Runs of one cell on both sides that share their random numbers.
PairCounts count_pairs(const OutcomesByKey& first, const OutcomesByKey& second);

/// Pairs of all cells, in groups that share random numbers and so depend on one another.
std::vector<PairGroup> group_pairs(std::span<const CellOutcomes> cells);

/// Runs of all cells with the key of their random numbers as group; cells are strata.
std::vector<StratifiedRun> stratify(std::span<const CellOutcomes> cells);

/// Whether runs of different cells share random numbers.
bool keys_repeat(std::span<const OutcomesByKey* const> cells);

}  // namespace vnsweep
