#include <fmt/format.h>

#include <algorithm>
#include <array>
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

constexpr std::string_view kName = "eigenvalue-spectra";
constexpr std::size_t kMostRuns = 100;  ///< of a line
constexpr std::size_t kMostRanks = 64;
/// Eigenvalues below are rounding.
constexpr double kFloor = 1e-7;

constexpr std::array<std::string_view, 2> kWhen = {"start", "end"};

/// Shares of the eigenvalues of one line, largest first, at the start and at the end.
struct Spectra {
  const RunSpec* spec = nullptr;
  std::int64_t runs = 0;
  std::array<std::vector<Quartiles>, 2> ranks;
};

using Lines = std::map<Arrangement::Place, Spectra>;

/// Eigenvalues of the last layer over the number of its live nodes; none were kept: empty.
std::vector<double> shares_of(const StoredProbe& probe) {
  std::vector<double> shares;
  if (!probe.spectrum) return shares;
  for (const float eigenvalue : probe.spectrum->back())
    shares.push_back(static_cast<double>(eigenvalue) / probe.live.back());
  return shares;
}

Spectra spectra_of(const std::vector<const StoredRun*>& runs, const ReadProbes& probes) {
  Spectra spectra{.spec = &runs.front()->spec, .runs = 0, .ranks = {}};
  std::array<std::vector<std::vector<double>>, 2> values;
  for (const StoredRun* run : sample_runs(runs, kMostRuns)) {
    const std::vector<StoredProbe> all = probes(*run);
    if (all.empty()) continue;
    bool found = false;
    for (std::size_t when = 0; when < kWhen.size(); ++when) {
      const std::vector<double> shares = shares_of(when == 0 ? all.front() : all.back());
      found = found || !shares.empty();
      values[when].resize(std::max(values[when].size(), std::min(shares.size(), kMostRanks)));
      for (std::size_t k = 0; k < std::min(shares.size(), kMostRanks); ++k)
        values[when][k].push_back(shares[k]);
    }
    if (found) ++spectra.runs;
  }
  for (std::size_t when = 0; when < kWhen.size(); ++when) {
    for (std::vector<double>& of_rank : values[when]) {
      const Quartiles summary = quartiles(std::move(of_rank));
      // Ranks that few networks have say little; rounding says nothing.
      if (2 * summary.count < spectra.runs || !(summary.median > kFloor)) break;
      spectra.ranks[when].push_back(summary);
    }
  }
  return spectra;
}

std::vector<Column> data_of(const Arrangement& arrangement, const Lines& lines) {
  std::vector<std::string> names = {"panel",          "line",   "rank",           "runs",
                                    "lower_quartile", "median", "upper_quartile", "when"};
  for (const Field* axis : arrangement.free_axes())
    names.push_back(axis_name(*axis));
  Table table(names);
  for (const auto& [place, spectra] : lines) {
    for (std::size_t when = 0; when < kWhen.size(); ++when) {
      for (std::size_t k = 0; k < spectra.ranks[when].size(); ++k) {
        const Quartiles& summary = spectra.ranks[when][k];
        std::vector<Table::Entry> row = {
            static_cast<std::int64_t>(place.panel + when * arrangement.panels() + 1),
            static_cast<std::int64_t>(place.line + 1),
            static_cast<std::int64_t>(k + 1),
            summary.count,
            summary.low,
            summary.median,
            summary.high,
            kWhen[when]};
        for (const Field* axis : arrangement.free_axes())
          row.emplace_back(axis->get(*spectra.spec));
        table.add(row);
      }
    }
  }
  return std::move(table).take();
}

std::string script_of(const Canvas& canvas, const Arrangement& arrangement, const Lines& lines) {
  double least = 1.0;
  std::size_t ranks = 1;
  for (const auto& [place, spectra] : lines) {
    for (const auto& of_time : spectra.ranks) {
      ranks = std::max(ranks, of_time.size());
      for (const Quartiles& summary : of_time)
        least = std::min(least, summary.median);
    }
  }
  const int low = std::min(-1, static_cast<int>(std::floor(std::log10(least))));
  std::string text = canvas.head(kName);
  text += fmt::format("set logscale y\nset xrange [0.5:{}]\nset yrange [1e{}:1.2]\n",
                      static_cast<double>(ranks) + 0.5, low);
  text += decade_tics("y", low, 0);
  for (std::size_t when = 0; when < kWhen.size(); ++when) {
    for (std::size_t p = 0; p < arrangement.panels(); ++p) {
      const std::size_t panel = p + when * arrangement.panels();
      text += canvas.panel(panel) + "plot \\\n";
      for (const auto& [place, spectra] : lines) {
        if (place.panel != p || spectra.ranks[when].empty()) continue;
        text += fmt::format(
            "  '{}.csv' using (here({}, {}, column('rank'))):(column('median')) with linespoints "
            "linetype {} pointsize 0.35 notitle, \\\n",
            kName, panel + 1, place.line + 1, place.line + 1);
      }
      text += "  0 notitle\n";
    }
  }
  return text + canvas.tail();
}

std::string finding_of(const Arrangement& arrangement, const Lines& lines) {
  constexpr std::size_t kSpoken = 6;
  std::size_t spoken = 0;
  std::string text = "Median share of the largest eigenvalue, start to end. ";
  for (const auto& [place, spectra] : lines) {
    if (spectra.ranks[0].empty() || spectra.ranks[1].empty()) continue;
    if (++spoken > kSpoken) return text + "; and more lines.";
    const std::string name = arrangement.text(place);
    text += fmt::format("{}{}{}{:.2f} to {:.2f}", spoken > 1 ? "; " : "", name,
                        name.empty() ? "" : ": ", spectra.ranks[0].front().median,
                        spectra.ranks[1].front().median);
  }
  return text + ".";
}

}  // namespace

std::optional<Figure> eigenvalue_spectra(const SweepView& sweep, const ReadProbes& probes) {
  const bool kept = std::any_of(sweep.specs.begin(), sweep.specs.end(), [](const RunSpec* spec) {
    return spec->spectrum != SpectrumStorage::none;
  });
  if (!kept) return std::nullopt;
  const Arrangement arrangement(
      sweep.cells, sweep.summary.axes,
      {.fixed = {}, .line = &depth_axis(), .room = {.lines = kLineTypes, .panels = 3}});
  std::map<Arrangement::Place, std::vector<const StoredRun*>> members;
  for (const StoredRun* run : sweep.runs) {
    const auto place = arrangement.place(run->spec);
    if (place) members[*place].push_back(run);
  }
  Lines lines;
  std::vector<std::int64_t> sizes;
  for (const auto& [place, runs] : members) {
    Spectra spectra = spectra_of(runs, probes);
    if (spectra.ranks[0].empty() && spectra.ranks[1].empty()) continue;
    sizes.push_back(spectra.runs);
    lines.emplace(place, std::move(spectra));
  }
  if (lines.empty()) return std::nullopt;

  Frame frame{.x_label = "rank k", .y_labels = {"λ_k / n"}, .panel_titles = {}, .key = {}};
  for (const std::string_view when : kWhen) {
    for (const std::string& title : arrangement.panel_titles())
      frame.panel_titles.push_back(title + (title.empty() ? "" : ", ") + std::string(when));
  }
  frame.columns = arrangement.panels() == 1 ? 2 : arrangement.panels();
  frame.key = line_key(arrangement.line_labels(), "linespoints");
  const Canvas canvas(frame);
  Figure figure{.name = std::string(kName), .title = "Eigenvalues of the correlation of nodes"};
  figure.caption = fmt::format(
      "Eigenvalues λ_k of the correlation matrix of the last hidden layer's n live nodes, largest "
      "first, over their sum n; medians over runs at the start and at the end of training; {} a "
      "line. Their squares add up to the VNI: one eigenvalue of 1 is one effective node. Shares "
      "below {:.0e} are rounding and not drawn; at most {} ranks are.{}",
      sample_size_text(sizes), kFloor, kMostRanks, arrangement.left_out());
  figure.finding = finding_of(arrangement, lines);
  figure.data = data_of(arrangement, lines);
  figure.script = script_of(canvas, arrangement, lines);
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

}  // namespace vnsweep::figures
