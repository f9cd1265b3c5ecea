#include "kernels/cpu/batched_eigenvalues.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <stdexcept>
#include <utility>
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

/// (I - 2 u u^T / u^T u) diag(values) (I - 2 u u^T / u^T u), u = (1, 2, ..., n).
Matrix reflected(const std::vector<double>& values) {
  const auto size = static_cast<int>(values.size());
  double squares = 0.0;
  for (int i = 1; i <= size; ++i)
    squares += static_cast<double>(i) * i;
  const auto reflector = [&](int i, int k) {
    return (i == k ? 1.0 : 0.0) - 2.0 * (i + 1.0) * (k + 1.0) / squares;
  };
  Matrix matrix(size);
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j <= i; ++j) {
      for (int k = 0; k < size; ++k)
        matrix.at(i, j) += reflector(i, k) * values[static_cast<std::size_t>(k)] * reflector(j, k);
    }
  }
  return matrix;
}

TEST(BatchedEigenvaluesTest, ClustersAreFoundAsTheyWereMade) {
  std::vector<double> made;
  for (int k = 0; k < 16; ++k) {
    for (const double centre : {3.0, 1.0, 1e-9})
      made.push_back(centre * (1.0 + 1e-13 * k));
  }
  std::sort(made.rbegin(), made.rend());
  std::vector<double> tight(33, 1.0);
  tight[0] = 1.0 + 0x1p-40;

  const auto found = solve({reflected(made), reflected(tight)});

  expect_near(found[0], made);
  expect_near(found[1], tight);
}

TEST(BatchedEigenvaluesTest, ElementsDownToTheSmallestDoublesAgreeWithTheLibrary) {
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    for (const int size : {2, 16, 31, 64}) {
      SCOPED_TRACE(size);
      Matrix falling(size);  // from 1 down to 1e-300 along the diagonal
      Matrix rising(size);
      const auto grade = [&](int i) { return std::pow(10.0, -150.0 * i / (size - 1)); };
      for (int i = 0; i < size; ++i) {
        for (int j = 0; j <= i; ++j) {
          falling.at(i, j) = grade(i) * grade(j) * (i == j ? 1.0 : 0.5);
          rising.at(i, j) = grade(size - 1 - i) * grade(size - 1 - j) * (i == j ? 1.0 : 0.5);
        }
      }

      const auto found = solve({falling, rising});

      expect_near(found[0], by_the_library(falling));
      expect_near(found[1], by_the_library(rising));
    }
  });
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

  testing::on_every_instruction_set([&](const char* name) {
    SCOPED_TRACE(name);
    const auto together = solve(matrices);
    const auto reversed = solve({matrices.rbegin(), matrices.rend()});

    for (std::size_t m = 0; m < matrices.size(); ++m) {
      EXPECT_EQ(solve({matrices[m]})[0], together[m]) << m;
      EXPECT_EQ(reversed[matrices.size() - 1 - m], together[m]) << m;
    }
  });
}

TEST(BatchedEigenvaluesTest, ASolverThatIsUsedAgainRemembersNothing) {
  const Matrix large = random_correlation(40, 50, 6);
  const Matrix small = random_correlation(5, 50, 7);
  std::vector<double> of_large(40);
  std::vector<double> of_small(5);
  const cpu::SymmetricMatrix given_large{large.lower.data(), 40};
  const cpu::SymmetricMatrix given_small{small.lower.data(), 5};
  const std::span<double> large_span(of_large);
  const std::span<double> small_span(of_small);
  cpu::BatchedEigenvalues solver;

  solver.solve({&given_large, 1}, {&large_span, 1});
  solver.solve({&given_small, 1}, {&small_span, 1});

  EXPECT_EQ(of_small, solve({small})[0]);
}

TEST(BatchedEigenvaluesTest, AnElementThatIsNotFiniteIsReportedWhereverItIs) {
  const double infinity = std::numeric_limits<double>::infinity();
  testing::on_every_instruction_set([&](const char* name) {
    SCOPED_TRACE(name);
    for (const double value : {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity}) {
      for (const auto& [i, j] : {std::pair{0, 0}, {4, 4}, {8, 8}, {1, 0}, {5, 2}, {8, 7}}) {
        Matrix coupled = random_correlation(9, 20, 3);
        Matrix diagonal(9);
        coupled.at(i, j) = value;
        diagonal.at(i, j) = value;

        EXPECT_THROW(solve({coupled}), std::runtime_error) << value << " at " << i << ", " << j;
        EXPECT_THROW(solve({diagonal}), std::runtime_error) << value << " at " << i << ", " << j;
      }
    }
    Matrix single(1);
    single.at(0, 0) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(solve({single}), std::runtime_error);
  });
}

}  // namespace
}  // namespace vnsweep
