#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>

#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/cli/progress.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/batch.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/report/text.hpp"
#include "host/schedule/batch_runner.hpp"
#include "host/schedule/batch_sizes.hpp"
#include "host/schedule/devices.hpp"
#include "host/task/task.hpp"

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
  double cost = 0.0;
  double seconds = 0.0;  ///< of one worker; NaN if no worker can hold a single network

  const RunSpec& spec() const { return costliest->runs.front(); }
};

/// Engines of one kind.
struct WorkerKind {
  Engine* engine = nullptr;
  bool is_gpu = false;
  std::size_t workers = 0;
};

std::vector<WorkerKind> worker_kinds(const std::vector<NamedEngine>& engines) {
  std::map<std::string, WorkerKind> kinds;
  for (const NamedEngine& named : engines) {
    WorkerKind& kind = kinds[named.kind];
    kind.engine = named.engine.get();
    kind.is_gpu = named.kind == "cuda";
    ++kind.workers;
  }
  std::vector<WorkerKind> list;
  for (const auto& [name, kind] : kinds)
    list.push_back(kind);
  return list;
}

/// A short training that is like `batch` and is thrown away. A processor is as fast for one network
/// as for many; a GPU is not, and gets all of them.
PlannedBatch sample_of(const PlannedBatch& batch, bool is_gpu) {
  std::vector<RunSpec> runs = batch.runs;
  if (!is_gpu) {
    constexpr std::int64_t kSampleDepth = 12;
    runs.resize(1);
    runs.front().depth = std::min<std::int64_t>(runs.front().depth, kSampleDepth);
  }
  constexpr double kEnoughOperations = 4e8;
  constexpr std::int64_t kEnoughSteps = 20;  // of a GPU
  RunSpec& first = runs.front();
  const double per_step = predicted_cost(first) / static_cast<double>(first.steps);
  std::int64_t steps = std::min<std::int64_t>(first.steps, first.probe_every.value_or(first.steps));
  steps = is_gpu ? std::min(steps, kEnoughSteps)
                 : std::clamp<std::int64_t>(static_cast<std::int64_t>(kEnoughOperations / per_step),
                                            1, steps);
  for (RunSpec& spec : runs) {
    spec.steps = steps;
    // Success would end the measurement.
    spec.success_accuracy.reset();
    spec.success_loss = 0.0;
  }
  // With the data, whose making must not be measured.
  auto data = make_training_data(batch.runs.front());
  return make_batch(std::move(runs), std::move(data));
}

/// Seconds per predicted operation of one worker for runs like those of `batch`; NaN if none fits.
double measure_rate(const PlannedBatch& batch, const WorkerKind& kind) {
  PlannedBatch sample = sample_of(batch, kind.is_gpu);
  while (true) {
    const auto start = std::chrono::steady_clock::now();
    try {
      run_batch(*kind.engine, sample, [](const RunResult&) {}, {});
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
      return elapsed.count() / sample.cost;
    } catch (const DeviceOutOfMemory&) {
      if (sample.runs.size() == 1) return std::numeric_limits<double>::quiet_NaN();
      sample = split_batch(sample, sample.runs.size() / 2).first;
    }
  }
}

/// Time of one worker for the work of a line, if all work on it.
double worker_seconds(const PlanLine& line, const std::vector<WorkerKind>& kinds) {
  double speed = 0.0;  // predicted operations per second, of all
  std::size_t workers = 0;
  for (const WorkerKind& kind : kinds) {
    const double rate = measure_rate(*line.costliest, kind);
    if (!std::isnan(rate)) speed += static_cast<double>(kind.workers) / rate;
    workers += kind.workers;
  }
  if (speed == 0.0) return std::numeric_limits<double>::quiet_NaN();
  return line.cost / speed * static_cast<double>(workers);
}

/// Bytes that a batch takes on the kind of worker that holds the most of it; the worker leaves the
/// rest for another time.
std::size_t memory_of(const PlannedBatch& batch, const std::vector<WorkerKind>& kinds) {
  std::size_t most = 0;
  for (const WorkerKind& kind : kinds) {
    std::size_t needed = kind.engine->memory_limit();
    try {
      needed = std::min(needed, kind.engine->memory_needed(batch.networks));
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
                                    const std::vector<WorkerKind>& kinds) {
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
    line.cost += batch.cost;
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

}  // namespace

ExitCode plan_command(const PlanOptions& options) {
  const Manifest manifest = load_manifest(options.manifest);
  const SweepProgress sweep(manifest, expand_grid(manifest));
  const std::vector<RunSpec> runs = sweep.missing();
  const DeviceChoice devices = choose_devices_here(options.device, options.threads);
  check_precision(devices, runs);
  const std::vector<NamedEngine> engines = make_engines(devices);
  const std::vector<WorkerKind> kinds = worker_kinds(engines);
  const auto batches = plan_batches(runs, batch_limits(devices, total_cost(runs)));

  double seconds = 0.0;
  std::size_t memory = 0;
  std::vector<std::vector<std::string>> rows = {{"width", "depth", "activation", "init",
                                                 "optimizer", "batch", "steps", "runs", "batches",
                                                 "memory", "worker time"}};
  for (PlanLine& line : group_batches(batches, kinds)) {
    line.seconds = worker_seconds(line, kinds);
    if (!std::isnan(line.seconds)) seconds += line.seconds;
    memory = std::max(memory, line.memory);
    rows.push_back(table_row(line));
  }
  std::cout << aligned_table(rows);
  std::cout << fmt::format(
      "\n{}: {} runs in {} batches on {} workers, at most {} of memory\n"
      "predicted time: at most {} (every run to its last step; runs that succeed end earlier)\n",
      manifest.name, runs.size(), batches.size(), engines.size(),
      size_text(memory * engines.size()),
      duration_text(seconds / static_cast<double>(engines.size())));
  if (manifest.adaptive_seeds()) {
    std::cout << fmt::format(
        "seeds are added to cells whose interval is too wide: at most {} runs, {:.3g} times as "
        "much work\n",
        sweep.runs().size(), total_cost(sweep.runs()) / total_cost(runs));
  }
  check_output();
  return ExitCode::complete;
}

}  // namespace vnsweep
