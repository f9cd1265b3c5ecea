#include "host/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "host/plan/run_identity.hpp"
#include "host/report/text.hpp"

namespace vnsweep {
namespace {

/// Mean of the values that exist.
class Mean {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  double value() const {
    return count_ == 0 ? std::numeric_limits<double>::quiet_NaN()
                       : sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0.0;
  std::int64_t count_ = 0;
};

/// Fields that tell the cells apart: those of the grid always, others if the manifest has them as
/// an axis or they differ between the stored runs.
std::vector<const Field*> find_axes(const Manifest& manifest, const std::vector<StoredRun>& runs) {
  std::set<const Field*> varying;
  for (const AxisGroup& group : manifest.groups) {
    for (const Axis& axis : group.axes)
      varying.insert(axis.field);
  }
  for (const Inclusion& inclusion : manifest.inclusions) {
    for (const Axis& axis : inclusion.axes)
      varying.insert(axis.field);
  }
  std::vector<const Field*> axes;
  for (const Field& field : all_fields()) {
    if (field.name == "seed" || field.is_location) continue;
    const bool differs = std::any_of(runs.begin(), runs.end(), [&](const StoredRun& run) {
      return field.get(run.spec) != field.get(runs.front().spec);
    });
    if (field.section == "grid" || varying.contains(&field) || differs) axes.push_back(&field);
  }
  return axes;
}

/// Depth varies fastest, so that a reader goes down a curve.
bool cell_before(const std::vector<const Field*>& axes, const Cell& a, const Cell& b) {
  for (std::size_t k = 1; k <= axes.size(); ++k) {
    const Field& field = *axes[k % axes.size()];
    const Value left = field.get(a.spec);
    const Value right = field.get(b.spec);
    if (left != right) return left < right;
  }
  return false;
}

nlohmann::json number_or_null(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

/// "name" of an axis; dotted where two sections use the same word.
std::string axis_name(const Field& field) {
  const auto same_name = [&](const Field& other) { return other.name == field.name; };
  const auto fields = all_fields();
  if (std::count_if(fields.begin(), fields.end(), same_name) == 1) return std::string(field.name);
  return fmt::format("{}.{}", field.section, field.name);
}

}  // namespace

double Cell::p_fail() const {
  return runs == 0 ? std::numeric_limits<double>::quiet_NaN()
                   : static_cast<double>(failed) / static_cast<double>(runs);
}

Summary summarize(const Manifest& manifest, const std::vector<StoredRun>& runs,
                  IntervalMethod method, double confidence) {
  Summary summary{.name = manifest.name,
                  .confidence = confidence,
                  .method = method,
                  .axes = find_axes(manifest, runs)};
  std::map<std::string, std::vector<const StoredRun*>> groups;
  for (const StoredRun& run : runs)
    groups[cell_text(run.spec)].push_back(&run);

  for (auto& [text, members] : groups) {
    // The order of rows in the database depends on timing; that of additions must not.
    std::sort(members.begin(), members.end(),
              [](const StoredRun* a, const StoredRun* b) { return a->spec.seed < b->spec.seed; });
    Cell cell{.spec = members.front()->spec};
    for (const FailureCause cause : {FailureCause::exploding, FailureCause::vanishing,
                                     FailureCause::walking_dead, FailureCause::unconverged}) {
      cell.causes.emplace(to_string(cause), 0);
    }
    Mean vni_initial;
    Mean vni_final;
    Mean n_eff_final;
    for (const StoredRun* run : members) {
      if (run->status == RunStatus::error) {
        ++cell.errors;
        continue;
      }
      ++cell.runs;
      vni_initial.add(run->vni_initial);
      vni_final.add(run->vni_final);
      n_eff_final.add(run->n_eff_final);
      if (run->status == RunStatus::failed) {
        ++cell.failed;
        ++cell.causes[run->cause];
      }
    }
    cell.interval = binomial_interval(method, cell.failed, cell.runs, confidence);
    cell.vni_initial_mean = vni_initial.value();
    cell.vni_final_mean = vni_final.value();
    cell.n_eff_final_mean = n_eff_final.value();
    summary.cells.push_back(std::move(cell));
  }
  std::sort(summary.cells.begin(), summary.cells.end(),
            [&](const Cell& a, const Cell& b) { return cell_before(summary.axes, a, b); });
  return summary;
}

void write_summary_table(const Summary& summary, std::ostream& out) {
  const bool any_errors = std::any_of(summary.cells.begin(), summary.cells.end(),
                                      [](const Cell& cell) { return cell.errors > 0; });
  std::vector<std::vector<std::string>> rows(1);
  for (const Field* axis : summary.axes)
    rows[0].push_back(axis_name(*axis));
  for (const char* head : {"runs", "failed", "P(fail)"})
    rows[0].emplace_back(head);
  rows[0].push_back(fmt::format("{:g} % interval", 100.0 * summary.confidence));
  for (const char* head : {"VNI start", "VNI end", "N_eff end", "exploding", "vanishing",
                           "walking dead", "unconverged"}) {
    rows[0].emplace_back(head);
  }
  if (any_errors) rows[0].emplace_back("errors");

  const auto fixed = [](double value) {
    return std::isnan(value) ? std::string("-") : fmt::format("{:.3f}", value);
  };
  for (const Cell& cell : summary.cells) {
    std::vector<std::string> row;
    for (const Field* axis : summary.axes) {
      const Value value = axis->get(cell.spec);
      const auto* number = std::get_if<double>(&value);
      row.push_back(number != nullptr ? fmt::format("{:.6g}", *number) : to_string(value));
    }
    row.push_back(std::to_string(cell.runs));
    row.push_back(std::to_string(cell.failed));
    row.push_back(fixed(cell.p_fail()));
    row.push_back(fmt::format("[{:.3f}, {:.3f}]", cell.interval.low, cell.interval.high));
    row.push_back(fixed(cell.vni_initial_mean));
    row.push_back(fixed(cell.vni_final_mean));
    row.push_back(std::isnan(cell.n_eff_final_mean) ? "-"
                                                    : fmt::format("{:.2f}", cell.n_eff_final_mean));
    for (const char* cause : {"exploding", "vanishing", "walking_dead", "unconverged"}) {
      row.push_back(std::to_string(cell.causes.at(cause)));
    }
    if (any_errors) row.push_back(std::to_string(cell.errors));
    rows.push_back(std::move(row));
  }
  out << aligned_table(rows);
}

void write_summary_csv(const Summary& summary, std::ostream& out) {
  std::vector<std::string> head;
  for (const Field* axis : summary.axes)
    head.push_back(axis_name(*axis));
  for (const char* name : {"runs", "failed", "errors", "p_fail", "ci_low", "ci_high", "confidence",
                           "method", "vni_initial_mean", "vni_final_mean", "n_eff_final_mean",
                           "exploding", "vanishing", "walking_dead", "unconverged"}) {
    head.emplace_back(name);
  }
  out << csv_line(head);
  for (const Cell& cell : summary.cells) {
    std::vector<std::string> row;
    for (const Field* axis : summary.axes)
      row.push_back(to_string(axis->get(cell.spec)));
    for (const std::int64_t count : {cell.runs, cell.failed, cell.errors}) {
      row.push_back(std::to_string(count));
    }
    for (const double value :
         {cell.p_fail(), cell.interval.low, cell.interval.high, summary.confidence}) {
      row.push_back(number_text(value));
    }
    row.emplace_back(to_string(summary.method));
    for (const double value : {cell.vni_initial_mean, cell.vni_final_mean, cell.n_eff_final_mean}) {
      row.push_back(number_text(value));
    }
    for (const char* cause : {"exploding", "vanishing", "walking_dead", "unconverged"}) {
      row.push_back(std::to_string(cell.causes.at(cause)));
    }
    out << csv_line(row);
  }
}

void write_summary_json(const Summary& summary, std::ostream& out) {
  nlohmann::ordered_json json = {{"name", summary.name},
                                 {"confidence", summary.confidence},
                                 {"method", to_string(summary.method)},
                                 {"cells", nlohmann::ordered_json::array()}};
  for (const Cell& cell : summary.cells) {
    nlohmann::ordered_json row;
    for (const Field* axis : summary.axes)
      row[axis_name(*axis)] = to_json(axis->get(cell.spec));
    row["runs"] = cell.runs;
    row["failed"] = cell.failed;
    row["errors"] = cell.errors;
    row["p_fail"] = number_or_null(cell.p_fail());
    row["ci_low"] = cell.interval.low;
    row["ci_high"] = cell.interval.high;
    row["vni_initial_mean"] = number_or_null(cell.vni_initial_mean);
    row["vni_final_mean"] = number_or_null(cell.vni_final_mean);
    row["n_eff_final_mean"] = number_or_null(cell.n_eff_final_mean);
    for (const char* cause : {"exploding", "vanishing", "walking_dead", "unconverged"}) {
      row["causes"][cause] = cell.causes.at(cause);
    }
    json["cells"].push_back(std::move(row));
  }
  out << json.dump(2) << '\n';
}

}  // namespace vnsweep
