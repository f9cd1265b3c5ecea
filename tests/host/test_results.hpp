#pragma once

#include <cmath>

#include "host/schedule/run_result.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep::testing {

/// A made-up result with `depth` layers in each of two probes.
inline RunResult result_of(const RunSpec& spec, RunStatus status) {
  RunResult result;
  result.spec = spec;
  result.status = status;
  if (status == RunStatus::failed) result.cause = FailureCause::walking_dead;
  if (status == RunStatus::error) {
    result.error = "out of \"memory\", twice";
    return result;
  }
  result.steps = StepCount(50);
  result.loss = 0.25;
  result.accuracy = 0.75;
  result.engine = "cpu";
  result.device = "cpu:0";
  for (const int step : {0, 50}) {
    Probe probe;
    probe.step = StepCount(step);
    for (std::int64_t l = 1; l <= spec.depth; ++l) {
      LayerProbe layer;
      layer.live = 2;
      layer.vni = 0.5 + 0.25 * (step == 50 ? 1 : 0);
      layer.n_eff = 1.0 / layer.vni;
      layer.effective_rank = 1.5;
      layer.q = 0.1 * static_cast<double>(l);
      layer.gradient_rms = std::pow(10.0, static_cast<double>(l));
      layer.spectrum = {1.75, 0.25};
      probe.layers.push_back(layer);
    }
    result.probes.push_back(probe);
  }
  return result;
}

}  // namespace vnsweep::testing
