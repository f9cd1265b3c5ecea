#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "build_info.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/event_log.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/run_rounds.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/batch_plan.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/plan/shard.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/schedule/batch_sizes.hpp"
#include "host/schedule/devices.hpp"
#include "host/schedule/scheduler.hpp"
#include "host/store/result_writer.hpp"
#include "host/store/run_directory.hpp"

namespace vnsweep {
namespace {

using namespace std::chrono_literals;

/// How soon a signal is noticed and the progress redrawn.
constexpr auto kPollInterval = 50ms;

std::filesystem::path default_directory(const std::filesystem::path& manifest) {
  const std::filesystem::path name = manifest.stem();
  if (name == "." || name == "..") {
    throw DirectoryError(fmt::format(
        "the name of {} gives no directory for its results; name one with -o", manifest.string()));
  }
  return std::filesystem::path("runs") / name;
}

/// The reference computes in double: its results are close to the others' but not the same, and one
/// estimate must not mix the two.
void refuse_to_mix_precisions(Store& store, const DeviceChoice& devices) {
  for (const std::string& engine : store.engines()) {
    if ((engine == "reference") == devices.reference) continue;
    throw DirectoryError(
        fmt::format("{} holds results of the engine {} (double and single "
                    "precision do not mix); choose another directory with -o",
                    store.file().parent_path().string(), engine));
  }
}

/// Those of the sweep's runs that this process is to make.
RunTable own_runs(const Manifest& manifest, const std::optional<Shard>& shard) {
  RunTable runs = expand_runs(manifest);
  if (!shard) return runs;
  return runs_of_shard(runs, plan_shards(runs, shard->count, cell_split(manifest)), shard->index);
}

/// Learns what need not be made again: results, and errors of runs that have been tried just now.
void learn_settled(SweepProgress& sweep, Store& store, const RunTable& tried) {
  store.visit_outcomes([&](const std::string& text, KnownOutcome outcome) {
    const std::optional<RunId> id = parse_run_id(text);
    if (id && (outcome != KnownOutcome::error || tried.find(*id))) sweep.learn(*id, outcome);
  });
}

/// Learns what this process wrote earlier and what others have in the same directory.
void learn_stored(SweepProgress& sweep, RunDirectory::Writer& writer, const DeviceChoice& devices) {
  refuse_to_mix_precisions(writer.store, devices);
  learn_settled(sweep, writer.store, {});
  for (Store& other : writer.others) {
    refuse_to_mix_precisions(other, devices);
    learn_settled(sweep, other, {});
  }
  writer.others.clear();
}

/// "cuda:0, cuda:1": one name for all workers of a GPU, and for all processors.
std::string device_names(const std::vector<NamedEngine>& engines) {
  std::string names;
  for (const NamedEngine& named : engines) {
    const std::string name = named.kind == "cuda" ? named.device : named.kind;
    if (names.ends_with(name)) continue;
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

/// Runs the schedule on other threads while this one watches for signals and draws the progress.
ScheduleOutcome supervise(BatchPlan plan, const std::vector<std::shared_ptr<Worker>>& workers,
                          ResultWriter& writer, const std::shared_ptr<Progress>& progress,
                          const HangWatch& watch) {
  std::stop_source stop;
  const ResultSink sink = [&](RunResult result) {
    progress->add(result);
    writer.put(std::move(result));
  };
  std::vector<std::shared_ptr<Worker>> watched;
  for (const std::shared_ptr<Worker>& worker : workers)
    watched.push_back(std::make_shared<WatchedWorker>(worker, progress));
  auto outcome = std::async(std::launch::async, [&] {
    return run_schedule(std::move(plan), watched, sink, stop.get_token(), watch);
  });
  while (outcome.wait_for(kPollInterval) != std::future_status::ready) {
    if (interruption_signal() != 0 && !stop.stop_requested()) {
      spdlog::warn("stopping after the current chunk of steps; once more ends at once");
      stop.request_stop();
    }
    progress->update();
  }
  progress->finish();
  return outcome.get();
}

/// What came of all the rounds so far.
struct Tally {
  std::size_t done = 0;
  std::size_t errors = 0;

  void add(const RunCounts& counts) {
    done += counts.done;
    errors += counts.errors;
  }
};

ExitCode report_outcome(const ScheduleOutcome& outcome, const Tally& tally,
                        const std::filesystem::path& directory) {
  for (const LostDevice& lost : outcome.lost_devices)
    spdlog::error("lost device {}: {}", lost.name, lost.problem);
  if (outcome.interrupted) {
    spdlog::warn("interrupted: {} runs stored, {} to go; run the same command again to go on",
                 tally.done, outcome.unfinished_runs);
    return ExitCode::interrupted;
  }
  if (outcome.unfinished_runs > 0) {
    spdlog::error("{} runs were not made because every device was lost; run the same command again",
                  outcome.unfinished_runs);
    return ExitCode::runs_errored;
  }
  if (tally.errors > 0) {
    spdlog::error(
        "{} runs could not be made (vnsweep export {} --table runs shows why); the same "
        "command tries them again",
        tally.errors, directory.string());
    return ExitCode::runs_errored;
  }
  spdlog::info("complete; see vnsweep summary {}", directory.string());
  return ExitCode::complete;
}

void log_end(const std::shared_ptr<EventLog>& log, const Tally& tally,
             const ScheduleOutcome& outcome, ExitCode code) {
  if (log == nullptr) return;
  log->write("end", {{"done", tally.done},
                     {"errors", tally.errors},
                     {"unfinished", outcome.unfinished_runs},
                     {"interrupted", outcome.interrupted},
                     {"exit_code", static_cast<int>(code)}});
}

/// Leaves out the devices that were lost.
void drop_lost(std::vector<std::shared_ptr<Worker>>& workers, const std::vector<LostDevice>& lost) {
  for (const LostDevice& device : lost) {
    std::erase_if(workers, [&](const auto& worker) { return worker->name() == device.name; });
  }
}

/// Says what is about to be made.
void announce(const Manifest& manifest, const SweepProgress& sweep, const RunOptions& options,
              const std::vector<NamedEngine>& engines, const RunDirectory& directory,
              const std::shared_ptr<EventLog>& log) {
  const SweepProgress::Counts counts = sweep.counts();
  spdlog::info("{}{}: {} runs{}, {} stored already, {} to make on {} in {}", manifest.name,
               options.shard ? ", shard " + to_string(*options.shard) : std::string(),
               counts.wanted,
               manifest.adaptive_seeds() ? fmt::format(" at first, at most {}", sweep.runs().size())
                                         : std::string(),
               counts.wanted - counts.missing, counts.missing,
               fmt::format("{} worker{} ({})", engines.size(), engines.size() == 1 ? "" : "s",
                           device_names(engines)),
               directory.path().string());
  if (log == nullptr) return;
  nlohmann::json facts = {{"sweep", manifest.name},
                          {"directory", directory.path().string()},
                          {"version", build::kVersion},
                          {"runs", counts.wanted},
                          {"stored", counts.wanted - counts.missing},
                          {"to_make", counts.missing},
                          {"devices", device_names(engines)}};
  if (options.shard) facts["shard"] = to_string(*options.shard);
  log->write("start", facts);
}

}  // namespace

ExitCode run_rounds(SweepProgress& sweep, Store& store,
                    std::vector<std::shared_ptr<Worker>> workers, const RoundsOptions& options) {
  RunTable missing = sweep.missing_runs();
  store.begin_session();
  Tally tally;
  ScheduleOutcome outcome;
  std::vector<LostDevice> lost;
  while (true) {
    const double cost = total_cost(missing);
    BatchPlan plan(missing, batch_limits(options.devices, cost));
    const auto progress =
        std::make_shared<Progress>(options.style, missing.size(), cost, options.log);
    ResultWriter writer(store);
    try {
      outcome = supervise(std::move(plan), workers, writer, progress, options.watch);
      writer.close();
    } catch (const StoreWriteError&) {
      outcome.interrupted = true;
      outcome.unfinished_runs = missing.size();
      log_end(options.log, tally, outcome, ExitCode::interrupted);
      throw;
    }
    tally.add(progress->counts());
    drop_lost(workers, outcome.lost_devices);
    lost.insert(lost.end(), outcome.lost_devices.begin(), outcome.lost_devices.end());
    learn_settled(sweep, store, missing);
    missing = sweep.missing_runs();
    if (outcome.interrupted) outcome.unfinished_runs = missing.size();
    if (outcome.unfinished_runs > 0 || missing.empty()) break;
    spdlog::info("{} more runs, for intervals that are still too wide", missing.size());
  }
  store.end_session();
  outcome.lost_devices = std::move(lost);
  const ExitCode code = report_outcome(outcome, tally, options.directory);
  log_end(options.log, tally, outcome, code);
  return code;
}

ExitCode run_command(const RunOptions& options) {
  outlive_closed_pipes();
  std::shared_ptr<EventLog> log;
  if (!options.log_json.empty()) {
    log = std::make_shared<EventLog>(options.log_json);
    spdlog::default_logger()->sinks().push_back(std::make_shared<EventLogSink>(log));
  }
  const Manifest manifest = load_manifest(options.manifest);
  SweepProgress sweep(manifest, own_runs(manifest, options.shard));
  const RunDirectory directory(options.directory.empty() ? default_directory(options.manifest)
                                                         : options.directory);
  const DeviceChoice devices =
      choose_devices_here(options.device, options.threads, options.workers_per_gpu);
  check_precision(devices, sweep.runs().cells());
  std::vector<NamedEngine> engines = make_engines(devices);

  install_interruption_handlers();
  RunDirectory::Writer writer = directory.open_for_writing(manifest, options.shard);
  learn_stored(sweep, writer, devices);
  announce(manifest, sweep, options, engines, directory, log);
  if (sweep.counts().missing == 0) {
    spdlog::info("nothing to run; see vnsweep summary {}", directory.path().string());
    log_end(log, {}, {}, ExitCode::complete);
    return ExitCode::complete;
  }
  auto workers = make_workers(std::move(engines), devices, total_cost(sweep.missing_runs()));
  return run_rounds(sweep, writer.store, std::move(workers),
                    {.directory = directory.path(),
                     .devices = devices,
                     .style = Progress::style_for_stderr(options.quiet),
                     .log = log,
                     .watch = {.patience = std::chrono::seconds(options.device_timeout)}});
}

}  // namespace vnsweep
