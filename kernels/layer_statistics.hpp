#pragma once

#include <span>
#include <vector>

#include "kernels/engine.hpp"

namespace vnsweep {

/// Fills live, vni, n_eff, spectrum and effective_rank of a layer.
/// @param live         n, number of live nodes
/// @param gram_square  squared Frobenius norm of the correlation matrix of the live nodes
/// @param spectrum     its largest eigenvalues, descending; those beyond `live` are left out
void fill_correlation_statistics(int live, double gram_square, std::vector<double> spectrum,
                                 LayerProbe& layer);

/// The two halves of it: vni and n_eff; spectrum and effective_rank of a layer that has its `live`.
void fill_indicator(int live, double gram_square, LayerProbe& layer);
void fill_spectrum(std::vector<double> spectrum, LayerProbe& layer);

/// @throws std::logic_error if more Jacobians are asked for than there are probe inputs
void check_probe_spec(const ProbeSpec& spec);

/// Means over Jacobians J (width, width) of their moments.
/// @param squares  squared Frobenius norms of J
/// @param fourths  squared Frobenius norms of J J^T
JacobianMoments mean_jacobian_moments(std::span<const double> squares,
                                      std::span<const double> fourths, int width);

}  // namespace vnsweep
