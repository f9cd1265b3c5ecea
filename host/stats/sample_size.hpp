#pragma once

#include <cstdint>

namespace vnsweep {

/// When the probability of failure of a cell is known well enough.
struct PrecisionGoal {
  std::int64_t least = 0;  ///< trials of every cell
  std::int64_t most = 0;   ///< trials of a cell at most
  double halfwidth = 0.0;  ///< of the 95 % Wilson interval, which ends the cell
};

/// Trials that a cell should have, given the outcomes of its first `trials`: `trials` itself if
/// their interval is narrow enough or `most` is reached, otherwise more. Looks at the width alone:
/// to stop once an interval excludes some value would stop on lucky draws, and the interval would
/// cover the truth less often than it says. Stages grow by a tenth to a factor of two, so that a
/// cell passes few of them and overshoots little.
/// @param failures  of those `trials` outcomes that are known
/// @param known     outcomes known, at most `trials`; the others could not be made
std::int64_t trials_wanted(const PrecisionGoal& goal, std::int64_t trials, std::int64_t failures,
                           std::int64_t known);

}  // namespace vnsweep
