#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/manifest/run_spec.hpp"

namespace vnsweep {

/// Largest number of runs in one manifest. A run's specification takes some 200 bytes of memory and
/// its result some kilobytes on disk.
inline constexpr std::uint64_t kMaxRuns = 4'000'000;

/// Number of points before exclusion and merging, without making any; saturates at 2^64 - 1.
std::uint64_t grid_size(const Manifest& manifest);

/// Every run of the manifest, each once, in canonical order (seed fastest, inclusions last).
/// @throws ManifestError if there are more than kMaxRuns, if a point contradicts itself (a batch
///         larger than the training set, say) or if an exclusion matches no point
std::vector<RunSpec> expand_grid(const Manifest& manifest);

/// Where cells end, runs that differ in the seed alone and follow one another: one past the last
/// run of each.
std::vector<std::size_t> cell_ends(std::span<const RunSpec> runs);

}  // namespace vnsweep
