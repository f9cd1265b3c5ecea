#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "build_info.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/machine_forecast.hpp"
#include "host/cli/output.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/forecast/calibration_file.hpp"
#include "host/forecast/forecast.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/batch_plan.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/report/text.hpp"
#include "host/schedule/batch_sizes.hpp"
#include "host/schedule/devices.hpp"

namespace vnsweep {
namespace {

/// What one line of the plan stands for: runs that can share a batch.
struct PlanLine {
  const PlannedBatch* costliest = nullptr;
  std::size_t batches = 0;
  std::size_t runs = 0;
  std::int64_t least_depth = 0;
  std::int64_t greatest_depth = 0;
  std::size_t memory = 0;  ///< bytes of its largest batch on one worker
  double seconds = 0.0;    ///< of all workers together; NaN if none can hold a single network

  const RunSpec& spec() const { return costliest->runs.front(); }
};

/// One engine of each kind.
std::vector<Engine*> engines_of_each_kind(const std::vector<NamedEngine>& engines) {
  std::map<std::string, Engine*> kinds;
  for (const NamedEngine& named : engines)
    kinds.emplace(named.kind, named.engine.get());
  std::vector<Engine*> list;
  for (const auto& [name, engine] : kinds)
    list.push_back(engine);
  return list;
}

/// Bytes that a batch takes on the kind of worker that holds the most of it; the worker leaves the
/// rest for another time.
std::size_t memory_of(const PlannedBatch& batch, const std::vector<Engine*>& kinds) {
  std::size_t most = 0;
  for (const Engine* engine : kinds) {
    std::size_t needed = engine->memory_limit();
    try {
      needed = std::min(needed, engine->memory_needed(batch.networks));
    } catch (const DeviceOutOfMemory&) {
      // More than the engine can count is more than there is.
    }
    most = std::max(most, needed);
  }
  return most;
}

std::string size_text(std::size_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  return mebibytes < 1024 ? fmt::format("{:.1f} MiB", mebibytes)
                          : fmt::format("{:.1f} GiB", mebibytes / 1024);
}

/// Batches that agree in everything a batch must agree in, apart from depth.
std::vector<PlanLine> group_batches(const std::vector<PlannedBatch>& batches,
                                    const std::vector<Engine*>& kinds) {
  std::map<std::string, PlanLine> lines;
  for (const PlannedBatch& batch : batches) {
    PlanLine& line = lines[spec_text(batch_key(batch.runs.front()))];
    if (line.batches == 0) {
      line.costliest = &batch;  // they come costliest first
      line.least_depth = line.greatest_depth = batch.runs.front().depth;
    }
    ++line.batches;
    line.runs += batch.runs.size();
    line.greatest_depth = std::max(line.greatest_depth, batch.runs.front().depth);
    line.least_depth = std::min(line.least_depth, batch.runs.back().depth);
    line.memory = std::max(line.memory, memory_of(batch, kinds));
  }
  std::vector<PlanLine> sorted;
  for (auto& [key, line] : lines)
    sorted.push_back(line);
  std::stable_sort(sorted.begin(), sorted.end(), [](const PlanLine& a, const PlanLine& b) {
    return a.spec().width < b.spec().width;
  });
  return sorted;
}

std::vector<std::string> table_row(const PlanLine& line) {
  const auto word = [&](const char* section, const char* name) {
    return to_string(find_field(section, name)->get(line.spec()));
  };
  const std::string depths = line.least_depth == line.greatest_depth
                                 ? std::to_string(line.least_depth)
                                 : fmt::format("{}..{}", line.least_depth, line.greatest_depth);
  return {std::to_string(line.spec().width),
          depths,
          word("model", "activation"),
          word("model", "init"),
          word("train", "optimizer"),
          word("train", "batch"),
          std::to_string(line.spec().steps),
          std::to_string(line.runs),
          std::to_string(line.batches),
          size_text(line.memory),
          std::isnan(line.seconds) ? "too large" : duration_text(line.seconds)};
}

/// One shard beside the others.
struct ShardShare {
  Shard shard;
  std::size_t sweep_runs = 0;  ///< of all shards
  double share = 0.0;          ///< of the predicted work of all shards
  double imbalance = 0.0;      ///< as in ShardPlan
};

/// What is printed.
struct PlanReport {
  std::string name;
  std::optional<ShardShare> shard;
  std::vector<PlanLine> lines;
  std::size_t runs = 0;
  std::size_t batches = 0;
  std::size_t workers = 0;
  std::size_t memory = 0;  ///< bytes, of all workers
  Forecast forecast;
  std::size_t most_runs = 0;  ///< with every seed that can be added
  double most_work = 1.0;     ///< the same, over the work of `runs`
};

std::string time_text(const Forecast& forecast) {
  if (!forecast.likely) {
    return fmt::format(
        "predicted time: at most {} (every run to its last step; runs that succeed end earlier)\n",
        duration_text(forecast.whole));
  }
  return fmt::format(
      "predicted time: {}, between {} and {}; {} if every run{} went to its last step\n",
      duration_text(*forecast.likely), duration_text(forecast.low), duration_text(forecast.high),
      duration_text(forecast.whole), forecast.growth > 1.0 ? " of the first seeds" : "");
}

std::string seeds_text(const PlanReport& report) {
  return fmt::format(
      "seeds are added to cells whose interval is too wide: {}at most {} runs, {:.3g} times as "
      "much "
      "work\n",
      report.forecast.likely
          ? fmt::format("probably {:.3g} times as much work; ", report.forecast.growth)
          : std::string(),
      report.most_runs, report.most_work);
}

std::string shard_text(const PlanReport& report) {
  return fmt::format(
      "shard {}: {} of {} runs, {:.3g} % of the predicted work; no shard is more than {:.2g} % "
      "from "
      "the mean\n",
      to_string(report.shard->shard), report.runs, report.shard->sweep_runs,
      100.0 * report.shard->share, 100.0 * report.shard->imbalance);
}

void print_table(const PlanReport& report) {
  std::vector<std::vector<std::string>> rows = {{"width", "depth", "activation", "init",
                                                 "optimizer", "batch", "steps", "runs", "batches",
                                                 "memory", "worker time"}};
  for (const PlanLine& line : report.lines)
    rows.push_back(table_row(line));
  std::cout << aligned_table(rows)
            << fmt::format("\n{}: {} runs in {} batches on {} workers, at most {} of memory\n",
                           terminal_text(report.name), report.runs, report.batches, report.workers,
                           size_text(report.memory))
            << (report.shard ? shard_text(report) : std::string()) << time_text(report.forecast);
  if (report.most_runs > report.runs) std::cout << seeds_text(report);
}

void print_json(const PlanReport& report) {
  const Forecast& forecast = report.forecast;
  nlohmann::json json = {{"name", report.name},
                         {"runs", report.runs},
                         {"batches", report.batches},
                         {"workers", report.workers},
                         {"memory", report.memory},
                         {"seconds", nullptr},
                         {"seconds_low", nullptr},
                         {"seconds_high", nullptr},
                         {"seconds_without_early_ends", forecast.whole},
                         {"added_seeds_factor", forecast.growth},
                         {"most_runs", report.most_runs}};
  if (forecast.likely) {
    json["seconds"] = *forecast.likely;
    json["seconds_low"] = forecast.low;
    json["seconds_high"] = forecast.high;
  }
  if (report.shard) {
    json["shard"] = {{"index", report.shard->shard.index},
                     {"count", report.shard->shard.count},
                     {"sweep_runs", report.shard->sweep_runs},
                     {"share", report.shard->share},
                     {"imbalance", report.shard->imbalance}};
  }
  std::cout << json.dump(2) << "\n";
}

/// The sweep, or the shard that is asked for, and how it stands beside the others.
struct PlannedPart {
  SweepProgress sweep;
  std::optional<ShardShare> shard;
};

PlannedPart part_of(const Manifest& manifest, const std::optional<Shard>& shard) {
  RunTable all = expand_runs(manifest);
  if (!shard) return {.sweep = SweepProgress(manifest, std::move(all))};
  const ShardPlan plan = plan_shards(all, shard->count, cell_split(manifest));
  SweepProgress sweep(manifest, runs_of_shard(all, plan, shard->index));
  return {.sweep = std::move(sweep),
          .shard = ShardShare{.shard = *shard,
                              .sweep_runs = SweepProgress(manifest, all).counts().wanted,
                              .share = plan.share(shard->index),
                              .imbalance = plan.imbalance()}};
}

CalibrationFile calibration_file(const PlanOptions& options) {
  return {options.calibration.empty() ? CalibrationFile::default_path() : options.calibration,
          program_identity(std::string(build::kVersion) + " " + build::kCommit)};
}

}  // namespace

ExitCode plan_command(const PlanOptions& options) {
  const Manifest manifest = load_manifest(options.manifest);
  const auto [sweep, shard] = part_of(manifest, options.shard);
  const std::vector<RunSpec> runs = sweep.missing();
  const DeviceChoice devices =
      choose_devices_here(options.device, options.threads, options.workers_per_gpu);
  check_precision(devices, runs);
  std::vector<NamedEngine> engines = make_engines(devices);
  const auto batches = plan_batches(runs, batch_limits(devices, total_cost(runs)));

  PlanReport report;
  report.name = manifest.name;
  report.shard = shard;
  report.lines = group_batches(batches, engines_of_each_kind(engines));
  report.runs = runs.size();
  report.batches = batches.size();
  report.workers = engines.size();
  report.most_runs = sweep.runs().size();
  if (!runs.empty()) report.most_work = total_cost(sweep.runs()) / total_cost(runs);
  for (const PlanLine& line : report.lines)
    report.memory = std::max(report.memory, line.memory * engines.size());

  const CalibrationFile file = calibration_file(options);
  const Calibration known = options.recalibrate ? Calibration() : file.load();
  Calibration calibration = known;
  const StopOnInterruption interruption;
  const std::optional<Forecast> forecast =
      forecast_here({.manifest = manifest,
                     .runs = runs,
                     .batches = batches,
                     .devices = devices,
                     .shard = options.shard},
                    std::move(engines), calibration, interruption.token());
  if (calibration != known) file.save(calibration);
  if (!forecast) {
    spdlog::warn("interrupted; the same command goes on with what was measured");
    return ExitCode::interrupted;
  }

  report.forecast = *forecast;
  for (PlanLine& line : report.lines)
    line.seconds = forecast->line_seconds.at(spec_text(batch_key(line.spec())));
  options.format == TableFormat::json ? print_json(report) : print_table(report);
  check_output();
  return ExitCode::complete;
}

}  // namespace vnsweep
