#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "host/schedule/batch_runner.hpp"

namespace vnsweep {

/// Called when a worker begins a phase of a batch, with the time that the phase may take on a slow
/// device of its kind.
using PhaseListener = std::function<void(std::chrono::steady_clock::duration)>;

/// One device that runs one batch at a time. The scheduler gives each worker a thread of its own.
class Worker {
 public:
  Worker() = default;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  virtual ~Worker() = default;

  /// For messages: "cpu:1".
  virtual std::string name() const = 0;

  /// Whether the worker would take a batch of this size; if not, it is given the first part of it.
  /// Called on the thread that calls run(). @throws DeviceLost
  virtual bool takes(const PlannedBatch& batch) = 0;

  /// @param phase  so that whoever calls it can tell a slow worker from one that hangs; may be null
  /// @throws DeviceOutOfMemory  the batch is too large; the worker stays usable
  /// @throws DeviceLost         the worker is of no more use
  /// @throws DataError          the data of this batch cannot be read
  /// @throws std::exception     something about this batch failed; the worker stays usable
  virtual BatchStatus run(const PlannedBatch& batch, const ResultSink& sink,
                          const std::stop_token& stop, const PhaseListener& phase) = 0;
};

/// A worker that trains on an engine.
class EngineWorker final : public Worker {
 public:
  /// @param kind      "cpu", as results record it
  /// @param device    "cpu:1", which of them
  /// @param max_cost  predicted cost of the largest batch of several runs that the worker takes
  EngineWorker(std::unique_ptr<Engine> engine, std::string kind, std::string device,
               double max_cost);

  std::string name() const override { return device_; }
  /// Whether the batch is within the cost and fits the memory that is free now.
  bool takes(const PlannedBatch& batch) override;
  BatchStatus run(const PlannedBatch& batch, const ResultSink& sink, const std::stop_token& stop,
                  const PhaseListener& phase) override;

 private:
  std::unique_ptr<Engine> engine_;
  std::string kind_;
  std::string device_;
  double max_cost_;
};

}  // namespace vnsweep
