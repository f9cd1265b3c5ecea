#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/manifest/field.hpp"

namespace vnsweep {

/// One entry of a row in every format: a column in CSV and in the table, a key in JSON.
struct CellEntry {
  std::string key;      ///< in CSV and JSON
  Value value;          ///< there; NaN is null
  std::string heading;  ///< in the table; empty: not shown there
  std::string text;     ///< there
  std::string object;   ///< JSON object within the row's that holds it; empty: the row's own
  bool in_json = true;  ///< false: the same in all rows, so JSON says it once for all
};

/// What the table shows of a row.
std::vector<std::string> shown_headings(const std::vector<CellEntry>& entries);
std::vector<std::string> shown_texts(const std::vector<CellEntry>& entries);

/// What CSV holds of it: all entries, numbers in full, NaN empty.
std::vector<std::string> csv_keys(const std::vector<CellEntry>& entries);
std::vector<std::string> csv_values(const std::vector<CellEntry>& entries);

/// What JSON holds of it, in order.
nlohmann::ordered_json entries_json(const std::vector<CellEntry>& entries);

/// A value as JSON: numbers that are not finite are null.
nlohmann::ordered_json value_json(const Value& value);

}  // namespace vnsweep
