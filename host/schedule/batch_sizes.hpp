#pragma once

#include "host/plan/batch_plan.hpp"
#include "host/schedule/device_choice.hpp"

namespace vnsweep {

/// How to cut runs into batches for the workers of a choice. A GPU is the faster the more networks
/// it trains at once; CPU workers take small batches, so that all end together.
/// @param total_cost  of all runs that are to be made
BatchLimits batch_limits(const DeviceChoice& choice, double total_cost);

/// Largest batch that a CPU worker takes; what was cut for GPUs beside it is larger.
double cpu_share(const DeviceChoice& choice, double total_cost);

}  // namespace vnsweep
