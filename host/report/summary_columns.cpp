#include "host/report/summary_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vnsweep {
namespace {

CellEntry count(const std::string& key, const std::string& heading, std::int64_t number) {
  return {.key = key, .value = number, .heading = heading, .text = std::to_string(number)};
}

CellEntry number(const std::string& key, const std::string& heading, double value, int decimals) {
  return {.key = key,
          .value = value,
          .heading = heading,
          .text = std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals)};
}

/// What is the same in all cells, for readers of a CSV file.
CellEntry constant(const std::string& key, const Value& value) {
  return {.key = key, .value = value, .in_json = false};
}

CellEntry cause(const Cell& cell, const std::string& key, const std::string& heading) {
  const auto at = cell.causes.find(key);
  CellEntry entry = count(key, heading, at == cell.causes.end() ? 0 : at->second);
  entry.object = "causes";
  return entry;
}

}  // namespace

std::string decimal_text(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.3f}", value);
}

std::string percent_text(double confidence) {
  return fmt::format("{:g} %", 100.0 * confidence);
}

std::string interval_text(const Interval& interval) {
  return fmt::format("[{:.3f}, {:.3f}]", interval.low, interval.high);
}

std::string axis_name(const Field& field) {
  const auto same_name = [&](const Field& other) { return other.name == field.name; };
  const auto fields = all_fields();
  if (std::count_if(fields.begin(), fields.end(), same_name) == 1) return std::string(field.name);
  return fmt::format("{}.{}", field.section, field.name);
}

std::string axis_text(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  return real != nullptr ? fmt::format("{:.6g}", *real) : to_string(value);
}

std::vector<CellEntry> cell_entries(const Summary& summary, const Cell& cell) {
  std::vector<CellEntry> entries;
  for (const Field* axis : summary.axes) {
    const Value value = axis->get(cell.spec);
    const std::string name = axis_name(*axis);
    entries.push_back({.key = name, .value = value, .heading = name, .text = axis_text(value)});
  }
  entries.push_back(count("runs", "runs", cell.runs));
  entries.push_back(count("failed", "failed", cell.failed));
  entries.push_back(count("errors", summary.errors > 0 ? "errors" : "", cell.errors));
  entries.push_back(number("p_fail", "P(fail)", cell.p_fail(), 3));
  entries.push_back({.key = "ci_low",
                     .value = cell.interval.low,
                     .heading = percent_text(summary.confidence) + " interval",
                     .text = interval_text(cell.interval)});
  entries.push_back({.key = "ci_high", .value = cell.interval.high});
  entries.push_back(constant("confidence", summary.confidence));
  entries.push_back(constant("method", std::string(to_string(summary.method))));
  entries.push_back(number("vni_initial_mean", "VNI start", cell.vni_initial_mean, 3));
  entries.push_back(number("vni_final_mean", "VNI end", cell.vni_final_mean, 3));
  entries.push_back(number("n_eff_final_mean", "N_eff end", cell.n_eff_final_mean, 2));
  // Means over networks beside what mean-field theory says of them; in the table only if measured.
  const auto jacobian = [&](const char* key, const char* heading, double value) {
    CellEntry entry = number(key, summary.has_jacobians ? heading : "", value, 3);
    if (!std::isnan(value)) entry.text = fmt::format("{:.3g}", value);
    entries.push_back(std::move(entry));
  };
  jacobian("m1_initial_mean", "m_1 start", cell.m1_initial_mean);
  jacobian("m1_theory", "theory", cell.theory.m1());
  jacobian("local_vni_initial_mean", "local VNI start", cell.local_vni_initial_mean);
  jacobian("local_vni_theory", "theory", cell.theory.local_vni);
  entries.push_back(cause(cell, "exploding", "exploding"));
  entries.push_back(cause(cell, "vanishing", "vanishing"));
  entries.push_back(cause(cell, "walking_dead", "walking dead"));
  entries.push_back(cause(cell, "unconverged", "unconverged"));
  return entries;
}

}  // namespace vnsweep
