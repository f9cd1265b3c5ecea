#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// Probes of a stored run, by step; called for one run at a time, so that few spectra are held.
using ReadProbes = std::function<std::vector<StoredProbe>(const StoredRun&)>;

/// What several stores hold together.
struct StoredSweep {
  std::vector<StoredRun> runs;  ///< each once: a result rather than an error where stores have both
  ReadProbes probes;            ///< of these runs; valid as long as the stores
};
StoredSweep read_sweep(std::vector<Store>& stores);

/// What is known of every run of every store, likewise, without reading whole runs.
std::unordered_map<std::string, KnownOutcome> stored_outcomes(std::vector<Store>& stores);

/// How a manifest stands.
struct ManifestProgress {
  SweepProgress::Counts counts;
  std::size_t others = 0;  ///< runs stored, but not of this manifest
};
ManifestProgress progress_of(const Manifest& manifest,
                             const std::unordered_map<std::string, KnownOutcome>& outcomes);

}  // namespace vnsweep
