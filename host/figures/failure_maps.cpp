#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/figures/canvas.hpp"
#include "host/figures/drawings.hpp"
#include "host/figures/figure_text.hpp"
#include "host/figures/table.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::figures {
namespace {

/// A picture of more rectangles than these is slow to show.
constexpr std::size_t kMostPanels = 6;
constexpr std::size_t kMostColumns = 30;
constexpr std::size_t kMostRows = 20;
constexpr std::size_t kMostMaps = 3;

/// Two axes on paper; their values stand side by side, whatever the distance between them.
struct MapAxes {
  const Field* x;
  const Field* y;
  std::vector<Value> x_values;
  std::vector<Value> y_values;
};

struct Tile {
  std::size_t panel;
  std::size_t x;
  std::size_t y;
  const Cell* cell;
};

std::optional<std::size_t> index_of(const std::vector<Value>& values, const Value& value) {
  const auto found = std::lower_bound(values.begin(), values.end(), value);
  if (found == values.end() || *found != value) return std::nullopt;
  return static_cast<std::size_t>(found - values.begin());
}

std::vector<Tile> tiles_of(const SweepView& sweep, const Arrangement& arrangement,
                           const MapAxes& axes) {
  std::vector<Tile> tiles;
  for (const Cell& cell : sweep.summary.cells) {
    const auto place = arrangement.place(cell.spec);
    const auto x = index_of(axes.x_values, axes.x->get(cell.spec));
    const auto y = index_of(axes.y_values, axes.y->get(cell.spec));
    if (cell.runs > 0 && place && x && y)
      tiles.push_back({.panel = place->panel, .x = *x, .y = *y, .cell = &cell});
  }
  return tiles;
}

std::vector<Column> data_of(const Arrangement& arrangement, const MapAxes& axes,
                            const std::vector<Tile>& tiles) {
  std::vector<std::string> names = {"panel",  "column", "row",    "runs",
                                    "failed", "p_fail", "ci_low", "ci_high"};
  std::vector<const Field*> fields = {axes.x, axes.y};
  fields.insert(fields.end(), arrangement.free_axes().begin(), arrangement.free_axes().end());
  for (const Field* field : fields)
    names.push_back(axis_name(*field));
  Table table(names);
  for (const Tile& tile : tiles) {
    const Cell& cell = *tile.cell;
    std::vector<Table::Entry> row = {static_cast<std::int64_t>(tile.panel + 1),
                                     static_cast<std::int64_t>(tile.x + 1),
                                     static_cast<std::int64_t>(tile.y + 1),
                                     cell.runs,
                                     cell.failed,
                                     cell.p_fail(),
                                     cell.interval.low,
                                     cell.interval.high};
    for (const Field* field : fields)
      row.emplace_back(field->get(cell.spec));
    table.add(row);
  }
  return std::move(table).take();
}

/// set xtics ('2' 1, '5' 2, ...), at most `most` of them
std::string tics(std::string_view axis, const std::vector<Value>& values, std::size_t most) {
  const std::size_t step = (values.size() + most - 1) / most;
  std::string text = fmt::format("set {}tics (", axis);
  for (std::size_t k = 0; k < values.size(); k += step) {
    text += fmt::format("{}{} {}", k > 0 ? ", " : "", gnuplot_string(axis_text(values[k])), k + 1);
  }
  return text + ")\n";
}

/// The scale of colours beside the lowest panel, with its name above.
std::string color_box(const Canvas& canvas) {
  const double left = (canvas.width() - 1.3) / canvas.width();
  const double height = canvas.panel_height() - 0.5;
  return fmt::format(
      "set colorbox vertical user origin screen {0:.4f}, screen {1:.4f} size screen {2:.4f}, "
      "screen {3:.4f}\nset label 2 'P(fail)' at screen {0:.4f}, screen {4:.4f} left noenhanced\n",
      left, canvas.bottom() / canvas.height(), 0.25 / canvas.width(), height / canvas.height(),
      (canvas.bottom() + height + 0.35) / canvas.height());
}

std::string script_of(const std::string& name, const Canvas& canvas, const Arrangement& arrangement,
                      const MapAxes& axes) {
  const auto columns = static_cast<double>(axes.x_values.size());
  const auto rows = static_cast<double>(axes.y_values.size());
  // A number of two decimals needs so many cm.
  const bool numbers =
      canvas.panel_width() / columns >= 0.62 && canvas.panel_height() / rows >= 0.3;
  std::string text = canvas.head(name);
  text +=
      "# From light to dark in grey too (viridis, reversed).\n"
      "set palette defined (0 '#fde725', 0.25 '#5ec962', 0.5 '#21918c', 0.75 '#3b528b', "
      "1 '#440154')\n"
      "set cbrange [0:1]\nset cbtics 0,0.25,1 offset -0.6,0 scale 0.4\n"
      "unset grid\n";
  text += fmt::format("set xrange [0.5:{}]\nset yrange [0.5:{}]\n", columns + 0.5, rows + 0.5);
  text += tics("x", axes.x_values,
               std::max<std::size_t>(2, static_cast<std::size_t>(canvas.panel_width() / 0.75)));
  text += tics("y", axes.y_values, 10);
  text += "set xtics offset 0,0.2\n";
  for (std::size_t panel = 0; panel < arrangement.panels(); ++panel) {
    text += canvas.panel(panel);
    text += panel > 0 ? "unset colorbox\nunset label 2\n" : color_box(canvas);
    text += fmt::format(
        "plot '{}.csv' using (column('panel') == {} ? column('column') : NaN):(column('row')):"
        "(column('column') - 0.5):(column('column') + 0.5):(column('row') - 0.5):"
        "(column('row') + 0.5):(column('p_fail')) with boxxyerror fillstyle solid noborder "
        "linecolor palette notitle",
        name, panel + 1);
    if (numbers) {
      text += fmt::format(
          ", \\\n  '' using (column('panel') == {} ? column('column') : NaN):(column('row')):"
          "(sprintf('%.2f', column('p_fail'))):(column('p_fail') < 0.4 ? 0x000001 : 0xfffffe) "
          "with labels font ',6' textcolor rgb variable notitle",
          panel + 1);
    }
    text += '\n';
  }
  return text + canvas.tail();
}

std::string axis_label(const Field& axis) {
  if (axis.name == "depth") return "depth L (hidden layers)";
  if (axis.name == "width") return "width N (nodes)";
  if (axis.name == "scale") return "scale σ_w";
  return axis_name(axis);
}

std::string tile_text(const MapAxes& axes, const Tile& tile) {
  return fmt::format("{:.2f} at {} and {}", tile.cell->p_fail(),
                     axis_value_text(*axes.x, axes.x->get(tile.cell->spec)),
                     axis_value_text(*axes.y, axes.y->get(tile.cell->spec)));
}

std::optional<Figure> failure_map(const SweepView& sweep, const Field& x, const Field& y) {
  MapAxes axes{.x = &x,
               .y = &y,
               .x_values = spread(axis_values(sweep.cells, x), kMostColumns),
               .y_values = spread(axis_values(sweep.cells, y), kMostRows)};
  const Arrangement arrangement(
      sweep.cells, sweep.summary.axes,
      {.fixed = {&x, &y}, .lines = false, .room = {.lines = 1, .panels = kMostPanels}});
  const std::vector<Tile> tiles = tiles_of(sweep, arrangement, axes);
  if (tiles.empty()) return std::nullopt;
  const Canvas canvas({.x_label = axis_label(x),
                       .y_labels = {axis_label(y)},
                       .panel_titles = arrangement.panel_titles(),
                       .key = {},
                       .color_box = true});

  std::vector<std::int64_t> sizes;
  for (const Tile& tile : tiles)
    sizes.push_back(tile.cell->runs);
  const auto [least, most] = std::minmax_element(
      tiles.begin(), tiles.end(),
      [](const Tile& a, const Tile& b) { return a.cell->p_fail() < b.cell->p_fail(); });
  // The same everywhere is no map.
  if (least->cell->p_fail() == most->cell->p_fail()) return std::nullopt;
  Figure figure;
  figure.name = fmt::format("failure-map-{}-{}", x.name, y.name);
  std::replace(figure.name.begin(), figure.name.end(), '_', '-');
  figure.title = fmt::format("Probability of failure over {} and {}", axis_name(x), axis_name(y));
  figure.caption = fmt::format(
      "Share of runs whose training failed, over {} and {}; {} a tile. Values stand side by side, "
      "whatever the distance between them; where nothing is drawn there are no runs.{}",
      axis_name(x), axis_name(y), sample_size_text(sizes), arrangement.left_out());
  const std::size_t all_x = axis_values(sweep.cells, x).size();
  const std::size_t all_y = axis_values(sweep.cells, y).size();
  if (axes.x_values.size() < all_x || axes.y_values.size() < all_y) {
    figure.caption +=
        fmt::format(" Drawn are {} of {} values of {} and {} of {} of {}.", axes.x_values.size(),
                    all_x, axis_name(x), axes.y_values.size(), all_y, axis_name(y));
  }
  const auto full = [&](const Tile& tile) {
    const std::string& panel = arrangement.panel_titles().at(tile.panel);
    return tile_text(axes, tile) + (panel.empty() ? "" : " (" + panel + ")");
  };
  figure.finding = fmt::format("The share of failed runs is least, {}, and greatest, {}.",
                               full(*least), full(*most));
  figure.data = data_of(arrangement, axes, tiles);
  figure.script = script_of(figure.name, canvas, arrangement, axes);
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace

std::vector<Figure> failure_maps(const SweepView& sweep) {
  std::vector<const Field*> numeric;
  for (const Field* axis : independent_axes(sweep.cells, sweep.summary.axes)) {
    if (axis->type != FieldType::word && axis->type != FieldType::text) numeric.push_back(axis);
  }
  std::vector<Figure> figures;
  if (numeric.size() < 2) return figures;
  // Depth is the first of them if it varies. Scale says more than width where both do.
  std::stable_partition(numeric.begin() + 1, numeric.end(),
                        [](const Field* axis) { return axis->name == "scale"; });
  for (std::size_t k = 1; k < numeric.size() && figures.size() < kMostMaps; ++k) {
    if (auto figure = failure_map(sweep, *numeric.front(), *numeric[k]))
      figures.push_back(std::move(*figure));
  }
  return figures;
}

}  // namespace vnsweep::figures
