#include "kernels/cpu/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "kernels/layer_statistics.hpp"
#include "kernels/linear_algebra.hpp"

namespace vnsweep::cpu {
namespace {

/// Writes the centred, unit-norm output of one node; false if the node is not live.
/// Outputs are first divided by their largest magnitude: correlation does not depend on the size of
/// a signal, and squares of a tiny one would underflow.
bool normalise(const double* x, int probes, double* z) {
  double largest = 0.0;
  for (int p = 0; p < probes; ++p)
    largest = std::max(largest, std::fabs(x[p]));
  if (!(largest > 0.0)) return false;
  double sum = 0.0;
  double sum_of_squares = 0.0;
  for (int p = 0; p < probes; ++p) {
    z[p] = x[p] / largest;
    sum += z[p];
    sum_of_squares += z[p] * z[p];
  }
  const double mean = sum / probes;
  double centred = 0.0;
  for (int p = 0; p < probes; ++p) {
    z[p] -= mean;
    centred += z[p] * z[p];
  }
  // Also false for NaN, which an infinite output becomes here.
  if (!(std::sqrt(centred) > kLiveTolerance * std::sqrt(sum_of_squares))) return false;
  const double norm = std::sqrt(centred);
  for (int p = 0; p < probes; ++p)
    z[p] /= norm;
  return true;
}

}  // namespace

void correlation_statistics(const double* output, int nodes, int probes, std::size_t stride,
                            CorrelationWorkspace& workspace, LayerProbe& result) {
  std::vector<double>& z = workspace.normalised;
  z.resize(static_cast<std::size_t>(nodes) * probes);
  int live = 0;
  for (int i = 0; i < nodes; ++i) {
    double* row = z.data() + static_cast<std::size_t>(live) * probes;
    if (normalise(output + static_cast<std::size_t>(i) * stride, probes, row)) ++live;
  }
  if (live == 0) return;

  const int n = live <= probes ? live : probes;
  workspace.gram.assign(static_cast<std::size_t>(n) * n, 0.0);
  const std::span<const double> rows(z.data(), static_cast<std::size_t>(live) * probes);
  if (live <= probes) {
    gram_of_rows(rows, live, probes, workspace.gram);
  } else {
    gram_of_columns(rows, live, probes, workspace.gram);
  }
  const double gram_square = frobenius_squared_of_lower(workspace.gram, n);
  fill_correlation_statistics(live, gram_square, symmetric_eigenvalues(workspace.gram, n), result);
}

}  // namespace vnsweep::cpu
