#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "host/figures/canvas.hpp"
#include "host/figures/drawings.hpp"
#include "host/figures/figure_text.hpp"
#include "host/figures/table.hpp"
#include "host/plan/run_identity.hpp"
#include "host/stats/quartiles.hpp"

namespace vnsweep::figures {
namespace {

constexpr std::string_view kName = "indicator-during-training";
constexpr std::size_t kMostCells = 3;
constexpr std::size_t kMostRuns = 1000;  ///< of a cell
constexpr std::size_t kMostSteps = 60;
/// Fewer runs have no quartiles worth a band.
constexpr std::int64_t kLeastRuns = 3;

/// VNI and N_eff of the last hidden layer at one probe.
struct Moment {
  std::int64_t step;
  double vni;
  double n_eff;
};

/// Runs of one cell and one outcome.
struct Course {
  std::int64_t runs = 0;
  std::vector<std::int64_t> steps;
  std::vector<Quartiles> vni;
  std::vector<Quartiles> n_eff;
};

struct TrainedCell {
  const Cell* cell;
  std::string title;
  std::array<Course, 2> courses;  ///< succeeded, failed
};

/// Cells that show both outcomes, the evenest first, then by the order of the summary.
std::vector<const Cell*> choose_cells(const SweepView& sweep) {
  std::vector<const Cell*> cells;
  for (const Cell& cell : sweep.summary.cells) {
    if (cell.spec.probe_every && cell.runs >= kLeastRuns) cells.push_back(&cell);
  }
  const auto rarer = [](const Cell* cell) {
    return std::min(cell->failed, cell->runs - cell->failed);
  };
  std::stable_sort(cells.begin(), cells.end(),
                   [&](const Cell* a, const Cell* b) { return rarer(a) > rarer(b); });
  if (cells.size() > kMostCells) cells.resize(kMostCells);
  std::sort(cells.begin(), cells.end());  // pointers into the summary: its order
  return cells;
}

std::vector<Moment> course_of(const std::vector<StoredProbe>& probes) {
  std::vector<Moment> course;
  for (const StoredProbe& probe : probes)
    course.push_back({.step = probe.step, .vni = probe.vni.back(), .n_eff = probe.n_eff.back()});
  return course;
}

/// What the run showed at a step: its last probe until then.
const Moment& moment_at(const std::vector<Moment>& course, std::int64_t step) {
  const auto after = std::upper_bound(course.begin(), course.end(), step,
                                      [](std::int64_t s, const Moment& m) { return s < m.step; });
  return after == course.begin() ? course.front() : *(after - 1);
}

std::vector<std::int64_t> steps_to_draw(const RunSpec& spec, std::int64_t last) {
  const std::int64_t every = *spec.probe_every;
  const std::int64_t probes = last / every;
  const std::int64_t stride = every * (probes / static_cast<std::int64_t>(kMostSteps) + 1);
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 0; step < last; step += stride)
    steps.push_back(step);
  steps.push_back(last);
  return steps;
}

Course summarize_course(const std::vector<std::vector<Moment>>& courses,
                        const std::vector<std::int64_t>& steps) {
  Course result{.runs = static_cast<std::int64_t>(courses.size()), .steps = steps};
  for (const std::int64_t step : steps) {
    std::vector<double> vni;
    std::vector<double> n_eff;
    for (const auto& course : courses) {
      const Moment& moment = moment_at(course, step);
      vni.push_back(moment.vni);
      n_eff.push_back(moment.n_eff);
    }
    result.vni.push_back(quartiles(std::move(vni)));
    result.n_eff.push_back(quartiles(std::move(n_eff)));
  }
  return result;
}

TrainedCell train_cell(const Cell& cell, const std::vector<const StoredRun*>& runs,
                       const ReadProbes& probes) {
  std::array<std::vector<std::vector<Moment>>, 2> courses;
  std::int64_t last = 0;
  for (const StoredRun* run : sample_runs(runs, kMostRuns)) {
    std::vector<Moment> course = course_of(probes(*run));
    if (course.empty()) continue;
    last = std::max(last, course.back().step);
    courses[run->status == RunStatus::failed ? 1 : 0].push_back(std::move(course));
  }
  TrainedCell trained{.cell = &cell, .title = "", .courses = {}};
  if (last == 0) return trained;
  const std::vector<std::int64_t> steps = steps_to_draw(cell.spec, last);
  for (std::size_t k = 0; k < courses.size(); ++k) {
    if (static_cast<std::int64_t>(courses[k].size()) >= kLeastRuns)
      trained.courses[k] = summarize_course(courses[k], steps);
  }
  return trained;
}

constexpr std::array<std::string_view, 2> kOutcomes = {"succeeded", "failed"};
constexpr std::array<std::string_view, 2> kColors = {kBlue, kVermillion};

std::vector<Column> data_of(const std::vector<TrainedCell>& cells) {
  std::vector<std::string> names = {"panel", "line", "step", "runs"};
  for (const char* quantity : {"vni", "n_eff"}) {
    for (const char* what : {"lower_quartile", "median", "upper_quartile"})
      names.push_back(fmt::format("{}_{}", quantity, what));
  }
  names.insert(names.end(), {"outcome", "panel_title"});
  Table table(names);
  for (std::size_t c = 0; c < cells.size(); ++c) {
    for (std::size_t o = 0; o < kOutcomes.size(); ++o) {
      const Course& course = cells[c].courses[o];
      for (std::size_t k = 0; k < course.steps.size(); ++k) {
        const Quartiles& vni = course.vni[k];
        const Quartiles& n_eff = course.n_eff[k];
        table.add({static_cast<std::int64_t>(c + 1), static_cast<std::int64_t>(o + 1),
                   course.steps[k], course.runs, vni.low, vni.median, vni.high, n_eff.low,
                   n_eff.median, n_eff.high, kOutcomes[o], std::string_view(cells[c].title)});
      }
    }
  }
  return std::move(table).take();
}

std::string panel_plots(const TrainedCell& cell, std::size_t number, std::string_view quantity) {
  std::string bands;
  std::string lines;
  for (std::size_t o = 0; o < kOutcomes.size(); ++o) {
    if (cell.courses[o].runs == 0) continue;
    const std::string data =
        fmt::format("  '{}.csv' using (here({}, {}, column('step'))):", kName, number, o + 1);
    bands += fmt::format(
        "{0}(column('{1}_lower_quartile')):(column('{1}_upper_quartile')) with filledcurves "
        "fillstyle transparent solid 0.25 noborder fillcolor rgb '{2}' notitle, \\\n",
        data, quantity, kColors[o]);
    lines +=
        fmt::format("{}(column('{}_median')) with lines linetype {} linewidth 1.8 notitle, \\\n",
                    data, quantity, o + 1);
  }
  return bands + lines;
}

std::string script_of(const Canvas& canvas, const std::vector<TrainedCell>& cells) {
  double most = 1.0;
  for (const TrainedCell& cell : cells) {
    for (const Course& course : cell.courses) {
      for (const Quartiles& n_eff : course.n_eff)
        most = std::max(most, n_eff.high);
    }
  }
  std::string text = canvas.head(kName);
  // A step's tics are long numbers, so they are few.
  text += "set xtics autofreq offset 0,0.2\nset format x '%.0f'\n";
  for (std::size_t row = 0; row < 2; ++row) {
    text += row == 0 ? "set yrange [0:1.03]\nset ytics 0,0.25,1\n"
                     : fmt::format("set yrange [0:{:.3g}]\nset ytics autofreq\n", 1.05 * most);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::int64_t last =
          std::max(cells[c].courses[0].steps.empty() ? 0 : cells[c].courses[0].steps.back(),
                   cells[c].courses[1].steps.empty() ? 0 : cells[c].courses[1].steps.back());
      text += canvas.panel(row * cells.size() + c);
      // A number of steps takes a centimetre and more.
      text += fmt::format("set xrange [0:{}]\nset xtics 0,{},{}\n", last,
                          std::max<std::int64_t>(1, last / 2), last);
      text +=
          "plot \\\n" + panel_plots(cells[c], c + 1, row == 0 ? "vni" : "n_eff") + "  -1 notitle\n";
    }
  }
  return text + canvas.tail();
}

std::string finding_of(const std::vector<TrainedCell>& cells) {
  std::string text;
  for (const TrainedCell& cell : cells) {
    std::vector<std::string> parts;
    for (std::size_t o = 0; o < kOutcomes.size(); ++o) {
      const Course& course = cell.courses[o];
      if (course.runs == 0) continue;
      parts.push_back(fmt::format("from {:.2f} to {:.2f} in {} that {}", course.vni.front().median,
                                  course.vni.back().median, runs_text(course.runs), kOutcomes[o]));
    }
    text += fmt::format("{}{}: median VNI goes {}.", text.empty() ? "" : " ", cell.title,
                        enumeration(parts));
  }
  return text;
}

}  // namespace

std::optional<Figure> indicator_during_training(const SweepView& sweep, const ReadProbes& probes) {
  std::map<std::string, std::vector<const StoredRun*>> members;
  const std::vector<const Cell*> chosen = choose_cells(sweep);
  for (const Cell* cell : chosen)
    members.emplace(cell_text(cell->spec), std::vector<const StoredRun*>());
  for (const StoredRun* run : sweep.runs) {
    const auto found = members.find(cell_text(run->spec));
    if (found != members.end()) found->second.push_back(run);
  }
  const std::vector<const Field*> axes = independent_axes(sweep.cells, sweep.summary.axes);
  std::vector<TrainedCell> cells;
  for (const Cell* cell : chosen) {
    TrainedCell trained = train_cell(*cell, members[cell_text(cell->spec)], probes);
    if (trained.courses[0].runs == 0 && trained.courses[1].runs == 0) continue;
    std::vector<std::string> titles;
    for (const Field* axis : axes)
      titles.push_back(axis_value_text(*axis, axis->get(cell->spec)));
    if (titles.empty()) titles.push_back(axis_value_text(depth_axis(), Value(cell->spec.depth)));
    for (const std::string& title : titles)
      trained.title += (trained.title.empty() ? "" : ", ") + title;
    cells.push_back(std::move(trained));
  }
  if (cells.empty()) return std::nullopt;

  Frame frame{.x_label = "training step",
              .y_labels = {"VNI", "N_eff = 1 / VNI"},
              .panel_titles = {},
              .key = {}};
  for (const TrainedCell& cell : cells)
    frame.panel_titles.push_back(cell.title);
  for (const TrainedCell& cell : cells) {
    frame.panel_titles.push_back(
        fmt::format("n = {} + {}", cell.courses[0].runs, cell.courses[1].runs));
  }
  frame.columns = cells.size();
  frame.key = line_key({"succeeded", "failed"}, "lines");
  const Canvas canvas(frame);

  Figure figure{.name = std::string(kName), .title = "Vanishing nodes during training"};
  figure.caption = fmt::format(
      "Vanishing node indicator (top) and effective number of nodes (bottom) of the last hidden "
      "layer while networks train; medians, with bands from the lower to the upper quartile. A run "
      "that has ended keeps its last value. n: succeeded + failed runs; a line needs {} of them. "
      "Shown {} whose outcomes are most even, {} of {}.",
      kLeastRuns, cells.size() == 1 ? "is the cell" : "are the cells", cells.size(),
      sweep.cells.size());
  figure.finding = finding_of(cells);
  figure.data = data_of(cells);
  figure.script = script_of(canvas, cells);
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace vnsweep::figures
