#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <set>

#include "host/cli/commands.hpp"
#include "host/cli/progress.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/batch.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/plan/task.hpp"
#include "host/report/text.hpp"
#include "host/schedule/batch_runner.hpp"
#include "host/schedule/devices.hpp"
#include "kernels/cpu/cpu_engine.hpp"

namespace vnsweep {
namespace {

/// What one line of the plan stands for: runs that can share a batch.
struct PlanLine {
  RunSpec spec;
  std::size_t batches = 0;
  std::size_t runs = 0;
  std::int64_t least_depth = 0;
  std::int64_t greatest_depth = 0;
  std::size_t memory = 0;  ///< bytes of its largest batch
  double cost = 0.0;
  double seconds = 0.0;  ///< of one worker
};

/// Measures the cost unit: seconds per predicted operation for runs like `spec`, from a short
/// training of a network of its kind that is thrown away; NaN if it does not fit.
double measure_rate(const RunSpec& like, const std::string& device, std::size_t workers) {
  RunSpec spec = like;
  constexpr std::int64_t kSampleDepth = 12;
  spec.depth = std::min<std::int64_t>(spec.depth, kSampleDepth);
  // Success would end the measurement.
  spec.success_accuracy.reset();
  spec.success_loss = 0.0;
  spec.steps = std::min<std::int64_t>(spec.steps, spec.probe_every.value_or(spec.steps));
  constexpr double kEnoughOperations = 4e8;
  const double per_step = predicted_cost(spec) / static_cast<double>(spec.steps);
  spec.steps = std::clamp<std::int64_t>(static_cast<std::int64_t>(kEnoughOperations / per_step), 1,
                                        spec.steps);
  const auto engine = make_engine(device, memory_per_worker(workers));
  const PlannedBatch batch = make_batch({spec}, make_training_data(spec));
  const auto start = std::chrono::steady_clock::now();
  try {
    run_batch(*engine, batch, [](const RunResult&) {}, {});
  } catch (const DeviceOutOfMemory&) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count() / batch.cost;
}

std::string size_text(std::size_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  return mebibytes < 1024 ? fmt::format("{:.1f} MiB", mebibytes)
                          : fmt::format("{:.1f} GiB", mebibytes / 1024);
}

/// Batches that agree in everything a batch must agree in, apart from depth.
std::vector<PlanLine> group_batches(const std::vector<PlannedBatch>& batches) {
  std::map<std::string, PlanLine> lines;
  for (const PlannedBatch& batch : batches) {
    const RunSpec& first = batch.runs.front();
    PlanLine& line = lines[spec_text(batch_key(first))];
    if (line.batches == 0) {
      line.spec = first;
      line.least_depth = line.greatest_depth = first.depth;
    }
    ++line.batches;
    line.runs += batch.runs.size();
    line.greatest_depth = std::max(line.greatest_depth, first.depth);
    line.least_depth = std::min(line.least_depth, batch.runs.back().depth);
    line.memory = std::max(line.memory, CpuEngine().memory_needed(batch.networks));
    line.cost += batch.cost;
  }
  std::vector<PlanLine> sorted;
  for (auto& [key, line] : lines)
    sorted.push_back(line);
  std::stable_sort(sorted.begin(), sorted.end(), [](const PlanLine& a, const PlanLine& b) {
    return a.spec.width < b.spec.width;
  });
  return sorted;
}

std::vector<std::string> table_row(const PlanLine& line) {
  const auto word = [&](const char* section, const char* name) {
    return to_string(find_field(section, name)->get(line.spec));
  };
  const std::string depths = line.least_depth == line.greatest_depth
                                 ? std::to_string(line.least_depth)
                                 : fmt::format("{}..{}", line.least_depth, line.greatest_depth);
  return {std::to_string(line.spec.width),
          depths,
          word("model", "activation"),
          word("model", "init"),
          word("train", "optimizer"),
          word("train", "batch"),
          std::to_string(line.spec.steps),
          std::to_string(line.runs),
          std::to_string(line.batches),
          size_text(line.memory),
          std::isnan(line.seconds) ? "too large" : duration_text(line.seconds)};
}

}  // namespace

ExitCode plan_command(const PlanOptions& options) {
  const Manifest manifest = load_manifest(options.manifest);
  const std::vector<RunSpec> runs = expand_grid(manifest);
  const auto workers = make_workers(options.device, options.threads);
  const auto batches = plan_batches(runs, default_limits(runs, workers.size()));

  double seconds = 0.0;
  std::size_t memory = 0;
  std::vector<std::vector<std::string>> rows = {{"width", "depth", "activation", "init",
                                                 "optimizer", "batch", "steps", "runs", "batches",
                                                 "memory", "worker time"}};
  for (PlanLine& line : group_batches(batches)) {
    line.seconds = line.cost * measure_rate(line.spec, options.device, workers.size());
    if (!std::isnan(line.seconds)) seconds += line.seconds;
    memory = std::max(memory, line.memory);
    rows.push_back(table_row(line));
  }
  std::cout << aligned_table(rows);
  std::cout << fmt::format(
      "\n{}: {} runs in {} batches on {} workers, at most {} of memory\n"
      "predicted time: at most {} (every run to its last step; runs that succeed end earlier)\n",
      manifest.name, runs.size(), batches.size(), workers.size(),
      size_text(memory * workers.size()),
      duration_text(seconds / static_cast<double>(workers.size())));
  return ExitCode::complete;
}

}  // namespace vnsweep
