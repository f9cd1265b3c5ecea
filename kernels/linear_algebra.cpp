#include "kernels/linear_algebra.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>

// Debian's OpenBLAS has LAPACK's Fortran symbols but no lapacke.h.
extern "C" {
void dgeqrf_(const int* m, const int* n, double* a, const int* lda, double* tau, double* work,
             const int* lwork, int* info);
void dorgqr_(const int* m, const int* n, const int* k, double* a, const int* lda, const double* tau,
             double* work, const int* lwork, int* info);
void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
             double* work, const int* lwork, int* iwork, const int* liwork, int* info);
}

namespace vnsweep {
namespace {

void check_lapack(const char* routine, int info) {
  if (info == 0) return;
  throw std::runtime_error(std::string("LAPACK ") + routine + " failed (info = " +
                           std::to_string(info) + "); the matrix may hold non-finite values");
}

}  // namespace

void pin_linear_algebra_threads() {
  static std::once_flag once;
  std::call_once(once, [] { openblas_set_num_threads(1); });
}

std::string linear_algebra_description() {
  return std::string(openblas_get_config()) + ", kernels " + openblas_get_corename();
}

std::vector<double> haar_orthogonal(std::span<const float> gaussian, int n) {
  pin_linear_algebra_threads();
  const auto size = static_cast<std::size_t>(n);
  // LAPACK is column-major: element (i, j) of G goes to a[j * n + i].
  std::vector<double> a(size * size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j)
      a[j * size + i] = gaussian[i * size + j];
  }
  std::vector<double> tau(size);
  int info = 0;
  int query = -1;
  double best_qr = 0.0;
  double best_q = 0.0;
  dgeqrf_(&n, &n, a.data(), &n, tau.data(), &best_qr, &query, &info);
  check_lapack("dgeqrf", info);
  dorgqr_(&n, &n, &n, a.data(), &n, tau.data(), &best_q, &query, &info);
  check_lapack("dorgqr", info);
  const int lwork = static_cast<int>(std::max(best_qr, best_q));
  std::vector<double> work(static_cast<std::size_t>(lwork));
  dgeqrf_(&n, &n, a.data(), &n, tau.data(), work.data(), &lwork, &info);
  check_lapack("dgeqrf", info);
  std::vector<double> sign(size);
  for (std::size_t j = 0; j < size; ++j)
    sign[j] = a[j * size + j] < 0.0 ? -1.0 : 1.0;
  dorgqr_(&n, &n, &n, a.data(), &n, tau.data(), work.data(), &lwork, &info);
  check_lapack("dorgqr", info);

  std::vector<double> q(size * size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j)
      q[i * size + j] = sign[j] * a[j * size + i];
  }
  return q;
}

double frobenius_squared_of_lower(std::span<const double> lower, int n) {
  double diagonal = 0.0;
  double below = 0.0;
  for (int i = 0; i < n; ++i) {
    const double* row = lower.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(n);
    for (int j = 0; j < i; ++j)
      below += row[j] * row[j];
    diagonal += row[i] * row[i];
  }
  return diagonal + 2.0 * below;
}

std::vector<double> symmetric_eigenvalues(std::span<double> lower, int n) {
  pin_linear_algebra_threads();
  std::vector<double> eigenvalues(static_cast<std::size_t>(n));
  // Row-major lower is column-major upper.
  const char no_vectors = 'N';
  const char upper = 'U';
  int info = 0;
  int query = -1;
  double best_work = 0.0;
  int best_iwork = 0;
  dsyevd_(&no_vectors, &upper, &n, lower.data(), &n, eigenvalues.data(), &best_work, &query,
          &best_iwork, &query, &info);
  check_lapack("dsyevd", info);
  const int lwork = static_cast<int>(best_work);
  std::vector<double> work(static_cast<std::size_t>(lwork));
  std::vector<int> iwork(static_cast<std::size_t>(best_iwork));
  dsyevd_(&no_vectors, &upper, &n, lower.data(), &n, eigenvalues.data(), work.data(), &lwork,
          iwork.data(), &best_iwork, &info);
  check_lapack("dsyevd", info);
  std::reverse(eigenvalues.begin(), eigenvalues.end());
  return eigenvalues;
}

}  // namespace vnsweep
