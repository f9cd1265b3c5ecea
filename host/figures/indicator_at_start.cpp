#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "host/figures/canvas.hpp"
#include "host/figures/drawings.hpp"
#include "host/figures/figure_text.hpp"
#include "host/figures/table.hpp"
#include "host/plan/run_identity.hpp"
#include "host/report/summary_columns.hpp"
#include "host/stats/quartiles.hpp"
#include "host/theory/mean_field.hpp"

namespace vnsweep::figures {
namespace {

/// A cell's indicator over its seeds.
struct Point {
  const Cell* cell;
  double mean;
  Quartiles values;
};

using Points = std::map<Arrangement::Place, std::vector<Point>>;

/// Which indicator: of the outputs of nodes, or the local one.
struct Indicator {
  double StoredRun::*of_run;
  double Cell::*mean;
};

constexpr Indicator kNodes = {&StoredRun::vni_initial, &Cell::vni_initial_mean};
constexpr Indicator kLocal = {&StoredRun::local_vni_initial, &Cell::local_vni_initial_mean};

/// Points of what the arrangement shows, each line by depth.
Points collect(const SweepView& sweep, const Arrangement& arrangement, const DrawnDepths& drawn,
               const Indicator& indicator) {
  std::map<std::string, std::vector<double>> values;
  for (const StoredRun* run : sweep.runs) {
    if (arrangement.place(run->spec) && drawn.contains(run->spec.depth))
      values[cell_text(run->spec)].push_back(run->*indicator.of_run);
  }
  Points points;
  for (const Cell& cell : sweep.summary.cells) {
    const auto place = arrangement.place(cell.spec);
    if (cell.runs == 0 || !place || !drawn.contains(cell.spec.depth)) continue;
    const Quartiles found = quartiles(values[cell_text(cell.spec)]);
    if (found.count == 0) continue;
    points[*place].push_back({.cell = &cell, .mean = cell.*indicator.mean, .values = found});
  }
  for (auto& [place, line] : points) {
    std::sort(line.begin(), line.end(), [](const Point& a, const Point& b) {
      return a.cell->spec.depth < b.cell->spec.depth;
    });
  }
  return points;
}

/// About 60 of the layers, dense where they are few.
std::vector<std::int64_t> layers_to_draw(std::int64_t deepest) {
  std::vector<std::int64_t> layers;
  constexpr int kLayers = 40;
  for (int k = 0; k <= kLayers; ++k) {
    const double layer = std::pow(static_cast<double>(deepest), static_cast<double>(k) / kLayers);
    layers.push_back(static_cast<std::int64_t>(std::lround(layer)));
  }
  for (std::int64_t layer = 1; layer <= std::min<std::int64_t>(deepest, kLayers); ++layer)
    layers.push_back(layer);
  std::sort(layers.begin(), layers.end());
  layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
  return layers;
}

std::vector<Table::Entry> leading_entries(std::string_view kind, const Arrangement::Place& place,
                                          std::int64_t depth) {
  return {static_cast<std::int64_t>(kind == "measured" ? 1 : 2),
          static_cast<std::int64_t>(place.panel + 1), static_cast<std::int64_t>(place.line + 1),
          depth};
}

/// Rows of what was measured, and of what theory says at all depths up to the deepest.
Table depth_table(const Arrangement& arrangement, const Points& points) {
  std::vector<std::string> names = {"kind",           "panel",       "line",           "depth",
                                    "runs",           "mean",        "lower_quartile", "median",
                                    "upper_quartile", "first_order", "annealed"};
  for (const Field* axis : arrangement.free_axes())
    names.push_back(axis_name(*axis));
  Table table(names);
  MeanField theory;
  const double none = std::nan("");
  for (const auto& [place, line] : points) {
    const auto add = [&](const RunSpec& spec, std::vector<Table::Entry> row,
                         const std::vector<Table::Entry>& numbers) {
      row.insert(row.end(), numbers.begin(), numbers.end());
      for (const Field* axis : arrangement.free_axes())
        row.emplace_back(axis->get(spec));
      table.add(row);
    };
    for (const Point& point : line) {
      add(point.cell->spec, leading_entries("measured", place, point.cell->spec.depth),
          {point.values.count, point.mean, point.values.low, point.values.median, point.values.high,
           none, none});
    }
    const RunSpec& deepest = line.back().cell->spec;
    const auto layers = theory.layers(network_prior(deepest), probe_inputs(deepest));
    for (const std::int64_t layer : layers_to_draw(deepest.depth)) {
      const LayerPrediction& prediction = layers.at(static_cast<std::size_t>(layer - 1));
      const auto known = [&](double value) { return std::isfinite(value) ? value : none; };
      add(deepest, leading_entries("theory", place, layer),
          {std::string_view(), none, none, none, none, known(prediction.local_vni),
           known(prediction.annealed_vni)});
    }
  }
  return table;
}

struct DepthFigure {
  std::string_view name;
  std::string_view title;
  std::string_view shown;  ///< what the caption says of marks and lines
  bool first_order;        ///< whether to draw that prediction too
};

std::string depth_script(const DepthFigure& which, const Canvas& canvas,
                         const Arrangement& arrangement, const Points& points) {
  double least = 1e300;
  double greatest = 0.0;
  for (const auto& [place, line] : points) {
    least = std::min(least, static_cast<double>(line.front().cell->spec.depth));
    greatest = std::max(greatest, static_cast<double>(line.back().cell->spec.depth));
  }
  const bool logarithmic = wants_logarithm(least, greatest);
  std::string text = canvas.head(which.name);
  text += "select(kind, panel, line, x) = column('kind') == kind ? here(panel, line, x) : NaN\n";
  text += axis_scale("x", logarithmic);
  text += logarithmic ? fmt::format("set xrange [{}:{}]\n", 0.9 * least, 1.1 * greatest)
                      : fmt::format("set xrange [0:{}]\n", 1.03 * greatest);
  text += "set yrange [0:1.03]\nset ytics 0,0.25,1\n";
  for (std::size_t panel = 0; panel < arrangement.panels(); ++panel) {
    text += canvas.panel(panel) + "plot \\\n";
    for (const auto& [place, line] : points) {
      if (place.panel != panel) continue;
      const std::size_t number = place.line + 1;
      const auto curve = [&](std::string_view column, std::string_view look) {
        return fmt::format(
            "  '{}.csv' using (select(2, {}, {}, column('depth'))):(column('{}')) "
            "with lines linetype {} {} notitle, \\\n",
            which.name, panel + 1, number, column, number, look);
      };
      text += curve("annealed", "");
      if (which.first_order) text += curve("first_order", "linewidth 0.5 dashtype 1");
      text +=
          interval_marks(which.name,
                         {.x = fmt::format("select(1, {}, {}, column('depth'))", panel + 1, number),
                          .middle = "median",
                          .low = "lower_quartile",
                          .high = "upper_quartile"},
                         number);
    }
    text += "  -1 notitle\n";
  }
  return text + canvas.tail();
}

std::vector<std::int64_t> sizes_of(const Points& points) {
  std::vector<std::int64_t> sizes;
  for (const auto& [place, line] : points) {
    for (const Point& point : line)
      sizes.push_back(point.values.count);
  }
  return sizes;
}

std::string depth_finding(const Arrangement& arrangement, const Points& points) {
  constexpr std::size_t kSpoken = 6;
  std::vector<std::string> parts;
  for (const auto& [place, line] : points) {
    if (parts.size() == kSpoken) break;
    const std::string name = arrangement.text(place);
    parts.push_back(fmt::format("{}{}{:.2f} at depth {}, {:.2f} at depth {}", name,
                                name.empty() ? "" : ": ", line.front().values.median,
                                line.front().cell->spec.depth, line.back().values.median,
                                line.back().cell->spec.depth));
  }
  std::string text = "Median before training. ";
  for (std::size_t k = 0; k < parts.size(); ++k)
    text += (k > 0 ? "; " : "") + parts[k];
  if (points.size() > kSpoken) text += fmt::format("; and {} more lines", points.size() - kSpoken);
  return text + ".";
}

std::optional<Figure> against_depth(const SweepView& sweep, const Indicator& indicator,
                                    const DepthFigure& which) {
  if (axis_values(sweep.cells, depth_axis()).size() < 2) return std::nullopt;
  const Arrangement arrangement(
      sweep.cells, sweep.summary.axes,
      {.fixed = {&depth_axis()}, .room = {.lines = kLineTypes, .panels = 9}});
  const DrawnDepths drawn(sweep, arrangement);
  const Points points = collect(sweep, arrangement, drawn, indicator);
  if (points.empty()) return std::nullopt;
  const Canvas canvas({.x_label = "depth L (hidden layers)",
                       .y_labels = {which.first_order ? "local VNI at start" : "VNI at start"},
                       .panel_titles = arrangement.panel_titles(),
                       .key = line_key(arrangement.line_labels(), "linespoints")});
  Figure figure{.name = std::string(which.name), .title = std::string(which.title)};
  figure.finding = depth_finding(arrangement, points);
  figure.caption =
      fmt::format("{}; {} a point.{}{}", which.shown, sample_size_text(sizes_of(points)),
                  drawn.note(), arrangement.left_out());
  figure.data = depth_table(arrangement, points).take();
  figure.script = depth_script(which, canvas, arrangement, points);
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace

std::optional<Figure> indicator_against_depth(const SweepView& sweep) {
  return against_depth(
      sweep, kNodes,
      {.name = "indicator-against-depth",
       .title = "Vanishing node indicator before training against depth",
       .shown = "Marks: vanishing node indicator of the last hidden layer at initialisation, the "
                "mean squared correlation between the outputs of its live nodes over the probe "
                "inputs (1/n: unrelated; 1: copies of one node); median over the seeds, bars from "
                "the lower to the upper quartile. Lines: mean-field prediction of the local "
                "(Jacobian) indicator m₂/(N m₁²) at the very width. The two are different "
                "quantities, close to each other only while depth / width is small and where "
                "inputs have more dimensions than a layer has nodes",
       .first_order = false});
}

std::optional<Figure> local_indicator_against_depth(const SweepView& sweep) {
  if (!sweep.summary.has_jacobians) return std::nullopt;
  return against_depth(
      sweep, kLocal,
      {.name = "local-indicator-against-depth",
       .title = "Local indicator before training against depth, and mean-field theory",
       .shown = "Marks: local indicator m₂/(N m₁²) of J = ∂h_L/∂h₁ at initialisation, with "
                "m_k = tr((JJᵀ)ᵏ)/N; median over the seeds, bars from the lower to the upper "
                "quartile. Heavy lines: mean-field prediction at the very width (annealed); thin "
                "lines: its first order in depth / width",
       .first_order = true});
}

namespace {

std::string collapse_finding(const Points& points) {
  std::vector<std::pair<double, double>> all;
  for (const auto& [place, line] : points) {
    for (const Point& point : line) {
      all.emplace_back(
          static_cast<double>(point.cell->spec.depth) / static_cast<double>(point.cell->spec.width),
          point.values.median);
    }
  }
  const auto [least, greatest] = std::minmax_element(all.begin(), all.end());
  return fmt::format("Median VNI before training is {:.2f} at depth / width {} and {:.2f} at {}.",
                     least->second, short_number(least->first), greatest->second,
                     short_number(greatest->first));
}

}  // namespace

std::optional<Figure> indicator_collapse(const SweepView& sweep) {
  constexpr std::string_view kName = "indicator-collapse";
  if (axis_values(sweep.cells, depth_axis()).size() < 2 ||
      axis_values(sweep.cells, width_axis()).size() < 2) {
    return std::nullopt;
  }
  const Arrangement arrangement(sweep.cells, sweep.summary.axes,
                                {.fixed = {&depth_axis()},
                                 .line = &width_axis(),
                                 .room = {.lines = kLineTypes, .panels = 9}});
  const DrawnDepths drawn(sweep, arrangement);
  const Points points = collect(sweep, arrangement, drawn, kNodes);
  if (points.empty()) return std::nullopt;
  std::vector<std::string> names = {
      "panel", "line",           "depth",  "width",          "depth_over_width", "runs",
      "mean",  "lower_quartile", "median", "upper_quartile", "panel_title"};
  Table table(names);
  double least = 1e300;
  double greatest = 0.0;
  for (const auto& [place, line] : points) {
    for (const Point& point : line) {
      const RunSpec& spec = point.cell->spec;
      const double ratio = static_cast<double>(spec.depth) / static_cast<double>(spec.width);
      least = std::min(least, ratio);
      greatest = std::max(greatest, ratio);
      table.add({static_cast<std::int64_t>(place.panel + 1),
                 static_cast<std::int64_t>(place.line + 1), spec.depth, spec.width, ratio,
                 point.values.count, point.mean, point.values.low, point.values.median,
                 point.values.high, std::string_view(arrangement.panel_titles().at(place.panel))});
    }
  }
  const Canvas canvas({.x_label = "depth / width",
                       .y_labels = {"VNI at start"},
                       .panel_titles = arrangement.panel_titles(),
                       .key = line_key(arrangement.line_labels(), "linespoints")});
  Figure figure{.name = std::string(kName),
                .title = "Vanishing node indicator before training against depth / width"};
  figure.caption = fmt::format(
      "Vanishing node indicator of the last hidden layer at initialisation; median over the seeds, "
      "bars from the lower to the upper quartile; {} a point. Where depth / width alone decides, "
      "the lines of all widths fall onto one.{}{}",
      sample_size_text(sizes_of(points)), drawn.note(), arrangement.left_out());
  figure.finding = collapse_finding(points);
  figure.data = std::move(table).take();
  std::string text = canvas.head(kName) + axis_scale("x", wants_logarithm(least, greatest));
  text += wants_logarithm(least, greatest)
              ? fmt::format("set xrange [{}:{}]\n", 0.85 * least, 1.15 * greatest)
              : fmt::format("set xrange [0:{}]\n", 1.03 * greatest);
  text += "set yrange [0:1.03]\nset ytics 0,0.25,1\n";
  for (std::size_t panel = 0; panel < arrangement.panels(); ++panel) {
    text += canvas.panel(panel) + "plot \\\n";
    for (const auto& [place, line] : points) {
      if (place.panel != panel) continue;
      const std::string x =
          fmt::format("here({}, {}, column('depth_over_width'))", panel + 1, place.line + 1);
      text += fmt::format(
          "  '{}.csv' using ({}):(column('median')) with lines linetype {} notitle, \\\n", kName, x,
          place.line + 1);
      text += interval_marks(
          kName, {.x = x, .middle = "median", .low = "lower_quartile", .high = "upper_quartile"},
          place.line + 1);
    }
    text += "  -1 notitle\n";
  }
  figure.script = text + canvas.tail();
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace vnsweep::figures
