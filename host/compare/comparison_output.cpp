#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "host/compare/comparison.hpp"
#include "host/compare/comparison_columns.hpp"
#include "host/compare/comparison_notes.hpp"
#include "host/figures/figure_text.hpp"
#include "host/report/curve_columns.hpp"
#include "host/report/summary_columns.hpp"
#include "host/report/text.hpp"

namespace vnsweep {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kLongestPath = 200;

std::vector<const Field*> curve_axes_of(const Comparison& comparison) {
  std::vector<const Field*> axes = comparison.axes;
  std::erase_if(axes, [](const Field* axis) { return axis->name == "depth"; });
  return axes;
}

Rows compared_curve_rows(const Comparison& comparison) {
  const std::string interval = percent_text(comparison.confidence) + " interval";
  Rows rows(1);
  for (const Field* axis : curve_axes_of(comparison))
    rows[0].push_back(axis_name(*axis));
  for (const std::string& heading :
       {std::string("depth50 A"), interval, std::string("depth50 B"), interval})
    rows[0].push_back(heading);
  for (const ComparedCurve& curve : comparison.curves) {
    std::vector<std::string> row;
    for (const Field* axis : curve_axes_of(comparison))
      row.push_back(axis_text(axis->get(curve.spec())));
    for (const std::optional<DepthCurve>& side : {curve.first, curve.second}) {
      row.push_back(side ? depth50_text(*side) : "-");
      row.push_back(side ? depth50_interval_text(side->depth50) : "-");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string side_line(const std::string& letter, const std::string& directory,
                      const std::string& name) {
  return fmt::format("{}        {} ({})\n", letter, figures::printable(directory, kLongestPath),
                     figures::printable(name));
}

Json difference_json(const Difference& difference, bool has_interval) {
  const auto end = [&](double value) { return has_interval ? Json(value) : Json(nullptr); };
  return {{"difference", value_json(difference.value)},
          {"difference_ci_low", end(difference.interval.low)},
          {"difference_ci_high", end(difference.interval.high)}};
}

Json overall_json(const Comparison& comparison) {
  const OverallComparison& overall = comparison.overall;
  Json json = {{"cells", overall.cells},
               {"first_runs", overall.first.runs},
               {"first_failed", overall.first.failed},
               {"second_runs", overall.second.runs},
               {"second_failed", overall.second.failed}};
  if (comparison.test == ComparisonTest::mcnemar) {
    json["pairs"] = overall.pairs.pairs();
    json["pairs_first_only_failed"] = overall.pairs.first_only;
    json["pairs_second_only_failed"] = overall.pairs.second_only;
  }
  json.update(difference_json(overall.difference, overall.has_interval));
  json["p_value"] = value_json(overall.p_value);
  json["method"] = overall.method.empty() ? Json(nullptr) : Json(overall.method);
  return json;
}

Json side_json(const std::string& directory, const std::string& name,
               const SweepProgress::Counts& counts) {
  return {{"directory", directory},
          {"name", name},
          {"runs_wanted", counts.wanted},
          {"runs_missing", counts.missing}};
}

Json unmatched_json(const Comparison& comparison, const std::vector<Cell>& cells) {
  Json list = Json::array();
  for (const Cell& cell : cells) {
    Json row = Json::object();
    for (const Field* axis : comparison.axes)
      row[axis_name(*axis)] = value_json(axis->get(cell.spec));
    row["runs"] = cell.runs;
    row["failed"] = cell.failed;
    row["errors"] = cell.errors;
    list.push_back(std::move(row));
  }
  return list;
}

Json curves_json(const Comparison& comparison) {
  Json list = Json::array();
  for (const ComparedCurve& curve : comparison.curves) {
    Json row = Json::object();
    for (const Field* axis : curve_axes_of(comparison))
      row[axis_name(*axis)] = value_json(axis->get(curve.spec()));
    row["first"] = curve.first ? depth50_json(*curve.first) : Json(nullptr);
    row["second"] = curve.second ? depth50_json(*curve.second) : Json(nullptr);
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace

void write_comparison_table(const Comparison& comparison, std::ostream& out) {
  out << finding(comparison) << "\n\n"
      << side_line("A", comparison.first_directory, comparison.first_name)
      << side_line("B", comparison.second_directory, comparison.second_name);
  if (comparison.differences.empty()) out << "differs  nothing that is recorded\n";
  for (const FixedDifference& difference : comparison.differences) {
    out << fmt::format("differs  {}: {} / {}\n", difference.name,
                       figures::printable(difference.first), figures::printable(difference.second));
  }
  out << "test     " << test_sentence(comparison) << "\n\n";

  const bool show_start = starts_differ(comparison);
  Rows rows = {shown_headings(comparison_entries(comparison, ComparedCell{}, show_start))};
  for (const ComparedCell& cell : comparison.cells)
    rows.push_back(shown_texts(comparison_entries(comparison, cell, show_start)));
  rows.push_back(overall_row(comparison));
  out << aligned_table(rows);
  if (!comparison.curves.empty())
    out << "\nfailure against depth\n" << aligned_table(compared_curve_rows(comparison));
  for (const std::string& note : comparison.notes)
    out << "note: " << note << '\n';
}

void write_comparison_csv(const Comparison& comparison, std::ostream& out) {
  out << csv_line(csv_keys(comparison_entries(comparison, ComparedCell{})));
  for (const ComparedCell& cell : comparison.cells)
    out << csv_line(csv_values(comparison_entries(comparison, cell)));
}

void write_comparison_json(const Comparison& comparison, std::ostream& out) {
  Json json = {{"first", side_json(comparison.first_directory, comparison.first_name,
                                   comparison.first_counts)},
               {"second", side_json(comparison.second_directory, comparison.second_name,
                                    comparison.second_counts)},
               {"finding", finding(comparison)},
               {"confidence", comparison.confidence},
               {"method", to_string(comparison.method)},
               {"test", to_string(comparison.test)},
               {"differences", Json::array()},
               {"overall", overall_json(comparison)},
               {"cells", Json::array()},
               {"only_first", unmatched_json(comparison, comparison.only_first)},
               {"only_second", unmatched_json(comparison, comparison.only_second)},
               {"depth50", curves_json(comparison)},
               {"notes", comparison.notes}};
  for (const FixedDifference& difference : comparison.differences) {
    json["differences"].push_back(
        {{"name", difference.name}, {"first", difference.first}, {"second", difference.second}});
  }
  for (const ComparedCell& cell : comparison.cells)
    json["cells"].push_back(entries_json(comparison_entries(comparison, cell)));
  // Paths are bytes, which need not be text.
  out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace vnsweep
