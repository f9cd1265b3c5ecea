#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "host/report/curve_columns.hpp"
#include "host/report/summary.hpp"
#include "host/report/summary_columns.hpp"
#include "host/report/text.hpp"

namespace vnsweep {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

Json json_of(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  if (real != nullptr && !std::isfinite(*real)) return nullptr;
  return to_json(value);
}

Json json_of(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string csv_of(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  return real != nullptr ? number_text(*real) : to_string(value);
}

Json cell_json(const Summary& summary, const Cell& cell) {
  Json row;
  for (const CellEntry& entry : cell_entries(summary, cell)) {
    if (!entry.in_json) continue;
    Json& holder = entry.object.empty() ? row : row[entry.object];
    holder[entry.key] = json_of(entry.value);
  }
  return row;
}

/// The axes of a curve, to which a list adds what it says of them.
Json curve_json(const Summary& summary, const DepthCurve& curve) {
  Json row = Json::object();
  for (const Field* axis : curve_axes(summary))
    row[axis_name(*axis)] = json_of(axis->get(curve.spec));
  return row;
}

Json depth50_json(const Summary& summary, const DepthCurve& curve) {
  Json row = curve_json(summary, curve);
  row["estimate"] = json_of(curve.depth50.estimate);
  row["ci_low"] = json_of(curve.depth50.ci_low);
  row["ci_high"] = json_of(curve.depth50.ci_high);
  row["bracketed"] = curve.depth50.bracketed();
  row["crossing"] = to_string(curve.depth50.crossing);
  if (curve.depth50.unsettled_resamples > 0)
    row["unsettled_resamples"] = curve.depth50.unsettled_resamples;
  row["method"] = depth50_method(curve.spec.seeding);
  return row;
}

Json trend_json(const Summary& summary, const DepthCurve& curve) {
  Json row = curve_json(summary, curve);
  row["z"] = curve.trend ? Json(curve.trend->z) : Json(nullptr);
  row["p_value"] = curve.trend ? Json(curve.trend->p_value) : Json(nullptr);
  row["method"] = trend_method(curve.spec.seeding);
  return row;
}

Json quartiles_json(const Quartiles& quartiles) {
  return {{"runs", quartiles.count},
          {"lower_quartile", json_of(Value(quartiles.low))},
          {"median", json_of(Value(quartiles.median))},
          {"upper_quartile", json_of(Value(quartiles.high))}};
}

Json overall_json(const Overall& overall) {
  Json row = {{"runs", overall.runs},
              {"failed", overall.failed},
              {"errors", overall.errors},
              {"p_fail", json_of(Value(overall.p_fail()))},
              {"ci_low", overall.interval ? Json(overall.interval->low) : Json(nullptr)},
              {"ci_high", overall.interval ? Json(overall.interval->high) : Json(nullptr)},
              {"causes", Json::object()},
              {"vni_final_failed", quartiles_json(overall.vni_final_failed)},
              {"vni_final_succeeded", quartiles_json(overall.vni_final_succeeded)}};
  for (const auto& [cause, failed] : overall.causes)
    row["causes"][cause] = failed;
  return row;
}

}  // namespace

void write_summary_table(const Summary& summary, std::ostream& out) {
  Rows rows(1);
  for (const CellEntry& entry : cell_entries(summary, Cell{})) {
    if (!entry.heading.empty()) rows[0].push_back(entry.heading);
  }
  for (const Cell& cell : summary.cells) {
    std::vector<std::string> row;
    for (const CellEntry& entry : cell_entries(summary, cell)) {
      if (!entry.heading.empty()) row.push_back(entry.text);
    }
    rows.push_back(std::move(row));
  }
  out << aligned_table(rows);
  if (!summary.curves.empty()) {
    out << "\nfailure against depth\n" << aligned_table(curve_rows(summary));
    for (const std::string& note : unsettled_notes(summary))
      out << "note: " << note << '\n';
  }
}

void write_summary_csv(const Summary& summary, std::ostream& out) {
  std::vector<std::string> head;
  for (const CellEntry& entry : cell_entries(summary, Cell{}))
    head.push_back(entry.key);
  out << csv_line(head);
  for (const Cell& cell : summary.cells) {
    std::vector<std::string> row;
    for (const CellEntry& entry : cell_entries(summary, cell))
      row.push_back(csv_of(entry.value));
    out << csv_line(row);
  }
}

void write_summary_json(const Summary& summary, std::ostream& out) {
  Json json = {{"name", summary.name},
               {"confidence", summary.confidence},
               {"method", to_string(summary.method)},
               {"overall", overall_json(summary.overall)},
               {"cells", Json::array()},
               {"depth50", Json::array()},
               {"trend", Json::array()}};
  for (const Cell& cell : summary.cells)
    json["cells"].push_back(cell_json(summary, cell));
  for (const DepthCurve& curve : summary.curves) {
    json["depth50"].push_back(depth50_json(summary, curve));
    json["trend"].push_back(trend_json(summary, curve));
  }
  out << json.dump(2) << '\n';
}

}  // namespace vnsweep
