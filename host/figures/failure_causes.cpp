#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "host/figures/canvas.hpp"
#include "host/figures/drawings.hpp"
#include "host/figures/figure_text.hpp"
#include "host/figures/table.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::figures {
namespace {

constexpr std::string_view kName = "failure-causes";

struct CauseLook {
  FailureCause cause;
  std::string_view label;
  std::string_view color;  ///< neighbours in a bar differ in lightness
};

constexpr std::array<CauseLook, 4> kCauses = {
    {{FailureCause::walking_dead, "walking dead", kBlue},
     {FailureCause::unconverged, "unconverged", "#DDDDDD"},
     {FailureCause::vanishing, "vanishing gradients", kOrange},
     {FailureCause::exploding, "exploding gradients", kPurple}}};

/// Outcomes of one bar.
struct Bar {
  std::int64_t runs = 0;
  std::int64_t failed = 0;
  std::array<std::int64_t, kCauses.size()> causes{};
};

/// Bars by panel and depth.
using Bars = std::map<std::pair<std::size_t, std::int64_t>, Bar>;

void add(const Cell& cell, Bar& bar) {
  bar.runs += cell.runs;
  bar.failed += cell.failed;
  for (std::size_t k = 0; k < kCauses.size(); ++k)
    bar.causes[k] += cell.causes.at(std::string(to_string(kCauses[k].cause)));
}

double share(std::int64_t part, std::int64_t all) {
  return static_cast<double>(part) / static_cast<double>(all);
}

std::vector<Column> data_of(const Arrangement& arrangement, const Bars& bars,
                            const std::vector<std::int64_t>& depths) {
  std::vector<std::string> names = {"panel", "bar", "depth", "runs", "failed"};
  for (const char* suffix : {"", "_share"}) {
    for (const CauseLook& look : kCauses)
      names.push_back(std::string(to_string(look.cause)) + suffix);
  }
  names.emplace_back("panel_title");
  Table table(names);
  for (const auto& [place, bar] : bars) {
    const auto at = std::lower_bound(depths.begin(), depths.end(), place.second) - depths.begin();
    std::vector<Table::Entry> row = {static_cast<std::int64_t>(place.first + 1),
                                     static_cast<std::int64_t>(at + 1), place.second, bar.runs,
                                     bar.failed};
    for (const std::int64_t count : bar.causes)
      row.emplace_back(count);
    for (const std::int64_t count : bar.causes)
      row.emplace_back(share(count, bar.runs));
    row.emplace_back(std::string_view(arrangement.panel_titles().at(place.first)));
    table.add(row);
  }
  return std::move(table).take();
}

std::string script_of(const Canvas& canvas, const std::vector<std::int64_t>& depths,
                      std::size_t panels) {
  const auto count = static_cast<double>(depths.size());
  std::string text = canvas.head(kName);
  text += fmt::format("set xrange [0.4:{}]\nset yrange [0:1.1]\nset ytics 0,0.25,1\n", count + 0.6);
  text += "set grid noxtics\nset xtics (";
  const auto room = static_cast<std::size_t>(canvas.panel_width() / 0.6);
  const std::size_t step = (depths.size() + room - 1) / room;
  for (std::size_t k = 0; k < depths.size(); k += step)
    text += fmt::format("{}'{}' {}", k > 0 ? ", " : "", depths[k], k + 1);
  text += ")\nset xtics offset 0,0.2\nset style fill solid 1 border linecolor rgb '#000000'\n";
  for (std::size_t panel = 0; panel < panels; ++panel) {
    text += canvas.panel(panel) + "plot \\\n";
    // Each cause stands on the sum of those before it.
    std::string below = "0";
    for (const CauseLook& look : kCauses) {
      const std::string column = fmt::format("column('{}_share')", to_string(look.cause));
      const std::string above = below + " + " + column;
      text += fmt::format(
          "  '{}.csv' using (column('panel') == {} && {} > 0 ? column('bar') : NaN):"
          "({}):(column('bar') - 0.4):(column('bar') + 0.4):({}):({}) "
          "with boxxyerror fillcolor rgb '{}' linewidth 0.5 dashtype 1 notitle, \\\n",
          kName, panel + 1, column, above, below, above, look.color);
      below = above;
    }
    text += "  -1 notitle\n";
  }
  return text + canvas.tail();
}

std::string finding_of(const Bars& bars) {
  Bar all;
  for (const auto& [place, bar] : bars) {
    all.runs += bar.runs;
    all.failed += bar.failed;
    for (std::size_t k = 0; k < kCauses.size(); ++k)
      all.causes[k] += bar.causes[k];
  }
  std::vector<std::string> parts;
  for (std::size_t k = 0; k < kCauses.size(); ++k) {
    if (all.causes[k] > 0) parts.push_back(fmt::format("{} {}", all.causes[k], kCauses[k].label));
  }
  return fmt::format("Of {}, {} failed: {}.", runs_text(all.runs), all.failed, enumeration(parts));
}

std::string caption_of(const SweepView& sweep, const Arrangement& arrangement, const Bars& bars) {
  std::vector<std::int64_t> sizes;
  for (const auto& [place, bar] : bars)
    sizes.push_back(bar.runs);
  const RunSpec& first = *sweep.specs.front();
  const bool same = std::all_of(sweep.specs.begin(), sweep.specs.end(), [&](const RunSpec* spec) {
    return spec->diagnosis_gradient_ratio == first.diagnosis_gradient_ratio &&
           spec->diagnosis_vni == first.diagnosis_vni;
  });
  const std::string ratio = same ? short_number(first.diagnosis_gradient_ratio) : "the threshold";
  const std::string vni = same ? short_number(first.diagnosis_vni) : "its threshold";
  return fmt::format(
      "Failed runs by cause, as a share of all runs of a depth; {} a bar. From the last probe: "
      "exploding if loss, weights or gradients are not finite or "
      "log₁₀(g₁/g_L) > {}; vanishing if below -{}; walking dead if neither and the VNI of the "
      "last hidden layer is at least {}; else unconverged.{}",
      sample_size_text(sizes), ratio, ratio, vni, arrangement.left_out());
}

}  // namespace

std::optional<Figure> failure_causes(const SweepView& sweep) {
  const auto failed_cell = [](const Cell& cell) { return cell.failed > 0; };
  if (std::none_of(sweep.summary.cells.begin(), sweep.summary.cells.end(), failed_cell))
    return std::nullopt;
  const Arrangement arrangement(
      sweep.cells, sweep.summary.axes,
      {.fixed = {&depth_axis()}, .lines = false, .room = {.lines = 1, .panels = 9}});
  constexpr std::size_t kMostBars = 40;
  std::vector<std::int64_t> depths;
  const std::vector<Value> all_depths = axis_values(sweep.cells, depth_axis());
  for (const Value& value : spread(all_depths, kMostBars))
    depths.push_back(std::get<std::int64_t>(value));
  Bars bars;
  std::int64_t failures = 0;
  for (const Cell& cell : sweep.summary.cells) {
    const auto place = arrangement.place(cell.spec);
    if (cell.runs == 0 || !place) continue;
    if (!std::binary_search(depths.begin(), depths.end(), cell.spec.depth)) continue;
    add(cell, bars[{place->panel, cell.spec.depth}]);
    failures += cell.failed;
  }
  if (failures == 0) return std::nullopt;

  std::vector<KeyEntry> key;
  for (const CauseLook& look : kCauses) {
    key.push_back({.style = fmt::format("with boxes fillstyle solid 1 border linecolor rgb "
                                        "'#000000' fillcolor rgb '{}' linewidth 0.5 "
                                        "dashtype 1",
                                        look.color),
                   .label = std::string(look.label)});
  }
  const Canvas canvas({.x_label = "depth L (hidden layers)",
                       .y_labels = {"share of runs"},
                       .panel_titles = arrangement.panel_titles(),
                       .key = key});
  Figure figure{.name = std::string(kName), .title = "Causes of failure by depth"};
  figure.caption = caption_of(sweep, arrangement, bars);
  if (depths.size() < all_depths.size())
    figure.caption += fmt::format(" Drawn are {} of {} depths.", depths.size(), all_depths.size());
  figure.finding = finding_of(bars);
  figure.data = data_of(arrangement, bars, depths);
  figure.script = script_of(canvas, depths, arrangement.panels());
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace vnsweep::figures
