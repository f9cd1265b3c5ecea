#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

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

/// Axes that tell the curves apart: all but depth.
std::vector<const Field*> curve_axes(const Summary& summary) {
  std::vector<const Field*> axes;
  for (const Field* axis : summary.axes) {
    if (axis->name != "depth") axes.push_back(axis);
  }
  return axes;
}

std::string depth50_text(const DepthCurve& curve) {
  switch (curve.depth50.crossing) {
    case Crossing::within:
      return fmt::format("{:.4g}", *curve.depth50.estimate);
    case Crossing::deeper:
      return fmt::format("> {:g}", curve.measured.deepest);
    case Crossing::shallower:
      return fmt::format("< {:g}", curve.measured.shallowest);
    case Crossing::unsettled:
      return "?";
    case Crossing::none:
      break;
  }
  return "-";
}

/// An end that the measured depths do not give is left out.
std::string interval_text(const Depth50& depth50) {
  if (depth50.ci_low && depth50.ci_high) {
    return fmt::format("[{:.4g}, {:.4g}]", *depth50.ci_low, *depth50.ci_high);
  }
  if (depth50.ci_low) return fmt::format(">= {:.4g}", *depth50.ci_low);
  if (depth50.ci_high) return fmt::format("<= {:.4g}", *depth50.ci_high);
  return "-";
}

Rows curve_rows(const Summary& summary) {
  Rows rows(1);
  for (const Field* axis : curve_axes(summary))
    rows[0].push_back(axis_name(*axis));
  for (const std::string& heading :
       {std::string("depth50"), fmt::format("{:g} % interval", 100.0 * summary.confidence),
        std::string("trend z"), std::string("p")}) {
    rows[0].push_back(heading);
  }
  for (const DepthCurve& curve : summary.curves) {
    std::vector<std::string> row;
    for (const Field* axis : curve_axes(summary))
      row.push_back(axis_text(axis->get(curve.spec)));
    row.push_back(depth50_text(curve));
    row.push_back(interval_text(curve.depth50));
    row.push_back(curve.trend ? fmt::format("{:.2f}", curve.trend->z) : "-");
    row.push_back(curve.trend ? fmt::format("{:.2g}", curve.trend->p_value) : "-");
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What the table of curves cannot say: where the numerical search for a fit failed.
std::string unsettled_notes(const Summary& summary) {
  std::int64_t curves = 0;
  std::int64_t resamples = 0;
  for (const DepthCurve& curve : summary.curves) {
    if (curve.depth50.crossing == Crossing::unsettled) ++curves;
    resamples += curve.depth50.unsettled_resamples;
  }
  std::string notes;
  if (curves > 0) {
    notes += fmt::format(
        "note: depth50 is unknown (?) for {} of the curves (the fit did not settle); see their "
        "cells, or measure more depths\n",
        curves);
  }
  if (resamples > 0) {
    notes += fmt::format(
        "note: {} resamples count against both ends of their interval (their fit did not settle), "
        "which may be too wide\n",
        resamples);
  }
  return notes;
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
    out << "\nfailure against depth\n"
        << aligned_table(curve_rows(summary)) << unsettled_notes(summary);
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
