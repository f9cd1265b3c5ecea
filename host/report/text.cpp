#include "host/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vnsweep {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t k = 0; k < fields.size(); ++k) {
    if (k > 0) line += ',';
    line += csv_field(fields[k]);
  }
  return line + '\n';
}

std::string number_text(double value) {
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

std::string aligned_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t k = 0; k < row.size(); ++k)
      widths[k] = std::max(widths[k], row[k].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t k = 0; k < row.size(); ++k) {
      text += fmt::format("{}{:>{}}", k == 0 ? "" : "  ", row[k], widths[k]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace vnsweep
