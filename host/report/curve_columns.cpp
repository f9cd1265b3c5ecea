#include "host/report/curve_columns.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/report/summary_columns.hpp"

namespace vnsweep {

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

std::string depth50_interval_text(const Depth50& depth50) {
  if (depth50.ci_low && depth50.ci_high) {
    return fmt::format("[{:.4g}, {:.4g}]", *depth50.ci_low, *depth50.ci_high);
  }
  if (depth50.ci_low) return fmt::format(">= {:.4g}", *depth50.ci_low);
  if (depth50.ci_high) return fmt::format("<= {:.4g}", *depth50.ci_high);
  return "-";
}

nlohmann::ordered_json depth50_json(const DepthCurve& curve) {
  const auto or_null = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  const Depth50& depth50 = curve.depth50;
  nlohmann::ordered_json row = {{"estimate", or_null(depth50.estimate)},
                                {"ci_low", or_null(depth50.ci_low)},
                                {"ci_high", or_null(depth50.ci_high)},
                                {"bracketed", depth50.bracketed()},
                                {"crossing", to_string(depth50.crossing)}};
  if (depth50.unsettled_resamples > 0) row["unsettled_resamples"] = depth50.unsettled_resamples;
  row["method"] = depth50_method(curve.spec.seeding);
  return row;
}

std::vector<std::vector<std::string>> curve_rows(const Summary& summary) {
  std::vector<std::vector<std::string>> rows(1);
  for (const Field* axis : curve_axes(summary))
    rows[0].push_back(axis_name(*axis));
  for (const std::string& heading :
       {std::string("depth50"), percent_text(summary.confidence) + " interval",
        std::string("trend z"), std::string("p")}) {
    rows[0].push_back(heading);
  }
  for (const DepthCurve& curve : summary.curves) {
    std::vector<std::string> row;
    for (const Field* axis : curve_axes(summary))
      row.push_back(axis_text(axis->get(curve.spec)));
    row.push_back(depth50_text(curve));
    row.push_back(depth50_interval_text(curve.depth50));
    row.push_back(curve.trend ? fmt::format("{:.2f}", curve.trend->z) : "-");
    row.push_back(curve.trend ? fmt::format("{:.2g}", curve.trend->p_value) : "-");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> unsettled_notes(const Summary& summary) {
  std::int64_t curves = 0;
  std::int64_t resamples = 0;
  for (const DepthCurve& curve : summary.curves) {
    if (curve.depth50.crossing == Crossing::unsettled) ++curves;
    resamples += curve.depth50.unsettled_resamples;
  }
  std::vector<std::string> notes;
  if (curves > 0) {
    notes.push_back(
        fmt::format("depth50 is unknown (?) for {} of the curves (the fit did not settle); see "
                    "their cells, or measure more depths",
                    curves));
  }
  if (resamples > 0) {
    notes.push_back(
        fmt::format("{} resamples count against both ends of their interval (their fit did not "
                    "settle), which may be too wide",
                    resamples));
  }
  return notes;
}

}  // namespace vnsweep
