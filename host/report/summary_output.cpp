#include <fmt/format.h>

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

/// The axes of a curve, to which a list adds what it says of them.
Json curve_json(const Summary& summary, const DepthCurve& curve) {
  Json row = Json::object();
  for (const Field* axis : curve_axes(summary))
    row[axis_name(*axis)] = value_json(axis->get(curve.spec));
  return row;
}

Json depth50_entry(const Summary& summary, const DepthCurve& curve) {
  Json row = curve_json(summary, curve);
  row.update(depth50_json(curve));
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
          {"lower_quartile", value_json(quartiles.low)},
          {"median", value_json(quartiles.median)},
          {"upper_quartile", value_json(quartiles.high)}};
}

Json overall_json(const Overall& overall) {
  Json row = {{"runs", overall.runs},
              {"failed", overall.failed},
              {"errors", overall.errors},
              {"p_fail", value_json(overall.p_fail())},
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
  Rows rows = {shown_headings(cell_entries(summary, Cell{}))};
  for (const Cell& cell : summary.cells)
    rows.push_back(shown_texts(cell_entries(summary, cell)));
  out << aligned_table(rows);
  if (!summary.curves.empty()) {
    out << "\nfailure against depth\n" << aligned_table(curve_rows(summary));
    for (const std::string& note : unsettled_notes(summary))
      out << "note: " << note << '\n';
  }
}

void write_summary_csv(const Summary& summary, std::ostream& out) {
  out << csv_line(csv_keys(cell_entries(summary, Cell{})));
  for (const Cell& cell : summary.cells)
    out << csv_line(csv_values(cell_entries(summary, cell)));
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
    json["cells"].push_back(entries_json(cell_entries(summary, cell)));
  for (const DepthCurve& curve : summary.curves) {
    json["depth50"].push_back(depth50_entry(summary, curve));
    json["trend"].push_back(trend_json(summary, curve));
  }
  out << json.dump(2) << '\n';
}

}  // namespace vnsweep
