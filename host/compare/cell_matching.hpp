#pragma once

#include <string>
#include <vector>

#include "host/compare/comparison.hpp"

namespace vnsweep {

/// Which cells of two sweeps belong together.
struct CellMatching {
  std::vector<const Field*> axes;            ///< in canonical order
  std::vector<FixedDifference> differences;  ///< of specifications
  struct Pair {
    const Cell* first = nullptr;
    const Cell* second = nullptr;
  };
  std::vector<Pair> cells;
  std::vector<const Cell*> only_first;
  std::vector<const Cell*> only_second;
};

/// A side: what its manifest asks for and what was made of it.
struct SweepSide {
  std::string directory;  ///< for messages
  const Manifest* manifest = nullptr;
  const Summary* summary = nullptr;
};

/// @throws std::invalid_argument if no cell has a partner, which says why
CellMatching match_cells(const SweepSide& first, const SweepSide& second);

/// Values of `axes`, by which cells or curves are matched.
std::vector<Value> axis_values(const std::vector<const Field*>& axes, const RunSpec& spec);

}  // namespace vnsweep
