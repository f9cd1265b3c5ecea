#include "kernels/cpu/batched_eigenvalues.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "kernels/linear_algebra.hpp"
#include "kernels/random/draws.hpp"
#include "tests/kernels/instruction_sets.hpp"

namespace vnsweep {
namespace {

/// A symmetric matrix by its lower triangle, (size, size).
struct Matrix {
  int size = 0;
  std::vector<double> lower;

  explicit Matrix(int n) : size(n), lower(static_cast<std::size_t>(n) * n, 0.0) {}
  double& at(int i, int j) { return lower[static_cast<std::size_t>(i) * size + j]; }
};

std::vector<std::vector<double>> solve(const std::vector<Matrix>& matrices) {
  std::vector<cpu::SymmetricMatrix> given;
  std::vector<std::vector<double>> eigenvalues;
  std::vector<std::span<double>> spans;
  for (const Matrix& matrix : matrices) {
    given.push_back({matrix.lower.data(), matrix.size});
    eigenvalues.emplace_back(matrix.size);
  }
  for (auto& values : eigenvalues)
    spans.emplace_back(values);
  cpu::BatchedEigenvalues solver;
  solver.solve(given, spans);
  return eigenvalues;
}

std::vector<double> by_the_library(Matrix matrix) {
  return symmetric_eigenvalues(matrix.lower, matrix.size);
}

/// Z Z^T of normal rows of unit length: a correlation matrix but for the means.
Matrix random_correlation(int size, int columns, std::uint64_t key) {
  const auto z = draw_normals({key, 0, Stream::generated_data}, std::int64_t{1} * size * columns);
  const auto row = [&](int i) { return z.data() + std::ptrdiff_t{1} * i * columns; };
  const auto inner = [&](int i, int j) {
    double sum = 0.0;
    for (int p = 0; p < columns; ++p)
      sum += static_cast<double>(row(i)[p]) * row(j)[p];
    return sum;
  };
  Matrix matrix(size);
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j <= i; ++j)
      matrix.at(i, j) = inner(i, j) / std::sqrt(inner(i, i) * inner(j, j));
  }
  return matrix;
}

Matrix random_symmetric(int size, std::uint64_t key) {
  const auto values = draw_normals({key, 1, Stream::generated_data}, std::int64_t{1} * size * size);
  Matrix matrix(size);
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j <= i; ++j)
      matrix.at(i, j) = values[static_cast<std::size_t>(i) * size + j];
  }
  return matrix;
}

/// Within a few roundings of the largest, which is what the library reaches.
void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  double largest = 0.0;
  for (const double value : expected)
    largest = std::max(largest, std::fabs(value));
  for (std::size_t k = 0; k < found.size(); ++k)
    EXPECT_NEAR(found[k], expected[k], 1e-14 * largest) << k << " of " << found.size();
}

TEST(BatchedEigenvaluesTest, ATridiagonalMatrixHasThoseOfTheFormula) {
  for (const int size : {1, 2, 3, 7, 8, 33, 64}) {
    Matrix matrix(size);
    for (int i = 0; i < size; ++i) {
      matrix.at(i, i) = 2.0;
      if (i > 0) matrix.at(i, i - 1) = -1.0;
    }

    const auto found = solve({matrix})[0];

    std::vector<double> exact;
    for (int k = size; k >= 1; --k)
      exact.push_back(2.0 - 2.0 * std::cos(k * std::numbers::pi / (size + 1)));
    expect_near(found, exact);
  }
}

TEST(BatchedEigenvaluesTest, CopiesOfOneNodeHaveASingleEigenvalue) {
  for (const int size : {1, 2, 5, 16, 64}) {
    Matrix ones(size);
    std::fill(ones.lower.begin(), ones.lower.end(), 1.0);

    const auto found = solve({ones})[0];

    std::vector<double> exact(static_cast<std::size_t>(size), 0.0);
    exact[0] = size;
    expect_near(found, exact);
  }
}

TEST(BatchedEigenvaluesTest, EqualCorrelationsHaveTwoEigenvalues) {
  // 1 on the diagonal, c beside it: 1 + (n - 1) c once, 1 - c for the rest.
  for (const double c : {0.0, 0.25, 0.999999}) {
    Matrix matrix(24);
    for (int i = 0; i < 24; ++i) {
      for (int j = 0; j <= i; ++j)
        matrix.at(i, j) = i == j ? 1.0 : c;
    }

    const auto found = solve({matrix})[0];

    std::vector<double> exact(24, 1.0 - c);
    exact[0] = 1.0 + 23.0 * c;
    expect_near(found, exact);
  }
}

TEST(BatchedEigenvaluesTest, EveryInstructionSetAgreesWithTheLibraryForEverySize) {
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    for (int size = 1; size <= 64; ++size) {
      SCOPED_TRACE(size);
      const Matrix full = random_correlation(size, 256, 1000 + size);
      const Matrix deficient = random_correlation(size, 1 + size / 3, 2000 + size);
      const Matrix indefinite = random_symmetric(size, 3000 + size);

      const auto found = solve({full, deficient, indefinite});

      expect_near(found[0], by_the_library(full));
      expect_near(found[1], by_the_library(deficient));
      expect_near(found[2], by_the_library(indefinite));
    }
  });
}

TEST(BatchedEigenvaluesTest, OnesThatAreGradedOrTinyOrSplitAgreeWithTheLibrary) {
  Matrix graded(20);
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j <= i; ++j)
      graded.at(i, j) = std::pow(10.0, -0.5 * (i + j)) * (i == j ? 2.0 : 1.0);
  }
  Matrix reversed(20);
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j <= i; ++j)
      reversed.at(i, j) = graded.at(19 - j, 19 - i);
  }
  Matrix split(20);  // blocks that nothing couples, with zero rows between them
  for (int i = 0; i < 20; ++i)
    split.at(i, i) = i % 5 == 4 ? 0.0 : 1.0;
  for (const int i : {1, 6, 12, 13})
    split.at(i, i - 1) = 0.5;
  Matrix small = random_symmetric(20, 5);
  for (double& value : small.lower)
    value *= 1e-100;

  const auto found = solve({graded, reversed, split, small, Matrix(20)});

  expect_near(found[0], by_the_library(graded));
  expect_near(found[1], by_the_library(reversed));
  expect_near(found[2], by_the_library(split));
  expect_near(found[3], by_the_library(small));
  EXPECT_EQ(found[4], std::vector<double>(20, 0.0));
}

TEST(BatchedEigenvaluesTest, EigenvaluesDescendAndAddUpToTheTrace) {
  const Matrix matrix = random_correlation(31, 40, 77);

  const auto found = solve({matrix})[0];

  EXPECT_TRUE(std::is_sorted(found.rbegin(), found.rend()));
  double sum = 0.0;
  for (const double value : found)
    sum += value;
  EXPECT_NEAR(sum, 31.0, 1e-12);
}

TEST(BatchedEigenvaluesTest, CompanyChangesNoBit) {
  std::vector<Matrix> matrices;
  for (int m = 0; m < cpu::kMatrixBatch; ++m)
    matrices.push_back(random_correlation(1 + (m * 7) % 40, 3 + m * 5, 100 + m));

  const auto together = solve(matrices);

  for (std::size_t m = 0; m < matrices.size(); ++m)
    EXPECT_EQ(solve({matrices[m]})[0], together[m]) << m;
}

TEST(BatchedEigenvaluesTest, NotANumberIsReported) {
  Matrix matrix = random_correlation(9, 20, 3);
  matrix.at(5, 2) = std::numeric_limits<double>::quiet_NaN();

  EXPECT_THROW(solve({matrix}), std::runtime_error);
}

}  // namespace
}  // namespace vnsweep
