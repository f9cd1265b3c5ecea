#pragma once

#include <functional>
#include <optional>
#include <span>

#include "host/forecast/work.hpp"
#include "kernels/engine.hpp"

namespace vnsweep {

/// Measures how long one worker takes for work.
class Meter {
 public:
  Meter() = default;
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;
  virtual ~Meter() = default;

  /// Seconds of one network for one unit of the work: an initialization, a step, a probe.
  /// @param sample  runs of one class, which may be measured together
  /// @returns empty if the worker cannot hold a single one of them
  /// @throws DataError  their training set cannot be made
  virtual std::optional<double> measure(WorkKind kind, std::span<const RunSpec> sample) = 0;
};

/// Seconds since some moment.
using SecondsClock = std::function<double()>;
/// Time that passed, whatever this thread did.
double wall_clock();
/// Time that this thread computed: other programs on the processor do not count.
double thread_clock();

/// Measures by doing a little of the work on an engine.
class EngineMeter final : public Meter {
 public:
  EngineMeter(Engine& engine, SecondsClock clock);
  std::optional<double> measure(WorkKind kind, std::span<const RunSpec> sample) override;

 private:
  double measure_initialization(const NetworkBatch& batch);
  double measure_training(const NetworkBatch& batch, double operations_per_step);
  double measure_probing(const NetworkBatch& batch, const ProbeSpec& spec);
  double time_of(const std::function<void()>& work) const;

  Engine& engine_;
  SecondsClock clock_;
};

}  // namespace vnsweep
