#pragma once

#include <cstddef>
#include <vector>

#include "kernels/engine.hpp"

namespace vnsweep::cpu {

/// Work space of correlation_statistics, kept between calls to save allocations.
struct CorrelationWorkspace {
  std::vector<double> normalised;  ///< Z (live, probes)
  std::vector<double> gram;        ///< smaller Gram matrix of Z
};

/// Fills live, vni, n_eff, spectrum and effective_rank of one layer.
/// @param output  node outputs (nodes, stride), float64; the first `probes` of each row count
/// Source: DESIGN.md section 1, "Vanishing node indicator".
void correlation_statistics(const double* output, int nodes, int probes, std::size_t stride,
                            CorrelationWorkspace& workspace, LayerProbe& result);

}  // namespace vnsweep::cpu
