#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "host/forecast/pilot.hpp"
#include "host/schedule/device_choice.hpp"
#include "host/schedule/worker.hpp"

namespace vnsweep {

/// Makes some runs of a sweep to see how they end; their results are kept nowhere.
/// @param chosen  indices into `runs`; one that occurs several times is made once
/// @param devices  what the workers are, which says how to cut batches
/// @returns an outcome for each of `chosen`; empty if it was to stop, or lost all devices, before
///          all were made. A run that could not be made counts as one of no steps.
/// @throws DataError
std::optional<std::vector<PilotOutcome>> run_sample(
    std::span<const RunSpec> runs, const std::vector<std::size_t>& chosen,
    const std::vector<std::shared_ptr<Worker>>& workers, const DeviceChoice& devices,
    const std::stop_token& stop);

}  // namespace vnsweep
