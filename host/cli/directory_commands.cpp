#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <unordered_map>

#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/report/export.hpp"
#include "host/report/summary.hpp"
#include "host/store/run_directory.hpp"

namespace vnsweep {
namespace {

/// Every run of every store, each once: a result rather than an error where there are both.
std::vector<StoredRun> all_runs(std::vector<Store>& stores) {
  std::vector<StoredRun> runs;
  std::unordered_map<std::string, std::size_t> places;
  for (Store& store : stores) {
    for (StoredRun& run : store.runs()) {
      const auto [place, is_new] = places.emplace(run.run_id, runs.size());
      if (is_new) {
        runs.push_back(std::move(run));
      } else if (runs[place->second].status == RunStatus::error) {
        runs[place->second] = std::move(run);
      }
    }
  }
  return runs;
}

/// How a directory's latest manifest stands.
struct DirectoryProgress {
  SweepProgress::Counts counts;
  std::size_t others = 0;  ///< runs stored, but not of this manifest
};

DirectoryProgress progress_of(const Manifest& manifest, const std::vector<StoredRun>& stored) {
  std::unordered_map<std::string, KnownOutcome> outcomes;
  for (const StoredRun& run : stored)
    outcomes.emplace(run.run_id, known_outcome(run.status));
  SweepProgress sweep(manifest, expand_grid(manifest));
  const std::size_t others = sweep.learn(outcomes);
  return {sweep.counts(), others};
}

}  // namespace

ExitCode status_command(const std::filesystem::path& path) {
  const RunDirectory directory(path);
  std::vector<Store> stores = directory.open_for_reading();
  const Manifest manifest = directory.manifest();

  const auto [counts, others] = progress_of(manifest, all_runs(stores));
  const std::optional<std::string> writer = directory.writer();

  std::cout << fmt::format("sweep    {}\n", manifest.name);
  std::cout << fmt::format("runs     {}\n", counts.wanted);
  std::cout << fmt::format("done     {} ({} succeeded, {} failed)\n",
                           counts.succeeded + counts.failed, counts.succeeded, counts.failed);
  std::cout << fmt::format("errors   {}\n", counts.errors);
  std::cout << fmt::format("pending  {}\n", counts.missing);
  if (others > 0) {
    std::cout << fmt::format("others   {} runs of earlier manifests\n", others);
  }
  std::cout << fmt::format("writer   {}\n", writer.value_or("none"));
  for (Store& store : stores) {
    for (const Session& session : store.sessions()) {
      std::cout << fmt::format("session  {} to {} on {}, {} runs, vnsweep {}\n", session.started_at,
                               session.ended_at.empty() ? "no orderly end" : session.ended_at,
                               session.host, session.runs, session.version);
    }
    const std::optional<double> rate = store.latest_rate();
    if (rate) std::cout << fmt::format("rate     {:.1f} runs/s in the latest session\n", *rate);
  }
  check_output();
  return counts.errors > 0 ? ExitCode::runs_errored : ExitCode::complete;
}

ExitCode summary_command(const SummaryOptions& options) {
  const RunDirectory directory(options.directory);
  std::vector<Store> stores = directory.open_for_reading();
  const Manifest manifest = directory.manifest();
  const std::vector<StoredRun> runs = all_runs(stores);
  if (runs.empty()) spdlog::warn("{} holds no finished run yet", options.directory.string());
  const Summary summary = summarize(manifest, runs, options.method, options.confidence);
  switch (options.format) {
    case TableFormat::table:
      write_summary_table(summary, std::cout);
      break;
    case TableFormat::csv:
      write_summary_csv(summary, std::cout);
      break;
    case TableFormat::json:
      write_summary_json(summary, std::cout);
      break;
  }
  check_output();
  const SweepProgress::Counts counts = progress_of(manifest, runs).counts;
  if (counts.missing > 0) {
    spdlog::warn("unfinished: {} of {} runs are still to be made", counts.missing, counts.wanted);
  }
  return ExitCode::complete;
}

ExitCode export_command(const ExportOptions& options) {
  std::vector<Store> stores = RunDirectory(options.directory).open_for_reading();
  if (options.probes) {
    export_probes(stores, options.format, std::cout);
  } else {
    export_runs(stores, options.format, options.detail, std::cout);
  }
  check_output();
  return ExitCode::complete;
}

}  // namespace vnsweep
