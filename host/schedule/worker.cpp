#include "host/schedule/worker.hpp"

#include <utility>

namespace vnsweep {

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
                              const std::stop_token& stop) {
  const ResultSink labelled = [&](RunResult result) {
    result.engine = kind_;
    result.device = device_;
    sink(std::move(result));
  };
  return run_batch(*engine_, batch, labelled, stop);
}

}  // namespace vnsweep
