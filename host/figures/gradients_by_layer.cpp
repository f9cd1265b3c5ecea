#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/figures/canvas.hpp"
#include "host/figures/drawings.hpp"
#include "host/figures/figure_text.hpp"
#include "host/figures/table.hpp"
#include "host/report/summary_columns.hpp"
#include "host/stats/quartiles.hpp"

namespace vnsweep::figures {
namespace {

constexpr std::string_view kName = "gradients-by-layer";
constexpr std::size_t kMostRuns = 200;  ///< of a line
constexpr std::size_t kMostLayers = 60;

/// Gradients of one line, by layer from 1.
struct Profile {
  const RunSpec* spec = nullptr;
  std::int64_t runs = 0;
  std::map<std::int64_t, Quartiles> layers;
};

using Profiles = std::map<Arrangement::Place, Profile>;

std::vector<std::int64_t> layers_of(std::int64_t depth) {
  const auto count = std::min<std::int64_t>(depth, kMostLayers);
  std::vector<std::int64_t> layers;
  for (std::int64_t k = 0; k < count; ++k)
    layers.push_back(count == 1 ? 1 : 1 + k * (depth - 1) / (count - 1));
  return layers;
}

Profile profile_of(const std::vector<const StoredRun*>& runs, const ReadProbes& probes) {
  Profile profile{.spec = &runs.front()->spec, .runs = 0, .layers = {}};
  std::map<std::int64_t, std::vector<double>> values;
  for (const StoredRun* run : sample_runs(runs, kMostRuns)) {
    const std::vector<StoredProbe> all = probes(*run);
    if (all.empty() || all.front().step != 0) continue;
    ++profile.runs;
    const std::vector<double>& gradients = all.front().gradient_rms;
    for (const std::int64_t layer : layers_of(run->spec.depth))
      values[layer].push_back(gradients.at(static_cast<std::size_t>(layer - 1)));
  }
  for (auto& [layer, found] : values) {
    const Quartiles summary = quartiles(std::move(found));
    // What is zero or not finite has no place on a logarithmic axis.
    if (summary.count > 0 && summary.low > 0.0 && std::isfinite(summary.high))
      profile.layers.emplace(layer, summary);
  }
  return profile;
}

std::vector<Column> data_of(const Arrangement& arrangement, const Profiles& profiles) {
  std::vector<std::string> names = {"panel",          "line",   "layer",         "runs",
                                    "lower_quartile", "median", "upper_quartile"};
  for (const Field* axis : arrangement.free_axes())
    names.push_back(axis_name(*axis));
  Table table(names);
  for (const auto& [place, profile] : profiles) {
    for (const auto& [layer, summary] : profile.layers) {
      std::vector<Table::Entry> row = {static_cast<std::int64_t>(place.panel + 1),
                                       static_cast<std::int64_t>(place.line + 1),
                                       layer,
                                       summary.count,
                                       summary.low,
                                       summary.median,
                                       summary.high};
      for (const Field* axis : arrangement.free_axes())
        row.emplace_back(axis->get(*profile.spec));
      table.add(row);
    }
  }
  return std::move(table).take();
}

std::string script_of(const Canvas& canvas, const Arrangement& arrangement,
                      const Profiles& profiles) {
  std::int64_t deepest = 1;
  double least = 1e300;
  double greatest = 1e-300;
  for (const auto& [place, profile] : profiles) {
    for (const auto& [layer, summary] : profile.layers) {
      deepest = std::max(deepest, layer);
      least = std::min(least, summary.low);
      greatest = std::max(greatest, summary.high);
    }
  }
  // Whole powers of ten.
  const int low = static_cast<int>(std::floor(std::log10(least)));
  const int high = std::max(low + 1, static_cast<int>(std::ceil(std::log10(greatest))));
  std::string text = canvas.head(kName);
  text += fmt::format("set logscale y\nset xrange [0:{}]\nset yrange [1e{}:1e{}]\n",
                      1.03 * static_cast<double>(deepest), low, high);
  text += decade_tics("y", low, high);
  for (std::size_t panel = 0; panel < arrangement.panels(); ++panel) {
    text += canvas.panel(panel) + "plot \\\n";
    for (const auto& [place, profile] : profiles) {
      if (place.panel != panel || profile.layers.empty()) continue;
      const std::size_t number = place.line + 1;
      const std::string data = fmt::format(
          "  '{}.csv' using (here({}, {}, column('layer'))):", kName, panel + 1, number);
      text += fmt::format(
          "{}(column('lower_quartile')):(column('upper_quartile')) with filledcurves fillstyle "
          "transparent solid 0.2 noborder linetype {} notitle, \\\n"
          "{}(column('median')) with lines linetype {} notitle, \\\n",
          data, number, data, number);
    }
    text += "  0 notitle\n";
  }
  return text + canvas.tail();
}

std::string finding_of(const Arrangement& arrangement, const Profiles& profiles) {
  constexpr std::size_t kSpoken = 6;
  std::size_t spoken = 0;
  std::string text = "Ratio of the median gradient in layer 1 to that in the last layer. ";
  for (const auto& [place, profile] : profiles) {
    if (profile.layers.size() < 2) continue;
    if (++spoken > kSpoken) return text + "; and more lines.";
    const std::string name = arrangement.text(place);
    text += fmt::format("{}{}{}{}", spoken > 1 ? "; " : "", name, name.empty() ? "" : ": ",
                        short_number(profile.layers.begin()->second.median /
                                     profile.layers.rbegin()->second.median));
  }
  return text + ".";
}

}  // namespace

std::optional<Figure> gradients_by_layer(const SweepView& sweep, const ReadProbes& probes) {
  const Arrangement arrangement(
      sweep.cells, sweep.summary.axes,
      {.fixed = {}, .line = &depth_axis(), .room = {.lines = kLineTypes, .panels = 6}});
  std::map<Arrangement::Place, std::vector<const StoredRun*>> members;
  for (const StoredRun* run : sweep.runs) {
    const auto place = arrangement.place(run->spec);
    if (place) members[*place].push_back(run);
  }
  Profiles profiles;
  std::size_t longest = 0;
  std::vector<std::int64_t> sizes;
  for (const auto& [place, runs] : members) {
    Profile profile = profile_of(runs, probes);
    if (profile.layers.empty()) continue;
    longest = std::max(longest, profile.layers.size());
    sizes.push_back(profile.runs);
    profiles.emplace(place, std::move(profile));
  }
  if (longest < 2) return std::nullopt;

  const Canvas canvas({.x_label = "layer l (1: next to the input)",
                       .y_labels = {"gradient RMS g_l"},
                       .panel_titles = arrangement.panel_titles(),
                       .key = line_key(arrangement.line_labels(), "lines")});
  Figure figure{.name = std::string(kName), .title = "Gradients across layers before training"};
  figure.caption = fmt::format(
      "g_l, the root mean square of ∂loss/∂h_l over the training samples and nodes, at "
      "initialisation; medians over runs, with bands from the lower to the upper quartile; {} a "
      "line. A line that falls to the left shows vanishing gradients. Layers where a quarter of "
      "the runs have none, or one that is not finite, are not drawn; of deep networks, {} layers "
      "are.{}",
      sample_size_text(sizes), kMostLayers, arrangement.left_out());
  figure.finding = finding_of(arrangement, profiles);
  figure.data = data_of(arrangement, profiles);
  figure.script = script_of(canvas, arrangement, profiles);
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace vnsweep::figures
