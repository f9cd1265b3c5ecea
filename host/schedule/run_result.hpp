#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/manifest/run_spec.hpp"
#include "host/plan/sweep_progress.hpp"
#include "kernels/engine.hpp"

namespace vnsweep {

/// succeeded and failed are data; error means that the run could not be made.
enum class RunStatus { succeeded, failed, error };
/// What a stored status says of a run.
KnownOutcome known_outcome(RunStatus status);

/// Why a run failed. Source: DESIGN.md section 1, "Why a run failed".
enum class FailureCause { exploding, vanishing, walking_dead, unconverged };

std::string_view to_string(RunStatus status);
std::string_view to_string(FailureCause cause);

/// What came of one run.
struct RunResult {
  RunSpec spec;
  RunStatus status = RunStatus::error;
  std::optional<FailureCause> cause;  ///< of failed runs
  StepCount steps;                    ///< updates made
  double loss = 0.0;                  ///< over the training set, at the end
  double accuracy = 0.0;              ///< over the training set, at the end
  std::vector<Probe> probes;          ///< by step, the first at step 0, the last at the end
  std::string error;                  ///< of runs with status error
  std::string engine;
  std::string device;
  double seconds = 0.0;  ///< this run's share of its batch's wall time
};

/// log10(g_1 / g_L); NaN if both are zero or either is NaN.
double log10_gradient_ratio(const Probe& probe);

/// Cause of a failure, from the last evaluation and the last probe. A network whose gradients are
/// exactly zero everywhere has no ratio and no live output: it counts as unconverged.
FailureCause diagnose(const RunSpec& spec, const Evaluation& last, const Probe& probe);

}  // namespace vnsweep
