#include "kernels/reference/reference_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace vnsweep::reference {
namespace {

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k)
    sum += a[k] * b[k];
  return sum;
}

/// Centred, unit-norm outputs of the live nodes, (live, probes).
Matrix normalised_live_nodes(const Matrix& output) {
  const std::size_t probes = output.size();
  const std::size_t nodes = output[0].size();
  Matrix live;
  for (std::size_t i = 0; i < nodes; ++i) {
    Vector x(probes);
    double largest = 0.0;
    for (std::size_t p = 0; p < probes; ++p)
      largest = std::max(largest, std::fabs(output[p][i]));
    if (!(largest > 0.0)) continue;
    for (std::size_t p = 0; p < probes; ++p)
      x[p] = output[p][i] / largest;
    const double mean_square = dot(x, x) / static_cast<double>(probes);
    double mean = 0.0;
    for (const double value : x)
      mean += value;
    mean /= static_cast<double>(probes);
    for (double& value : x)
      value -= mean;
    const double norm = std::sqrt(dot(x, x));
    const double standard_deviation = norm / std::sqrt(static_cast<double>(probes));
    if (!(standard_deviation > kLiveTolerance * std::sqrt(mean_square))) continue;
    for (double& value : x)
      value /= norm;
    live.push_back(x);
  }
  return live;
}

Matrix transposed(const Matrix& a) {
  Matrix t(a[0].size(), Vector(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[i].size(); ++j)
      t[j][i] = a[i][j];
  }
  return t;
}

Matrix gram(const Matrix& rows) {
  Matrix g(rows.size(), Vector(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows.size(); ++j)
      g[i][j] = dot(rows[i], rows[j]);
  }
  return g;
}

/// Rotates rows and columns p and q so that a[p][q] becomes zero (Golub & Van Loan, section 8.5).
void rotate(Matrix& a, std::size_t p, std::size_t q) {
  const double tau = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
  const double t = std::copysign(1.0, tau) / (std::fabs(tau) + std::hypot(1.0, tau));
  const double c = 1.0 / std::hypot(1.0, t);
  const double s = t * c;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double akp = a[k][p];
    const double akq = a[k][q];
    a[k][p] = c * akp - s * akq;
    a[k][q] = s * akp + c * akq;
  }
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double apk = a[p][k];
    const double aqk = a[q][k];
    a[p][k] = c * apk - s * aqk;
    a[q][k] = s * apk + c * aqk;
  }
}

}  // namespace

Vector jacobi_eigenvalues(Matrix a) {
  const std::size_t n = a.size();
  constexpr int kMaxSweeps = 60;
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    double off_diagonal = 0.0;
    double diagonal = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      diagonal += a[i][i] * a[i][i];
      for (std::size_t j = 0; j < i; ++j)
        off_diagonal += a[i][j] * a[i][j];
    }
    if (off_diagonal <= 1e-30 * diagonal) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] != 0.0) rotate(a, p, q);
      }
    }
  }
  Vector eigenvalues(n);
  for (std::size_t i = 0; i < n; ++i)
    eigenvalues[i] = a[i][i];
  std::sort(eigenvalues.rbegin(), eigenvalues.rend());
  return eigenvalues;
}

LayerProbe correlation_statistics(const Matrix& output) {
  LayerProbe result;
  const Matrix z = normalised_live_nodes(output);
  result.live = static_cast<int>(z.size());
  if (z.empty()) return result;

  const auto n = static_cast<double>(z.size());
  const Matrix rho = gram(z);
  double sum_of_squares = 0.0;
  for (const Vector& row : rho)
    sum_of_squares += dot(row, row);
  result.vni = std::clamp(sum_of_squares / (n * n), 1.0 / n, 1.0);  // up to rounding, it is
  result.n_eff = 1.0 / result.vni;

  result.spectrum = jacobi_eigenvalues(z.size() <= output.size() ? rho : gram(transposed(z)));
  double entropy = 0.0;
  for (const double eigenvalue : result.spectrum) {
    const double p = eigenvalue / n;
    if (p > 0.0) entropy -= p * std::log(p);
  }
  result.effective_rank = std::exp(entropy);
  return result;
}

}  // namespace vnsweep::reference
