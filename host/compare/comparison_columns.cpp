#include "host/compare/comparison_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/compare/comparison_notes.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep {
namespace {

std::string p_text(double p_value) {
  if (std::isnan(p_value)) return "-";
  return p_value == 0.0 ? "<1e-300" : fmt::format("{:.2g}", p_value);
}

std::string failed_text(const FailureCount& count) {
  return fmt::format("{}/{}", count.failed, count.runs);
}

CellEntry number_entry(const std::string& key, double value, const std::string& heading = "") {
  return {.key = key, .value = value, .heading = heading, .text = decimal_text(value)};
}

/// What one side measured in a cell. @param side  "first" or "second"  @param letter  A or B
void add_side(const Cell& cell, const std::string& side, const std::string& letter,
              const std::string& interval, std::vector<CellEntry>& entries) {
  entries.push_back({.key = side + "_runs", .value = cell.runs});
  entries.push_back({.key = side + "_failed",
                     .value = cell.failed,
                     .heading = "failed " + letter,
                     .text = failed_text({cell.failed, cell.runs})});
  entries.push_back({.key = side + "_errors", .value = cell.errors});
  entries.push_back(number_entry(side + "_p_fail", cell.p_fail(), "P(fail) " + letter));
  entries.push_back({.key = side + "_ci_low",
                     .value = cell.interval.low,
                     .heading = interval,
                     .text = interval_text(cell.interval)});
  entries.push_back({.key = side + "_ci_high", .value = cell.interval.high});
}

void add_indicator(const ComparedCell& cell, const std::string& key, double Cell::*mean,
                   const std::string& heading, std::vector<CellEntry>& entries) {
  const double first = cell.first.*mean;
  const double second = cell.second.*mean;
  const auto of_side = [&](const char* letter) { return heading.empty() ? "" : heading + letter; };
  entries.push_back(number_entry("first_" + key, first, of_side(" A")));
  entries.push_back(number_entry("second_" + key, second, of_side(" B")));
  entries.push_back(number_entry(key + "_difference", second - first));
}

void add_pairs(const Comparison& comparison, const ComparedCell& cell,
               std::vector<CellEntry>& entries) {
  const bool has_pairs = comparison.test == ComparisonTest::mcnemar;
  const auto pair_count = [&](const char* key, std::int64_t count, const char* heading) {
    entries.push_back({.key = key,
                       .value = has_pairs ? Value(count) : Value(),
                       .heading = has_pairs ? heading : "",
                       .text = std::to_string(count)});
  };
  pair_count("pairs", cell.pairs.pairs(), "");
  pair_count("pairs_first_only_failed", cell.pairs.first_only, "A only");
  pair_count("pairs_second_only_failed", cell.pairs.second_only, "B only");
}

void add_difference(const ComparedCell& cell, const std::string& interval,
                    std::vector<CellEntry>& entries) {
  const Difference& difference = cell.difference;
  const bool is_known = !std::isnan(difference.value);
  entries.push_back({.key = "difference",
                     .value = difference.value,
                     .heading = "B - A",
                     .text = difference_text(difference)});
  entries.push_back({.key = "difference_ci_low",
                     .value = is_known ? Value(difference.interval.low) : Value(),
                     .heading = interval,
                     .text = difference_interval_text(difference)});
  entries.push_back(
      {.key = "difference_ci_high", .value = is_known ? Value(difference.interval.high) : Value()});
  entries.push_back(
      {.key = "p_value", .value = cell.p_value, .heading = "p", .text = p_text(cell.p_value)});
  entries.push_back(
      {.key = "p_holm", .value = cell.p_holm, .heading = "p Holm", .text = p_text(cell.p_holm)});
}

}  // namespace

bool starts_differ(const Comparison& comparison) {
  return std::any_of(comparison.cells.begin(), comparison.cells.end(),
                     [](const ComparedCell& cell) {
                       return decimal_text(cell.first.vni_initial_mean) !=
                              decimal_text(cell.second.vni_initial_mean);
                     });
}

std::vector<CellEntry> comparison_entries(const Comparison& comparison, const ComparedCell& cell,
                                          bool show_start) {
  const std::string interval = percent_text(comparison.confidence) + " interval";
  std::vector<CellEntry> entries;
  for (const Field* axis : comparison.axes) {
    const Value value = axis->get(cell.first.spec);
    const std::string name = axis_name(*axis);
    entries.push_back({.key = name, .value = value, .heading = name, .text = axis_text(value)});
  }
  add_side(cell.first, "first", "A", interval, entries);
  add_side(cell.second, "second", "B", interval, entries);
  add_pairs(comparison, cell, entries);
  add_difference(cell, interval, entries);
  entries.push_back(
      {.key = "test", .value = std::string(to_string(comparison.test)), .in_json = false});
  entries.push_back({.key = "confidence", .value = comparison.confidence, .in_json = false});
  entries.push_back(
      {.key = "method", .value = std::string(to_string(comparison.method)), .in_json = false});
  add_indicator(cell, "vni_initial_mean", &Cell::vni_initial_mean, show_start ? "VNI start" : "",
                entries);
  add_indicator(cell, "vni_final_mean", &Cell::vni_final_mean, "VNI end", entries);
  return entries;
}

std::vector<std::string> overall_row(const Comparison& comparison) {
  const OverallComparison& overall = comparison.overall;
  std::vector<std::string> row(comparison.axes.size());
  if (!row.empty()) row.front() = "all";
  for (const FailureCount& side : {overall.first, overall.second}) {
    row.push_back(failed_text(side));
    row.push_back(decimal_text(side.share()));
    row.emplace_back("");
  }
  if (comparison.test == ComparisonTest::mcnemar) {
    row.push_back(std::to_string(overall.pairs.first_only));
    row.push_back(std::to_string(overall.pairs.second_only));
  }
  row.push_back(difference_text(overall.difference));
  row.push_back(overall.has_interval ? difference_interval_text(overall.difference) : "-");
  row.push_back(p_text(overall.p_value));
  return row;
}

}  // namespace vnsweep
