#pragma once

#include <string>
#include <vector>

#include "host/compare/comparison.hpp"
#include "host/report/cell_entry.hpp"

namespace vnsweep {

/// Entries of a matched cell in the order of the columns: axes, both sides, pairs, difference,
/// indicators. To add a column, add a line here.
/// @param show_start  whether the table has the indicator at the start
std::vector<CellEntry> comparison_entries(const Comparison& comparison, const ComparedCell& cell,
                                          bool show_start = false);

/// Whether the sides differ before training, to the digits of the table: they do not where both
/// start from the same weights.
bool starts_differ(const Comparison& comparison);

/// All cells together, as the last row of the table.
std::vector<std::string> overall_row(const Comparison& comparison);

}  // namespace vnsweep
