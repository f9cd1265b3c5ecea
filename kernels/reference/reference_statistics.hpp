#pragma once

#include <vector>

#include "kernels/engine.hpp"

namespace vnsweep::reference {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;  ///< rows of equal length

/// VNI, live nodes, N_eff, spectrum and effective rank of one layer.
/// Pearson correlations pair by pair, eigenvalues by cyclic Jacobi rotations: no code in common
/// with the other engines. `q` and `gradient_rms` are left at zero.
/// @param output  node outputs over the probe inputs, (probes, nodes)
/// Source: DESIGN.md section 1, "Vanishing node indicator".
LayerProbe correlation_statistics(const Matrix& output);

/// Eigenvalues of a symmetric matrix, descending.
Vector jacobi_eigenvalues(Matrix a);

}  // namespace vnsweep::reference
