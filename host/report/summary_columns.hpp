#pragma once

#include <string>
#include <vector>

#include "host/manifest/field.hpp"
#include "host/report/cell_entry.hpp"
#include "host/report/summary.hpp"

namespace vnsweep {

/// Entries of a cell in the order of the columns: its axes, then what was measured. To add a
/// column, add a line here.
std::vector<CellEntry> cell_entries(const Summary& summary, const Cell& cell);

/// Three decimals, as probabilities and indicators are shown; a dash for NaN.
std::string decimal_text(double value);

/// "95 %".
std::string percent_text(double confidence);

/// "[0.055, 0.261]", of a probability.
std::string interval_text(const Interval& interval);

/// Name of an axis; dotted where two sections use the same word.
std::string axis_name(const Field& field);

/// Value of an axis for the table: six digits.
std::string axis_text(const Value& value);

}  // namespace vnsweep
