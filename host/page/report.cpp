#include "host/page/report.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "host/page/page.hpp"
#include "host/page/report_folder.hpp"
#include "host/store/directory_error.hpp"
#include "host/store/stored_sweep.hpp"
#include "host/store/write_file.hpp"

namespace vnsweep::page {
namespace {

namespace fs = std::filesystem;

std::string read_text_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

fs::path subfolder(const ReportFolder& folder, const char* name) {
  const fs::path path = folder.path() / name;
  std::error_code status;
  fs::create_directory(path, status);
  if (status) throw_cannot_write(path, status.value());
  return path;
}

void write_data(const Summary& summary, const fs::path& folder) {
  std::ostringstream cells;
  write_summary_csv(summary, cells);
  write_file(folder / "cells.csv", cells.str());
  std::ostringstream json;
  write_summary_json(summary, json);
  write_file(folder / "summary.json", json.str());
}

void add_figures(Content& content, const ReadProbes& probes, const fs::path& folder) {
  std::vector<figures::Figure> made = figures::make_figures(content.runs, content.summary, probes);
  const figures::RenderResult drawn = figures::write_figures(made, folder);
  content.figure_problem = drawn.problem;
  for (figures::Figure& figure : made) {
    ShownFigure shown{.figure = std::move(figure)};
    const auto files = drawn.files.find(shown.figure.name);
    if (files != drawn.files.end() && !files->second.svg.empty()) {
      shown.svg = read_text_file(files->second.svg);
      shown.has_files = !files->second.pdf.empty() && !files->second.png.empty();
    }
    content.figures.push_back(std::move(shown));
  }
}

/// As commands are to name it: without the slash at the end that shells complete.
std::string directory_name(const fs::path& path) {
  return path.has_filename() ? path.string() : path.parent_path().string();
}

}  // namespace

fs::path write_report(const RunDirectory& directory, const ReportOptions& options) {
  std::vector<Store> stores = directory.open_for_reading();
  const fs::path place = options.folder.empty() ? directory.path() / "report" : options.folder;
  ReportFolder folder(place);

  StoredSweep sweep = read_sweep(stores);
  Content content{.manifest = directory.manifest(), .runs = std::move(sweep.runs)};
  content.directory = directory_name(directory.path());
  content.summary = summarize(content.manifest, content.runs, options.method, options.confidence);
  content.provenance = collect_provenance(stores, content.runs);
  const ManifestProgress progress = progress_of(content.manifest, stored_outcomes(stores));
  content.counts = progress.counts;
  content.others = progress.others;
  write_data(content.summary, subfolder(folder, "data"));
  add_figures(content, sweep.probes, subfolder(folder, "figures"));
  write_file(folder.path() / "index.html", page_html(content));
  folder.publish();

  if (!content.figure_problem.empty()) spdlog::warn("{}", content.figure_problem);
  if (content.counts.missing > 0) {
    spdlog::warn("unfinished: {} of {} runs are still to be made", content.counts.missing,
                 content.counts.wanted);
  }
  return place / "index.html";
}

}  // namespace vnsweep::page
