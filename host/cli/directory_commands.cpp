#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "host/cli/commands.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/output.hpp"
#include "host/report/export.hpp"
#include "host/report/summary.hpp"
#include "host/store/run_directory.hpp"
#include "host/store/stored_sweep.hpp"

namespace vnsweep {
namespace {

using namespace std::chrono_literals;

/// How a directory stands, in words.
struct DirectoryStatus {
  std::string text;
  bool is_written = false;  ///< by a process, now
  bool has_errors = false;
};

DirectoryStatus status_of(const RunDirectory& directory) {
  const std::optional<std::string> writer = directory.writer();  // before the runs: it may end now
  std::vector<Store> stores = directory.open_for_reading();
  const Manifest manifest = directory.manifest();
  const auto [counts, others] = progress_of(manifest, stored_outcomes(stores));

  std::string text = fmt::format("sweep    {}\n", manifest.name);
  text += fmt::format("runs     {}\n", counts.wanted);
  text += fmt::format("done     {} ({} succeeded, {} failed)\n", counts.succeeded + counts.failed,
                      counts.succeeded, counts.failed);
  text += fmt::format("errors   {}\n", counts.errors);
  text += fmt::format("pending  {}\n", counts.missing);
  if (others > 0) text += fmt::format("others   {} runs of earlier manifests\n", others);
  text += fmt::format("writer   {}\n", writer.value_or("none"));
  for (Store& store : stores) {
    for (const Session& session : store.sessions()) {
      text += fmt::format("session  {} to {} on {}, {} runs, vnsweep {}\n", session.started_at,
                          session.ended_at.empty() ? "no orderly end" : session.ended_at,
                          session.host, session.runs, session.version);
    }
    const std::optional<double> rate = store.latest_rate();
    if (rate) text += fmt::format("rate     {:.1f} runs/s in the latest session\n", *rate);
  }
  return {std::move(text), writer.has_value(), counts.errors > 0};
}

/// Waits, or not if a signal asks for the end.
void wait_for_next_look() {
  constexpr auto kBetweenLooks = 2s;
  constexpr auto kPoll = 50ms;
  const auto end = std::chrono::steady_clock::now() + kBetweenLooks;
  while (std::chrono::steady_clock::now() < end && interruption_signal() == 0)
    std::this_thread::sleep_for(kPoll);
}

}  // namespace

ExitCode status_command(const std::filesystem::path& path, bool watch) {
  const RunDirectory directory(path);
  DirectoryStatus status = status_of(directory);
  if (watch) install_interruption_handlers();
  const bool redraws = watch && isatty(STDOUT_FILENO) != 0;
  while (true) {
    // From the top of a cleared screen.
    std::cout << (redraws ? "\x1b[H\x1b[2J" : "") << status.text;
    check_output();
    if (!watch || !status.is_written) break;
    wait_for_next_look();
    if (interruption_signal() != 0) break;
    if (!redraws) std::cout << '\n';
    status = status_of(directory);
  }
  return status.has_errors ? ExitCode::runs_errored : ExitCode::complete;
}

ExitCode summary_command(const SummaryOptions& options) {
  const RunDirectory directory(options.directory);
  std::vector<Store> stores = directory.open_for_reading();
  const Manifest manifest = directory.manifest();
  const std::vector<StoredRun> runs = read_sweep(stores).runs;
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
  const SweepProgress::Counts counts = progress_of(manifest, stored_outcomes(stores)).counts;
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
