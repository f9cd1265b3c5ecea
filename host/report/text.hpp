#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vnsweep {

/// A field of a CSV file (RFC 4180): quoted where it has to be.
std::string csv_field(std::string_view text);

/// A line of CSV with its end.
std::string csv_line(const std::vector<std::string>& fields);

/// Shortest text that reads back to the same number; empty for NaN, "inf" or "-inf" otherwise.
std::string number_text(double value);

/// Columns aligned to the right, two spaces apart; the first row is the head.
std::string aligned_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace vnsweep
