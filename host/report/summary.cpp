#include "host/report/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "host/plan/run_identity.hpp"

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

/// Depth, the first axis, varies fastest, so that a reader goes down a curve.
bool comes_before(const std::vector<const Field*>& axes, const RunSpec& a, const RunSpec& b) {
  for (std::size_t k = 1; k <= axes.size(); ++k) {
    const Field& field = *axes[k % axes.size()];
    const Value left = field.get(a);
    const Value right = field.get(b);
    if (left != right) return left < right;
  }
  return false;
}

/// @param members  runs of one cell
Cell measure_cell(std::vector<const StoredRun*> members, IntervalMethod method, double confidence) {
  // The order of rows in the database depends on timing; that of additions must not.
  std::sort(members.begin(), members.end(),
            [](const StoredRun* a, const StoredRun* b) { return a->spec.seed < b->spec.seed; });
  Cell cell{.spec = members.front()->spec};
  cell.causes = no_failures();
  Mean vni_initial;
  Mean vni_final;
  Mean n_eff_final;
  Mean m1_initial;
  Mean local_vni_initial;
  for (const StoredRun* run : members) {
    if (run->status == RunStatus::error) {
      ++cell.errors;
      continue;
    }
    ++cell.runs;
    vni_initial.add(run->vni_initial);
    vni_final.add(run->vni_final);
    n_eff_final.add(run->n_eff_final);
    m1_initial.add(run->m1_initial);
    local_vni_initial.add(run->local_vni_initial);
    if (run->status == RunStatus::failed) {
      ++cell.failed;
      ++cell.causes[run->cause];
    }
  }
  cell.interval = binomial_interval(method, cell.failed, cell.runs, confidence);
  cell.vni_initial_mean = vni_initial.value();
  cell.vni_final_mean = vni_final.value();
  cell.n_eff_final_mean = n_eff_final.value();
  cell.m1_initial_mean = m1_initial.value();
  cell.local_vni_initial_mean = local_vni_initial.value();
  return cell;
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

  MeanField mean_field;
  for (auto& [text, members] : groups) {
    Cell cell = measure_cell(std::move(members), method, confidence);
    cell.theory = mean_field.layers(network_prior(cell.spec), probe_inputs(cell.spec)).back();
    summary.errors += cell.errors;
    summary.has_jacobians = summary.has_jacobians || !std::isnan(cell.local_vni_initial_mean);
    summary.cells.push_back(std::move(cell));
  }
  std::sort(summary.cells.begin(), summary.cells.end(), [&](const Cell& a, const Cell& b) {
    return comes_before(summary.axes, a.spec, b.spec);
  });
  summary.curves = measure_depth_curves(runs, confidence);
  std::sort(summary.curves.begin(), summary.curves.end(),
            [&](const DepthCurve& a, const DepthCurve& b) {
              return comes_before(summary.axes, a.spec, b.spec);
            });
  summary.overall = measure_overall(runs, method, confidence);
  return summary;
}

}  // namespace vnsweep
