#include "host/schedule/worker.hpp"

#include <algorithm>
#include <utility>

namespace vnsweep {
namespace {

/// Floating-point operations per second that any device of a kind surpasses by far: a hundredth of
/// what a busy processor makes of the reference's loops, and of what a GPU makes of small networks.
double slowest_rate(const std::string& kind) {
  return kind == "cuda" ? 1e9 : 1e7;
}

std::chrono::steady_clock::duration time_for(double operations, double rate) {
  constexpr double kLongest = 30.0 * 24.0 * 3600.0;  // keeps sums of times far from overflow
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(std::min(operations / rate, kLongest)));
}

}  // namespace

EngineWorker::EngineWorker(std::unique_ptr<Engine> engine, std::string kind, std::string device,
                           double max_cost)
    : engine_(std::move(engine)),
      kind_(std::move(kind)),
      device_(std::move(device)),
      max_cost_(max_cost) {}

bool EngineWorker::takes(const PlannedBatch& batch) {
  if (batch.cost > max_cost_) return false;
  try {
    return engine_->memory_needed(batch.networks) <= engine_->memory_limit();
  } catch (const DeviceOutOfMemory&) {
    return false;  // larger than the engine can count
  }
}

BatchStatus EngineWorker::run(const PlannedBatch& batch, const ResultSink& sink,
                              const std::stop_token& stop, const PhaseListener& phase) {
  const ResultSink labelled = [&](RunResult result) {
    result.engine = kind_;
    result.device = device_;
    sink(std::move(result));
  };
  const double rate = slowest_rate(kind_);
  return run_batch(*engine_, batch, labelled, stop, [&](double operations) {
    if (phase) phase(time_for(operations, rate));
  });
}

}  // namespace vnsweep
