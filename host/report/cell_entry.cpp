#include "host/report/cell_entry.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/report/text.hpp"

namespace vnsweep {

std::vector<std::string> shown_headings(const std::vector<CellEntry>& entries) {
  std::vector<std::string> headings;
  for (const CellEntry& entry : entries) {
    if (!entry.heading.empty()) headings.push_back(entry.heading);
  }
  return headings;
}

std::vector<std::string> shown_texts(const std::vector<CellEntry>& entries) {
  std::vector<std::string> texts;
  for (const CellEntry& entry : entries) {
    if (!entry.heading.empty()) texts.push_back(entry.text);
  }
  return texts;
}

std::vector<std::string> csv_keys(const std::vector<CellEntry>& entries) {
  std::vector<std::string> keys;
  for (const CellEntry& entry : entries)
    keys.push_back(entry.key);
  return keys;
}

std::vector<std::string> csv_values(const std::vector<CellEntry>& entries) {
  std::vector<std::string> texts;
  for (const CellEntry& entry : entries) {
    const auto* real = std::get_if<double>(&entry.value);
    texts.push_back(real != nullptr ? number_text(*real) : to_string(entry.value));
  }
  return texts;
}

nlohmann::ordered_json value_json(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  if (real != nullptr && !std::isfinite(*real)) return nullptr;
  return to_json(value);
}

nlohmann::ordered_json entries_json(const std::vector<CellEntry>& entries) {
  nlohmann::ordered_json row = nlohmann::ordered_json::object();
  for (const CellEntry& entry : entries) {
    if (!entry.in_json) continue;
    nlohmann::ordered_json& holder = entry.object.empty() ? row : row[entry.object];
    holder[entry.key] = value_json(entry.value);
  }
  return row;
}

}  // namespace vnsweep
