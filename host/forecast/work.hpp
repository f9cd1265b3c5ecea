#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "host/forecast/rate_table.hpp"
#include "host/plan/batch.hpp"

namespace vnsweep {

/// What the time of a run is made of; each is measured by itself, since their ratio differs with
/// width, mini-batch and optimizer. initialize: allocate and draw the weights. train: one step,
/// with its share of evaluations. probe: one probe.
enum class WorkKind { initialize, train, probe };
inline constexpr WorkKind kWorkKinds[] = {WorkKind::initialize, WorkKind::train, WorkKind::probe};

/// Networks of one depth that train side by side, as far as an engine's speed depends on it.
inline constexpr std::size_t kMostTogether = 16;

/// Runs of one depth that can share a batch: a processor takes the same time for each.
struct RunClass {
  std::vector<RunSpec> sample;  ///< at least one run; up to kMostTogether from all over the class
  std::size_t runs = 0;
  std::size_t groups = 0;  ///< batches that they are spread over
  std::string line;        ///< what they agree in apart from depth

  const RunSpec& spec() const { return sample.front(); }
  /// Runs that meet in a batch, up to kMostTogether; in fours, so that few are measured.
  std::size_t together() const;
};

/// Classes by their class_key().
using RunClasses = std::map<std::string, RunClass>;

/// Runs of equal text are of one class.
std::string class_key(const RunSpec& spec);

/// The classes of planned batches.
RunClasses classify(std::span<const PlannedBatch> batches);

/// Name of a class's work of one kind, without its depth: everything that its time depends on and
/// nothing else, so that other sweeps can use it.
std::string work_family(WorkKind kind, const RunClass& runs);

/// Predicted floating-point operations of one unit of work, in the time that training takes for
/// one.
double unit_operations(WorkKind kind, const RunSpec& spec);

/// Probes that are made of a run that ends after `steps` updates.
std::int64_t probes_made(const RunSpec& spec, std::int64_t steps);

/// Seconds of one worker for one network.
struct RunCost {
  double initialize = 0.0;
  double step = 0.0;
  double probe = 0.0;

  /// Of a run that ends after `steps` updates.
  double seconds(const RunSpec& spec, std::int64_t steps) const;
  /// Of a run that spends its budget.
  double whole(const RunSpec& spec) const { return seconds(spec, spec.steps); }
};

}  // namespace vnsweep
