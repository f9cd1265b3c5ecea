#include "host/schedule/run_result.hpp"

#include <cmath>

namespace vnsweep {

std::string_view to_string(RunStatus status) {
  switch (status) {
    case RunStatus::succeeded:
      return "succeeded";
    case RunStatus::failed:
      return "failed";
    case RunStatus::error:
      return "error";
  }
  return "";
}

KnownOutcome known_outcome(RunStatus status) {
  switch (status) {
    case RunStatus::succeeded:
      return KnownOutcome::succeeded;
    case RunStatus::failed:
      return KnownOutcome::failed;
    case RunStatus::error:
      break;
  }
  return KnownOutcome::error;
}

std::string_view to_string(FailureCause cause) {
  switch (cause) {
    case FailureCause::exploding:
      return "exploding";
    case FailureCause::vanishing:
      return "vanishing";
    case FailureCause::walking_dead:
      return "walking_dead";
    case FailureCause::unconverged:
      return "unconverged";
  }
  return "";
}

double log10_gradient_ratio(const Probe& probe) {
  return std::log10(probe.layers.front().gradient_rms / probe.layers.back().gradient_rms);
}

FailureCause diagnose(const RunSpec& spec, const Evaluation& last, const Probe& probe) {
  const bool finite = std::isfinite(last.loss) && probe.weights_finite && probe.gradients_finite;
  const double ratio = log10_gradient_ratio(probe);
  if (last.status == TrainingStatus::diverged || !finite || ratio > spec.diagnosis_gradient_ratio) {
    return FailureCause::exploding;
  }
  if (ratio < -spec.diagnosis_gradient_ratio) return FailureCause::vanishing;
  if (probe.layers.back().vni >= spec.diagnosis_vni) return FailureCause::walking_dead;
  return FailureCause::unconverged;
}

}  // namespace vnsweep
