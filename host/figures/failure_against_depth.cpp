#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/figures/canvas.hpp"
#include "host/figures/drawings.hpp"
#include "host/figures/figure_text.hpp"
#include "host/figures/table.hpp"
#include "host/plan/run_identity.hpp"
#include "host/report/summary_columns.hpp"
#include "host/stats/firth_logistic.hpp"

namespace vnsweep::figures {
namespace {

constexpr std::string_view kName = "failure-against-depth";
/// Room below P = 0 for the interval of depth50 of one line.
constexpr double kLane = 0.035;

/// One line of the figure.
struct Line {
  std::vector<const Cell*> cells;  ///< by depth
  std::optional<LogisticCurve> fit;
  std::optional<Depth50> depth50;
};

using Lines = std::map<Arrangement::Place, Line>;

std::string curve_key(RunSpec spec) {
  spec.depth = 0;
  return cell_text(spec);
}

/// A curve is drawn only where the data show both outcomes: elsewhere its slope is the penalty's.
std::optional<LogisticCurve> fit_line(const std::vector<const Cell*>& cells) {
  std::vector<DepthCount> counts;
  for (const Cell* cell : cells) {
    counts.push_back({.depth = static_cast<double>(cell->spec.depth),
                      .failed = cell->failed,
                      .runs = cell->runs});
  }
  if (counts.size() < 2) return std::nullopt;
  const TotalCount total = total_count(counts);
  if (total.failed == 0 || total.failed == total.runs) return std::nullopt;
  const FirthFit fit = fit_firth_logistic(counts);
  if (!fit.settled()) return std::nullopt;
  return fit.curve;
}

/// Fits take every depth; marks those that are drawn.
Lines collect(const SweepView& sweep, const Arrangement& arrangement, const DrawnDepths& drawn) {
  Lines lines;
  for (const Cell& cell : sweep.summary.cells) {
    const auto place = arrangement.place(cell.spec);
    if (cell.runs > 0 && place) lines[*place].cells.push_back(&cell);
  }
  std::map<std::string, const DepthCurve*> curves;
  for (const DepthCurve& curve : sweep.summary.curves)
    curves.emplace(curve_key(curve.spec), &curve);
  for (auto& [place, line] : lines) {
    std::sort(line.cells.begin(), line.cells.end(),
              [](const Cell* a, const Cell* b) { return a->spec.depth < b->spec.depth; });
    line.fit = fit_line(line.cells);
    const auto curve = curves.find(curve_key(line.cells.front()->spec));
    if (curve != curves.end()) line.depth50 = curve->second->depth50;
    std::erase_if(line.cells, [&](const Cell* cell) { return !drawn.contains(cell->spec.depth); });
  }
  std::erase_if(lines, [](const auto& line) { return line.second.cells.empty(); });
  return lines;
}

double probability(const LogisticCurve& curve, double depth) {
  return 1.0 / (1.0 + std::exp(-(curve.intercept + curve.slope * depth)));
}

std::vector<Column> data_of(const Arrangement& arrangement, const Lines& lines) {
  std::vector<std::string> names = {"panel",  "line",    "depth",       "runs",
                                    "failed", "p_fail",  "ci_low",      "ci_high",
                                    "fitted", "depth50", "depth50_low", "depth50_high"};
  for (const Field* axis : arrangement.free_axes())
    names.push_back(axis_name(*axis));
  Table table(names);
  for (const auto& [place, line] : lines) {
    for (const Cell* cell : line.cells) {
      const auto depth = static_cast<double>(cell->spec.depth);
      const std::optional<Depth50>& depth50 = line.depth50;
      const auto of_curve = [&](std::optional<double> Depth50::*member) {
        return depth50 ? ((*depth50).*member).value_or(std::nan("")) : std::nan("");
      };
      std::vector<Table::Entry> row = {static_cast<std::int64_t>(place.panel + 1),
                                       static_cast<std::int64_t>(place.line + 1),
                                       cell->spec.depth,
                                       cell->runs,
                                       cell->failed,
                                       cell->p_fail(),
                                       cell->interval.low,
                                       cell->interval.high,
                                       line.fit ? probability(*line.fit, depth) : std::nan(""),
                                       of_curve(&Depth50::estimate),
                                       of_curve(&Depth50::ci_low),
                                       of_curve(&Depth50::ci_high)};
      for (const Field* axis : arrangement.free_axes())
        row.emplace_back(axis->get(cell->spec));
      table.add(row);
    }
  }
  return std::move(table).take();
}

/// Where P = 1/2 is crossed, and under the axis how well that is known.
std::string depth50_marks(const Lines& lines, std::size_t panel) {
  std::string text = "unset arrow\n";
  for (const auto& [place, line] : lines) {
    if (place.panel != panel || !line.depth50) continue;
    const double lane = -kLane * static_cast<double>(place.line + 1);
    const std::string color = fmt::format("linetype {}", place.line + 1);
    if (line.depth50->estimate) {
      text += fmt::format("set arrow from {0},0.5 to {0},{1:.3f} nohead {2} linewidth 0.8\n",
                          *line.depth50->estimate, lane, color);
    }
    if (line.depth50->ci_low && line.depth50->ci_high) {
      text += fmt::format(
          "set arrow from {0},{2:.3f} to {1},{2:.3f} nohead {3} dashtype 1 "
          "linewidth 3\n",
          *line.depth50->ci_low, *line.depth50->ci_high, lane, color);
    }
  }
  return text;
}

struct DepthSpan {
  double least;
  double greatest;
  bool logarithmic;
};

/// Fitted curves, over the depths of their line; gnuplot wants them before all else.
std::string panel_fits(const Lines& lines, std::size_t panel) {
  std::string text;
  for (const auto& [place, line] : lines) {
    if (place.panel != panel || !line.fit) continue;
    text += fmt::format("{}[{}:{}] p_fail({}, {}, x) with lines linetype {} notitle, \\\n  ",
                        text.empty() ? "sample " : "", line.cells.front()->spec.depth,
                        line.cells.back()->spec.depth, line.fit->intercept, line.fit->slope,
                        place.line + 1);
  }
  return text;
}

std::string panel_points(const Lines& lines, std::size_t panel, std::size_t count,
                         const DepthSpan& span) {
  std::string text;
  for (const auto& [place, line] : lines) {
    if (place.panel != panel) continue;
    // Points of one depth stand side by side.
    const double shift =
        span.logarithmic
            ? 0.0
            : (static_cast<double>(place.line) - 0.5 * static_cast<double>(count - 1)) * 0.006 *
                  (span.greatest - span.least);
    text += interval_marks(kName,
                           {.x = fmt::format("here({}, {}, column('depth')) + ({:.4g})", panel + 1,
                                             place.line + 1, shift),
                            .middle = "p_fail",
                            .low = "ci_low",
                            .high = "ci_high"},
                           place.line + 1);
  }
  return text;
}

std::string script_of(const Canvas& canvas, const Arrangement& arrangement, const Lines& lines,
                      const DepthSpan& span) {
  const double lowest = -kLane * static_cast<double>(arrangement.lines() + 1);
  const double margin = 0.03 * (span.greatest - span.least);
  std::string text = canvas.head(kName);
  text += "p_fail(intercept, slope, x) = 1 / (1 + exp(-(intercept + slope * x)))\n";
  text += axis_scale("x", span.logarithmic);
  text +=
      fmt::format("set xrange [{}:{}]\n", span.logarithmic ? span.least * 0.9 : span.least - margin,
                  span.logarithmic ? span.greatest * 1.1 : span.greatest + margin);
  text += fmt::format("set yrange [{:.3f}:1.03]\nset ytics 0,0.25,1\n", lowest);
  for (std::size_t panel = 0; panel < arrangement.panels(); ++panel) {
    text += canvas.panel(panel) + depth50_marks(lines, panel) + "plot " + panel_fits(lines, panel) +
            fmt::format("0.5 with lines linecolor rgb '{}' linewidth 0.6 notitle, \\\n", kGrey) +
            panel_points(lines, panel, arrangement.lines(), span) + "  -1 notitle\n";
  }
  return text + canvas.tail();
}

std::string range_text(const std::optional<double>& low, const std::optional<double>& high) {
  if (low && high) return fmt::format(" [{}, {}]", short_number(*low), short_number(*high));
  if (low) return fmt::format(" [at least {}]", short_number(*low));
  return high ? fmt::format(" [at most {}]", short_number(*high)) : "";
}

/// "width 8: from 0 at depth 2 to 1 at depth 60, crossing one half at depth 25.8 [24.2, 27.5]"
std::string line_finding(const Arrangement& arrangement, const Arrangement::Place& place,
                         const Line& line) {
  const Cell& first = *line.cells.front();
  const Cell& last = *line.cells.back();
  const std::string name = arrangement.text(place);
  std::string text = name.empty() ? "" : name + ": ";
  text += fmt::format("{:.2f} at depth {} and {:.2f} at depth {}", first.p_fail(), first.spec.depth,
                      last.p_fail(), last.spec.depth);
  if (line.depth50 && line.depth50->estimate) {
    text += fmt::format(", one half at depth {}{}", short_number(*line.depth50->estimate),
                        range_text(line.depth50->ci_low, line.depth50->ci_high));
  }
  return text;
}

}  // namespace

std::optional<Figure> failure_against_depth(const SweepView& sweep) {
  if (axis_values(sweep.cells, depth_axis()).size() < 2) return std::nullopt;
  const Arrangement arrangement(
      sweep.cells, sweep.summary.axes,
      {.fixed = {&depth_axis()}, .room = {.lines = kLineTypes, .panels = 12}});
  const DrawnDepths drawn(sweep, arrangement);
  const Lines lines = collect(sweep, arrangement, drawn);

  std::vector<std::int64_t> sizes;
  DepthSpan span{.least = 1e300, .greatest = 0.0, .logarithmic = false};
  for (const auto& [place, line] : lines) {
    for (const Cell* cell : line.cells)
      sizes.push_back(cell->runs);
    span.least = std::min(span.least, static_cast<double>(line.cells.front()->spec.depth));
    span.greatest = std::max(span.greatest, static_cast<double>(line.cells.back()->spec.depth));
  }
  span.logarithmic = wants_logarithm(span.least, span.greatest);
  const Canvas canvas({.x_label = "depth L (hidden layers)",
                       .y_labels = {"P(fail)"},
                       .panel_titles = arrangement.panel_titles(),
                       .key = line_key(arrangement.line_labels(), "linespoints")});

  Figure figure{.name = std::string(kName), .title = "Probability of failure against depth"};
  figure.caption = fmt::format(
      "Share of runs whose training failed, with {:g} % intervals ({}), against the number of "
      "hidden layers; {} a point. Lines: logistic regression on depth (Firth's penalty), where a "
      "line has both outcomes. Below zero: depth50, where the fitted P(fail) is 1/2, and its "
      "interval.{}{}",
      100.0 * sweep.summary.confidence,
      sweep.summary.method == IntervalMethod::wilson ? "Wilson" : "Clopper-Pearson",
      sample_size_text(sizes), drawn.note(), arrangement.left_out());
  // More lines than these nobody listens to.
  constexpr std::size_t kSpoken = 6;
  std::size_t spoken = 0;
  for (const auto& [place, line] : lines) {
    if (++spoken > kSpoken) {
      figure.finding += fmt::format("; and {} more lines", lines.size() - kSpoken);
      break;
    }
    figure.finding +=
        (spoken > 1 ? "; " : "Share of failed runs. ") + line_finding(arrangement, place, line);
  }
  figure.finding += '.';
  figure.data = data_of(arrangement, lines);
  figure.script = script_of(canvas, arrangement, lines, span);
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace vnsweep::figures
