#pragma once

#include <span>
#include <string>
#include <vector>

namespace vnsweep {

/// Makes the linear algebra library single-threaded: parallelism is over networks, and results must
/// not depend on how many threads there are. Called by everything in this header.
void pin_linear_algebra_threads();

/// Version and kernel choice of the linear algebra library, for provenance.
std::string linear_algebra_description();

/// Orthogonal factor Q of G = Q R with positive diagonal of R.
/// @param gaussian  G (n, n), row-major
/// @returns Q (n, n), row-major; Haar-distributed when G is Gaussian
/// @throws std::runtime_error if LAPACK reports a failure
std::vector<double> haar_orthogonal(std::span<const float> gaussian, int n);

/// Squared Frobenius norm of a symmetric matrix.
/// @param lower  (n, n), lower triangle in row-major order
double frobenius_squared_of_lower(std::span<const double> lower, int n);

/// Eigenvalues of a symmetric matrix, descending.
/// @param lower  (n, n), lower triangle in row-major order; destroyed
/// @throws std::runtime_error if LAPACK does not converge
std::vector<double> symmetric_eigenvalues(std::span<double> lower, int n);

}  // namespace vnsweep
