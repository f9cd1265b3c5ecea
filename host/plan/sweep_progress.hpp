#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/plan/run_table.hpp"

namespace vnsweep {

/// What is known of a run: nothing, its outcome, or that it could not be made.
enum class KnownOutcome : std::uint8_t { none, succeeded, failed, error };

/// How the runs of a manifest stand: which it asks for, and which of these are still to be made.
/// With adaptive seeds the former grows with the outcomes: a cell gets seeds 0, 1, ... until its
/// interval is narrow enough. What a cell needs follows from the outcomes of its first seeds alone,
/// so that it does not matter in which order, on which shard or in how many goes they were made.
class SweepProgress {
 public:
  /// @param runs  every run that the manifest can ask for, as expand_grid() orders them
  SweepProgress(const Manifest& manifest, RunTable runs);
  SweepProgress(const Manifest& manifest, const std::vector<RunSpec>& runs);

  const RunTable& runs() const { return runs_; }

  /// Records outcomes by run id; those of other manifests' runs are ignored.
  /// @returns how many were of other manifests
  std::size_t learn(const std::unordered_map<std::string, KnownOutcome>& outcomes);

  /// Records the outcome of one run. @returns whether it is of this manifest
  bool learn(const RunId& run, KnownOutcome outcome);

  struct Counts {
    std::size_t wanted = 0;  ///< runs that the manifest asks for, as far as it is known now
    std::size_t succeeded = 0;
    std::size_t failed = 0;
    std::size_t errors = 0;
    std::size_t missing = 0;
  };
  /// Of the runs wanted.
  Counts counts() const;

  /// Runs wanted of which nothing is known.
  std::vector<RunSpec> missing() const;
  /// The same in little memory, indexed by id.
  RunTable missing_runs() const;

 private:
  std::size_t wanted_of_cell(std::size_t first, std::size_t last) const;

  RunTable runs_;
  std::vector<KnownOutcome> outcomes_;  ///< of runs_[k]
  std::vector<std::size_t> cell_ends_;  ///< runs of one cell follow one another
  std::optional<PrecisionGoal> goal_;
};

}  // namespace vnsweep
