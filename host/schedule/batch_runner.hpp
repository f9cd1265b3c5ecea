#pragma once

#include <functional>
#include <stop_token>

#include "host/plan/batch.hpp"
#include "host/schedule/run_result.hpp"
#include "kernels/engine.hpp"

namespace vnsweep {

/// Called once for every finished run. May be called from several threads at once.
using ResultSink = std::function<void(RunResult)>;

/// Called when a phase of a batch begins (a probe, a chunk of steps), with its predicted
/// floating-point operations.
using PhaseStart = std::function<void(double operations)>;

enum class BatchStatus { complete, interrupted };

/// Trains a batch to the outcome of every run: probes it on schedule, reports each run as soon as
/// it is finished and retires it. Stops between two chunks of steps when asked to; unfinished runs
/// are then dropped. What the engine throws passes through. Makes the training set first if the
/// batch has only its sizes. @throws DataError if that cannot be done
BatchStatus run_batch(Engine& engine, const PlannedBatch& batch, const ResultSink& sink,
                      const std::stop_token& stop, const PhaseStart& phase = nullptr);

}  // namespace vnsweep
