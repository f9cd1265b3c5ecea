#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "host/cli/commands.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/output.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/cluster/job_status.hpp"
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
  bool goes_on = false;   ///< a process writes to it, or will
  bool has_jobs = false;  ///< in a queue, which is not to be asked every moment
  bool has_errors = false;
};

/// Lines of this kind that are shown; the others are counted.
constexpr std::size_t kMostLines = 10;

std::string writers_text(const std::vector<std::string>& writers, std::vector<Store>& stores) {
  if (writers.empty()) return "writer   none\n";
  std::size_t shards = 0;
  for (Store& store : stores) {
    const std::optional<Shard> shard = store.shard();
    if (shard) shards = std::max(shards, shard->count);
  }
  std::string text;
  if (shards > 0) text += fmt::format("shards   {} of {} writing\n", writers.size(), shards);
  for (std::size_t k = 0; k < std::min(writers.size(), kMostLines); ++k)
    text += fmt::format("writer   {}\n", writers[k]);
  if (writers.size() > kMostLines)
    text += fmt::format("writer   and {} more\n", writers.size() - kMostLines);
  return text;
}

std::string sessions_text(std::vector<Store>& stores) {
  std::vector<Session> sessions;
  for (Store& store : stores) {
    for (Session& session : store.sessions())
      sessions.push_back(std::move(session));
  }
  // ISO 8601 sorts by time.
  std::stable_sort(sessions.begin(), sessions.end(),
                   [](const Session& a, const Session& b) { return a.started_at < b.started_at; });
  std::string text;
  const std::size_t hidden = sessions.size() - std::min(sessions.size(), kMostLines);
  if (hidden > 0) text += fmt::format("session  {} earlier ones\n", hidden);
  for (std::size_t k = hidden; k < sessions.size(); ++k) {
    const Session& session = sessions[k];
    text += fmt::format("session  {} to {} on {}, {} runs, vnsweep {}\n", session.started_at,
                        session.ended_at.empty() ? "no orderly end" : session.ended_at,
                        session.host, session.runs, session.version);
  }
  return text;
}

/// Of the processes that write now, together; if none does, of the latest that did.
std::string rate_text(std::vector<Store>& stores) {
  double written_now = 0.0;
  std::pair<std::string, double> latest;  // when it began, and its rate
  for (Store& store : stores) {
    const std::optional<double> rate = store.latest_rate();
    if (!rate) continue;
    if (RunDirectory::is_written(store)) written_now += *rate;
    latest = std::max(latest, {store.sessions().back().started_at, *rate});
  }
  if (written_now > 0.0) return fmt::format("rate     {:.1f} runs/s\n", written_now);
  if (latest.second > 0.0) {
    return fmt::format("rate     {:.1f} runs/s in the latest session\n", latest.second);
  }
  return {};
}

DirectoryStatus status_of(const RunDirectory& directory) {
  const std::vector<std::string> writers =
      directory.writers();  // before the runs: they may end now
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
  text += writers_text(writers, stores) + sessions_text(stores) + rate_text(stores);
  const cluster::JobStatus jobs = cluster::job_status(directory.path());
  text += jobs.text;
  return {std::move(text), !writers.empty() || jobs.in_queue, jobs.in_queue, counts.errors > 0};
}

/// Waits, or not if a signal asks for the end.
void wait_for_next_look(const DirectoryStatus& status) {
  constexpr auto kPoll = 50ms;
  const auto end = std::chrono::steady_clock::now() + (status.has_jobs ? 20s : 2s);
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
    std::cout << (redraws ? "\x1b[H\x1b[2J" : "") << terminal_text(status.text);
    check_output();
    if (!watch || !status.goes_on) break;
    wait_for_next_look(status);
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
    case TableFormat::table: {
      std::ostringstream table;
      write_summary_table(summary, table);
      std::cout << terminal_text(table.str());
      break;
    }
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
