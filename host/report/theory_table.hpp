#pragma once

#include <iosfwd>
#include <vector>

#include "host/manifest/run_spec.hpp"
#include "host/theory/mean_field.hpp"

namespace vnsweep {

/// Predictions for one cell of a grid.
struct TheoryCell {
  RunSpec spec;  ///< its fields of the grid and the model
  InputPrior inputs;
  Theory theory;
  std::vector<LayerPrediction> layers;  ///< 1..depth, or empty for one row per cell
};

/// What does not exist is a dash, and every note stands once below, under the letter that its cells
/// carry. Five digits, without the logarithm of m_1.
void write_theory_table(const std::vector<TheoryCell>& cells, std::ostream& out);
/// What does not exist is an empty field; notes are left out.
void write_theory_csv(const std::vector<TheoryCell>& cells, std::ostream& out);
/// One object, {"cells": [...]}; what does not exist is null, with the reason in the cell's
/// "notes".
void write_theory_json(const std::vector<TheoryCell>& cells, std::ostream& out);

}  // namespace vnsweep
