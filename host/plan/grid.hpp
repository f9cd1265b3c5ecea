#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/manifest/run_spec.hpp"
#include "host/plan/run_table.hpp"

namespace vnsweep {

/// Largest number of runs in one manifest: the result of one takes a kilobyte or more on disk.
inline constexpr std::uint64_t kMaxRuns = 4'000'000;

/// Number of points before exclusion and merging, without making any; saturates at 2^64 - 1.
std::uint64_t grid_size(const Manifest& manifest);

/// Every run of the manifest, each once, in canonical order (seed fastest, inclusions last).
/// @throws ManifestError if there are more than kMaxRuns, if a point contradicts itself (a batch
///         larger than the training set, say), if an exclusion matches no point or if all of them
///         would take minutes to apply
std::vector<RunSpec> expand_grid(const Manifest& manifest);

/// The same in little memory, indexed by id.
RunTable expand_runs(const Manifest& manifest);

}  // namespace vnsweep
