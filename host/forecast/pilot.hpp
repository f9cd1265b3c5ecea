#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/manifest/run_spec.hpp"

namespace vnsweep {

/// What came of one run of a pilot.
struct PilotOutcome {
  std::int64_t steps = 0;
  bool failed = false;

  bool operator==(const PilotOutcome&) const = default;
};

/// Outcomes of the runs of a pilot_sequence(), in its order.
struct Pilot {
  std::vector<PilotOutcome> outcomes;

  bool operator==(const Pilot&) const = default;
};

/// alone: every run stands for itself. pairs: each is followed by another run of its cell, by
/// itself where the cell has no other; pairs show how much of the spread is between cells.
enum class PilotDesign { alone, pairs };

/// Runs for a pilot: places along the runs' cumulative predicted cost that fill it evenly however
/// many are taken (van der Corput's sequence). So a run's chance is in proportion to its cost, and
/// cells, which are neighbours, are represented evenly. A costly run can occur several times.
/// @param runs  in the order of the grid; not empty
/// @returns indices into `runs`: one for each place, or two in pairs
std::vector<std::size_t> pilot_sequence(std::span<const RunSpec> runs, std::size_t places,
                                        PilotDesign design);

/// Makes runs and says what came of them, in the order given; empty if it was stopped.
using RunSample =
    std::function<std::optional<std::vector<PilotOutcome>>(const std::vector<std::size_t>& runs)>;

struct PilotLimits {
  std::size_t places = 0;
  double seconds = 0.0;  ///< no more runs are begun that would end after so long
};

/// Makes the first runs of the sequence in waves, each as large as the time of the earlier ones
/// lets expect that there is time for.
/// @param clock  seconds since some moment
/// @returns empty if it was stopped
std::optional<Pilot> make_pilot(std::span<const RunSpec> runs, PilotDesign design,
                                const PilotLimits& limits, const RunSample& run_sample,
                                const std::function<double()>& clock);

/// Identifies a sweep: a hash of its manifest, resolved, without name and description.
std::string sweep_identity(const Manifest& manifest);

/// An estimate and its standard error.
struct Estimate {
  double value = 0.0;
  double error = 0.0;
};

/// Share of the budget that runs spend, from a sample spread evenly with chances in proportion to
/// `operations`: a ratio estimate, sum(w spent) / sum(w whole) with w = 1 / operations. Its error
/// is from differences of successive runs (Wolter, Introduction to Variance Estimation, chapter 8:
/// systematic samples), in which differences between distant cells do not count.
/// All are in the order of the grid.
/// @param spent  seconds of each chosen run
/// @param whole  seconds that it would have taken to its last step
Estimate share_spent(std::span<const double> spent, std::span<const double> whole,
                     std::span<const double> operations);

}  // namespace vnsweep
