#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "host/figures/canvas.hpp"
#include "host/figures/drawings.hpp"
#include "host/figures/figure_text.hpp"
#include "host/figures/table.hpp"

namespace vnsweep::figures {
namespace {

constexpr std::string_view kName = "nodes-against-gradients";
/// Beyond these the picture gets large and shows no more.
constexpr std::size_t kMostPoints = 3000;

struct OutcomeLook {
  std::string_view outcome;  ///< "succeeded", or the cause as it is stored
  std::string_view label;
  std::string_view color;
  int marker;
};

constexpr std::array<OutcomeLook, 5> kOutcomes = {{{"succeeded", "succeeded", kSky, 6},
                                                   {"walking_dead", "walking dead", kBlue, 9},
                                                   {"unconverged", "unconverged", kGrey, 1},
                                                   {"vanishing", "vanishing", kVermillion, 13},
                                                   {"exploding", "exploding", kOrange, 5}}};

std::string_view outcome_of(const StoredRun& run) {
  return run.status == RunStatus::succeeded ? std::string_view("succeeded")
                                            : std::string_view(run.cause);
}

bool has_place(const StoredRun& run) {
  return std::isfinite(run.vni_final) && std::isfinite(run.log10_gradient_ratio);
}

std::size_t index_of(std::string_view outcome) {
  const auto* look =
      std::find_if(kOutcomes.begin(), kOutcomes.end(),
                   [&](const OutcomeLook& known) { return known.outcome == outcome; });
  return static_cast<std::size_t>(look - kOutcomes.begin());
}

/// Thresholds of the diagnosis where all runs share them.
std::string threshold_lines(const SweepView& sweep) {
  std::set<std::pair<double, double>> thresholds;
  for (const RunSpec* spec : sweep.specs)
    thresholds.emplace(spec->diagnosis_gradient_ratio, spec->diagnosis_vni);
  if (thresholds.size() != 1) return "";
  const auto [ratio, vni] = *thresholds.begin();
  const std::string look =
      fmt::format("nohead linecolor rgb '{}' linewidth 0.8 dashtype (6,4)\n", kGrey);
  return fmt::format(
      "set arrow from {0},graph 0 to {0},graph 1 {3}set arrow from -{0},graph 0 to -{0},graph 1 "
      "{3}set arrow from -{0},{1} to {0},{1} {2}",
      ratio, vni, look, look);
}

std::string script_of(const Canvas& canvas, const SweepView& sweep,
                      const std::pair<double, double>& range,
                      const std::vector<std::size_t>& present) {
  std::string text = canvas.head(kName);
  text += fmt::format("set xrange [{:.3g}:{:.3g}]\nset yrange [0:1.03]\nset ytics 0,0.25,1\n",
                      range.first, range.second);
  text += fmt::format("within(x) = x < {0:.3g} ? {0:.3g} : x > {1:.3g} ? {1:.3g} : x\n",
                      range.first, range.second);
  text += canvas.panel(0) + threshold_lines(sweep) + "plot \\\n";
  for (std::size_t k = 0; k < present.size(); ++k) {
    const OutcomeLook& look = kOutcomes.at(present[k]);
    text += fmt::format(
        "  '{}.csv' using (stringcolumn('outcome') eq '{}' ? "
        "within(column('log10_gradient_ratio')) : NaN)"
        ":(column('vni')) with points pointtype {} pointsize 0.4 linewidth 0.8 "
        "linecolor rgb '{}' notitle{}\n",
        kName, look.outcome, look.marker, look.color, k + 1 < present.size() ? ", \\" : "");
  }
  return text + canvas.tail();
}

std::string finding_of(const std::vector<const StoredRun*>& runs) {
  std::int64_t failed = 0;
  std::int64_t apart = 0;  ///< healthy gradients, yet nearly one effective node
  std::vector<double> failed_vni;
  std::vector<double> succeeded_vni;
  for (const StoredRun* run : runs) {
    if (run->status == RunStatus::succeeded) {
      succeeded_vni.push_back(run->vni_final);
      continue;
    }
    ++failed;
    failed_vni.push_back(run->vni_final);
    if (run->cause == to_string(FailureCause::walking_dead)) ++apart;
  }
  const auto median = [](std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  if (failed == 0)
    return fmt::format("None of {} failed.", runs_text(static_cast<std::int64_t>(runs.size())));
  std::string text = fmt::format(
      "Of {} failed runs, {} are walking dead: gradients of a healthy ratio, but VNI at or above "
      "the threshold.",
      failed, apart);
  if (!failed_vni.empty() && !succeeded_vni.empty()) {
    text += fmt::format(" Median VNI {:.2f} in failed runs and {:.2f} in succeeded ones.",
                        median(failed_vni), median(succeeded_vni));
  }
  return text;
}

}  // namespace

std::optional<Figure> nodes_against_gradients(const SweepView& sweep) {
  std::vector<const StoredRun*> placed;
  for (const StoredRun* run : sweep.runs) {
    // One layer's gradients are their own ratio: nothing to see.
    if (has_place(*run) && run->spec.depth > 1) placed.push_back(run);
  }
  if (placed.size() < 2) return std::nullopt;
  const std::vector<const StoredRun*> shown = sample_runs(placed, kMostPoints);

  Table table({"log10_gradient_ratio", "vni", "depth", "width", "outcome", "run_id"});
  std::array<std::int64_t, kOutcomes.size()> counts{};
  // Both thresholds are in sight, however little the gradients differ; a few that explode by a
  // hundred orders of magnitude do not push all others together.
  const double threshold = shown.front()->spec.diagnosis_gradient_ratio;
  const double reach = 4.0 * threshold;
  std::pair<double, double> range = {-1.1 * threshold, 1.1 * threshold};
  std::int64_t beyond = 0;
  for (const StoredRun* run : shown) {
    const std::string_view outcome = outcome_of(*run);
    ++counts.at(index_of(outcome));
    const double ratio = run->log10_gradient_ratio;
    range.first = std::min(range.first, std::max(1.05 * ratio, -reach));
    range.second = std::max(range.second, std::min(1.05 * ratio, reach));
    if (std::abs(ratio) > reach) ++beyond;
    table.add({run->log10_gradient_ratio, run->vni_final, run->spec.depth, run->spec.width, outcome,
               std::string_view(run->run_id)});
  }
  std::vector<std::size_t> present;
  std::vector<KeyEntry> key;
  for (std::size_t k = 0; k < kOutcomes.size(); ++k) {
    if (counts[k] == 0) continue;
    present.push_back(k);
    key.push_back({.style = fmt::format("with points pointtype {} pointsize 0.7 linecolor rgb '{}'",
                                        kOutcomes[k].marker, kOutcomes[k].color),
                   .label = fmt::format("{} ({})", kOutcomes[k].label, counts[k])});
  }
  const Canvas canvas({.x_label = "log₁₀(g₁/g_L)",
                       .y_labels = {"VNI of the last hidden layer"},
                       .panel_titles = {""},
                       .key = key});
  Figure figure{.name = std::string(kName), .title = "Vanishing nodes against vanishing gradients"};
  figure.caption = fmt::format(
      "One mark a run, at its end: the vanishing node indicator of the last hidden layer (1: one "
      "effective node) against the gradients' ratio, g_l the root mean square of ∂loss/∂h_l. Left: "
      "gradients vanish towards the input; right: they explode. Dashed: thresholds of the "
      "diagnosis. All axes of the sweep are pooled; {} of {} runs are shown",
      shown.size(), sweep.runs.size());
  if (shown.size() < placed.size()) {
    figure.caption +=
        fmt::format(", an even sample of the {} that have both numbers", placed.size());
  } else if (placed.size() < sweep.runs.size()) {
    figure.caption +=
        ", the others have one hidden layer, no live node, or a ratio that is not finite";
  }
  figure.caption += '.';
  if (beyond > 0) {
    figure.caption += fmt::format(" {} with a ratio beyond ±{} stand at the edge.",
                                  runs_text(beyond), short_number(reach));
  }
  figure.finding = finding_of(placed);
  figure.data = std::move(table).take();
  figure.script = script_of(canvas, sweep, range, present);
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace vnsweep::figures
