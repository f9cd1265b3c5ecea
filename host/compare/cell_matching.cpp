#include "host/compare/cell_matching.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "host/figures/figure_text.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep {
namespace {

std::set<Value> values_of(const Field& field, const SweepSide& side) {
  std::set<Value> values;
  for (const Cell& cell : side.summary->cells)
    values.insert(field.get(cell.spec));
  return values;
}

/// Whether a manifest gives a field more than one value, even if one only is stored so far.
bool is_swept(const Field& field, const Manifest& manifest) {
  for (const AxisGroup& group : manifest.groups) {
    for (const Axis& axis : group.axes) {
      if (axis.field == &field && axis.count > 1) return true;
    }
  }
  return std::any_of(manifest.inclusions.begin(), manifest.inclusions.end(),
                     [&](const Inclusion& inclusion) {
                       return std::any_of(inclusion.axes.begin(), inclusion.axes.end(),
                                          [&](const Axis& axis) { return axis.field == &field; });
                     });
}

std::string full_name(const Field& field) {
  return field.section.empty() ? std::string(field.name)
                               : fmt::format("{}.{}", field.section, field.name);
}

std::string value_text(const Value& value) {
  return std::holds_alternative<std::monostate>(value) ? "not set" : to_string(value);
}

std::string list_text(const std::set<Value>& values) {
  constexpr std::size_t kMostListed = 6;
  std::vector<std::string> texts;
  for (const Value& value : values) {
    if (texts.size() == kMostListed) {
      texts.emplace_back("...");
      break;
    }
    texts.push_back(figures::printable(value_text(value)));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// Why no cell has a partner: the first axis without a common value, if one has none.
std::string mismatch(const CellMatching& matching, const SweepSide& first,
                     const SweepSide& second) {
  for (const Field* axis : matching.axes) {
    const std::set<Value> ours = values_of(*axis, first);
    const std::set<Value> theirs = values_of(*axis, second);
    const bool is_common = std::any_of(ours.begin(), ours.end(),
                                       [&](const Value& value) { return theirs.contains(value); });
    if (!is_common) {
      return fmt::format("{} is {} in the first and {} in the second", axis_name(*axis),
                         list_text(ours), list_text(theirs));
    }
  }
  std::vector<std::string> names;
  for (const Field* axis : matching.axes)
    names.push_back(axis_name(*axis));
  return fmt::format("they have no combination of {} in common", fmt::join(names, ", "));
}

}  // namespace

std::vector<Value> axis_values(const std::vector<const Field*>& axes, const RunSpec& spec) {
  std::vector<Value> values;
  for (const Field* axis : axes)
    values.push_back(axis->get(spec));
  return values;
}

CellMatching match_cells(const SweepSide& first, const SweepSide& second) {
  CellMatching matching;
  for (const Field& field : all_fields()) {
    if (field.name == "seed" || field.is_location) continue;
    const std::set<Value> ours = values_of(field, first);
    const std::set<Value> theirs = values_of(field, second);
    const bool is_axis = ours.size() > 1 || theirs.size() > 1 || is_swept(field, *first.manifest) ||
                         is_swept(field, *second.manifest);
    if (is_axis || (field.section == "grid" && ours == theirs)) {
      matching.axes.push_back(&field);
    } else if (ours != theirs) {
      matching.differences.push_back(
          {full_name(field), value_text(*ours.begin()), value_text(*theirs.begin())});
    }
  }

  std::map<std::vector<Value>, const Cell*> partners;
  for (const Cell& cell : second.summary->cells)
    partners.emplace(axis_values(matching.axes, cell.spec), &cell);
  std::set<const Cell*> taken;
  for (const Cell& cell : first.summary->cells) {
    const auto partner = partners.find(axis_values(matching.axes, cell.spec));
    if (partner == partners.end()) {
      matching.only_first.push_back(&cell);
    } else {
      matching.cells.push_back({&cell, partner->second});
      taken.insert(partner->second);
    }
  }
  for (const Cell& cell : second.summary->cells) {
    if (!taken.contains(&cell)) matching.only_second.push_back(&cell);
  }
  if (matching.cells.empty()) {
    throw std::invalid_argument(
        fmt::format("no cell of {} is in {} too ({}); compare sweeps whose grids overlap",
                    first.directory, second.directory, mismatch(matching, first, second)));
  }
  return matching;
}

}  // namespace vnsweep
