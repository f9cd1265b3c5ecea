#include "host/figures/sweep_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace vnsweep::figures {

SweepView view_sweep(const std::vector<StoredRun>& runs, const Summary& summary) {
  SweepView view{.summary = summary, .runs = {}, .specs = {}, .cells = {}};
  for (const StoredRun& run : runs) {
    if (run.status != RunStatus::error) view.runs.push_back(&run);
  }
  std::sort(view.runs.begin(), view.runs.end(), [](const StoredRun* a, const StoredRun* b) {
    return std::tie(a->run_id, a->spec.seed) < std::tie(b->run_id, b->spec.seed);
  });
  for (const StoredRun* run : view.runs)
    view.specs.push_back(&run->spec);
  for (const Cell& cell : summary.cells) {
    if (cell.runs > 0) view.cells.push_back(&cell.spec);
  }
  return view;
}

const Field& depth_axis() {
  return *find_field("grid", "depth");
}

const Field& width_axis() {
  return *find_field("grid", "width");
}

DrawnDepths::DrawnDepths(const SweepView& sweep, const Arrangement& arrangement) {
  // Each takes some 250 bytes of a picture.
  constexpr std::size_t kMostMarks = 1500;
  constexpr std::size_t kLeastDepths = 8;
  const std::vector<Value> depths = axis_values(sweep.cells, depth_axis());
  all_ = depths.size();
  drawn_ = spread(
      depths, std::max(kLeastDepths, kMostMarks / (arrangement.lines() * arrangement.panels())));
}

bool DrawnDepths::contains(std::int64_t depth) const {
  return std::binary_search(drawn_.begin(), drawn_.end(), Value(depth));
}

std::string DrawnDepths::note() const {
  if (drawn_.size() == all_) return "";
  return fmt::format(" Marks are drawn at {} of {} depths.", drawn_.size(), all_);
}

std::string runs_text(std::int64_t runs) {
  return fmt::format("{} run{}", runs, runs == 1 ? "" : "s");
}

std::string sample_size_text(const std::vector<std::int64_t>& counts) {
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  if (*least == *most) return fmt::format("n = {}", runs_text(*least));
  return fmt::format("n = {} to {} runs", *least, *most);
}

std::vector<const StoredRun*> sample_runs(const std::vector<const StoredRun*>& runs,
                                          std::size_t most) {
  if (runs.size() <= most) return runs;
  std::vector<const StoredRun*> chosen;
  for (std::size_t k = 0; k < most; ++k)
    chosen.push_back(runs[k * runs.size() / most]);
  return chosen;
}

}  // namespace vnsweep::figures
