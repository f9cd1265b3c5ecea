#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "host/page/escape.hpp"
#include "host/page/sections.hpp"
#include "host/plan/run_identity.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::page {
namespace {

/// Beginnings of run ids are told apart by at least this many digits.
constexpr std::size_t kShortestId = 8;

/// The run to look at in each cell: a failed one before one that succeeded, the lowest seed first.
std::unordered_map<std::string, const StoredRun*> example_runs(const std::vector<StoredRun>& runs) {
  std::unordered_map<std::string, const StoredRun*> examples;
  for (const StoredRun& run : runs) {
    if (run.status == RunStatus::error) continue;
    const StoredRun*& example = examples[cell_text(run.spec)];
    const auto rank = [](const StoredRun& of) {
      return std::pair(of.status != RunStatus::failed, of.spec.seed);
    };
    if (example == nullptr || rank(run) < rank(*example)) example = &run;
  }
  return examples;
}

/// Digits that tell every stored run's id from the others.
std::size_t distinct_length(const std::vector<StoredRun>& runs) {
  std::vector<std::string_view> ids;
  for (const StoredRun& run : runs)
    ids.push_back(run.run_id);
  std::sort(ids.begin(), ids.end());
  std::size_t length = kShortestId;
  for (std::size_t k = 1; k < ids.size(); ++k) {
    const auto [a, b] =
        std::mismatch(ids[k - 1].begin(), ids[k - 1].end(), ids[k].begin(), ids[k].end());
    length = std::max(length, static_cast<std::size_t>(a - ids[k - 1].begin()) + 1);
  }
  return length;
}

/// More than that fit on paper only if words break.
constexpr std::size_t kMostColumnsOnPaper = 15;

std::size_t column_count(const Summary& summary) {
  const std::vector<CellEntry> entries = cell_entries(summary, Cell{});
  const auto shown = std::count_if(entries.begin(), entries.end(),
                                   [](const CellEntry& entry) { return !entry.heading.empty(); });
  return static_cast<std::size_t>(shown) + 1;  // the example run
}

std::string head_html(const Summary& summary) {
  std::string html = "<thead><tr>";
  const auto add = [&](const std::string& key, const std::string& heading) {
    html +=
        fmt::format("<th scope=\"col\" data-key=\"{}\"><button type=\"button\">{}</button></th>",
                    escape_html(key), escape_html(heading));
  };
  for (const CellEntry& entry : cell_entries(summary, Cell{})) {
    if (!entry.heading.empty()) add(entry.key, entry.heading);
  }
  add("run", "example run");
  return html + "</tr></thead>\n";
}

}  // namespace

std::string cells_section(const Content& content) {
  const Summary& summary = content.summary;
  if (summary.cells.empty()) return "";
  const auto examples = example_runs(content.runs);
  const std::size_t id_length = distinct_length(content.runs);
  // End tags that HTML does not need would be a third of a large page.
  std::string html = fmt::format(
      "<table id=\"cell-table\"{}><caption>{} intervals of P(fail): {}</caption>\n{}<tbody>\n",
      column_count(summary) > kMostColumnsOnPaper ? " class=\"many-columns\"" : "",
      escape_html(percent_text(summary.confidence)), to_string(summary.method), head_html(summary));
  for (const Cell& cell : summary.cells) {
    html += "<tr>";
    for (const CellEntry& entry : cell_entries(summary, cell)) {
      if (!entry.heading.empty()) html += "<td>" + escape_html(entry.text);
    }
    const auto example = examples.find(cell_text(cell.spec));
    html += "<td>" +
            (example == examples.end() ? "-" : example->second->run_id.substr(0, id_length)) + "\n";
  }
  html += "</tbody></table>\n";

  const std::string controls =
      "<div class=\"controls\" id=\"cell-controls\" hidden>\n"
      "<label for=\"cell-filter\">Filter cells</label>\n"
      "<input id=\"cell-filter\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" "
      "aria-describedby=\"cell-hint\" placeholder=\"depth&gt;=20 width=8\">\n"
      "<p id=\"cell-hint\" class=\"minor\">Conditions such as <code>depth&gt;=20</code>, "
      "<code>p_fail&gt;0.5</code> or <code>activation=tanh</code>, and words that a row has to "
      "hold; all must be met.</p>\n"
      "<p id=\"cell-count\" role=\"status\"></p>\n</div>\n";
  const std::string more =
      "<p><button type=\"button\" id=\"cell-more\" class=\"more\" hidden>Show more "
      "cells</button></p>\n";
  return section("cells", "Cells",
                 "<p>A cell is one configuration; its runs differ in the seed alone. The same "
                 "numbers: <a href=\"data/cells.csv\">cells.csv</a>, <a "
                 "href=\"data/summary.json\">summary.json</a>.</p>\n" +
                     controls + scroll_box("Cells", html) + more);
}

std::string errors_section(const Content& content) {
  /// The rest is found by `export`.
  constexpr std::size_t kMostErrors = 100;
  std::vector<const StoredRun*> errors;
  for (const StoredRun& run : content.runs) {
    if (run.status == RunStatus::error) errors.push_back(&run);
  }
  if (errors.empty()) return "";
  std::sort(errors.begin(), errors.end(),
            [](const StoredRun* a, const StoredRun* b) { return a->run_id < b->run_id; });

  std::vector<std::vector<std::string>> rows(1);
  // The text stands in front, where a narrow screen shows it without scrolling.
  rows[0] = {"run", "error"};
  for (const Field* axis : content.summary.axes)
    rows[0].push_back(axis_name(*axis));
  for (const char* heading : {"seed", "device", "finished"})
    rows[0].emplace_back(heading);
  const std::size_t id_length = distinct_length(content.runs);
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  for (std::size_t k = 0; k < std::min(errors.size(), kMostErrors); ++k) {
    const StoredRun& run = *errors[k];
    std::vector<std::string> row = {run.run_id.substr(0, id_length), or_dash(run.error)};
    for (const Field* axis : content.summary.axes)
      row.push_back(axis_text(axis->get(run.spec)));
    row.push_back(std::to_string(run.spec.seed));
    row.push_back(or_dash(run.device));
    row.push_back(or_dash(run.finished_at));
    rows.push_back(std::move(row));
  }
  std::string body = fmt::format(
      "<p>{} could not be made. They count neither as failed nor as succeeded. <code>vnsweep "
      "run</code> tries them again.</p>\n",
      errors.size() == 1 ? "One run" : fmt::format("{} runs", errors.size()));
  body += table(errors.size() > kMostErrors
                    ? fmt::format("First {} of {} runs with errors", kMostErrors, errors.size())
                    : "Runs with errors",
                rows);
  return section("errors", "Runs with errors", body);
}

}  // namespace vnsweep::page
