#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <unordered_map>

#include "host/cli/commands.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/report/export.hpp"
#include "host/report/summary.hpp"
#include "host/store/run_directory.hpp"

namespace vnsweep {
namespace {

std::vector<StoredRun> all_runs(std::vector<Store>& stores) {
  std::vector<StoredRun> runs;
  std::unordered_set<std::string> seen;
  for (Store& store : stores) {
    for (StoredRun& run : store.runs()) {
      if (seen.insert(run.run_id).second) runs.push_back(std::move(run));
    }
  }
  return runs;
}

/// Runs of a manifest by what the store knows of them.
struct RunCounts {
  std::size_t total = 0;
  std::size_t succeeded = 0;
  std::size_t failed = 0;
  std::size_t errors = 0;
  std::size_t pending = 0;
  std::size_t others = 0;  ///< stored, but not of this manifest
};

RunCounts count_runs(const Manifest& manifest, const std::vector<StoredRun>& stored) {
  std::unordered_map<std::string, RunStatus> status;
  for (const StoredRun& run : stored)
    status.emplace(run.run_id, run.status);
  RunCounts counts;
  for (const RunSpec& spec : expand_grid(manifest)) {
    ++counts.total;
    const auto found = status.find(run_id(spec));
    if (found == status.end()) {
      ++counts.pending;
    } else if (found->second == RunStatus::succeeded) {
      ++counts.succeeded;
    } else if (found->second == RunStatus::failed) {
      ++counts.failed;
    } else {
      ++counts.errors;
    }
  }
  counts.others = stored.size() - (counts.total - counts.pending);
  return counts;
}

/// Output that did not arrive (a full disk, a closed pipe) must not look complete.
void check_output() {
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("cannot write to standard output; check its space");
}

}  // namespace

ExitCode status_command(const std::filesystem::path& path) {
  const RunDirectory directory(path);
  std::vector<Store> stores = directory.open_for_reading();
  const Manifest manifest = directory.manifest();

  const RunCounts counts = count_runs(manifest, all_runs(stores));
  const std::optional<std::string> writer = directory.writer();

  std::cout << fmt::format("sweep    {}\n", manifest.name);
  std::cout << fmt::format("runs     {}\n", counts.total);
  std::cout << fmt::format("done     {} ({} succeeded, {} failed)\n",
                           counts.succeeded + counts.failed, counts.succeeded, counts.failed);
  std::cout << fmt::format("errors   {}\n", counts.errors);
  std::cout << fmt::format("pending  {}\n", counts.pending);
  if (counts.others > 0) {
    std::cout << fmt::format("others   {} runs of earlier manifests\n", counts.others);
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
  const RunCounts counts = count_runs(manifest, runs);
  if (counts.pending > 0) {
    spdlog::warn("unfinished: {} of {} runs are still to be made", counts.pending, counts.total);
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
