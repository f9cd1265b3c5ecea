#include "kernels/linear_algebra.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace vnsweep {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(LinearAlgebraTest, QrOfAMatrixOfTwoByHand) {
  // G = [[3, 1], [4, 2]] = Q R with Q = [[3, -4], [4, 3]] / 5 and R = [[5, 11/5], [0, 2/5]].
  const std::vector<float> g = {3, 1, 4, 2};

  const std::vector<double> q = haar_orthogonal(g, 2);

  EXPECT_THAT(q, ElementsAre(DoubleNear(0.6, 1e-15), DoubleNear(-0.8, 1e-15),
                             DoubleNear(0.8, 1e-15), DoubleNear(0.6, 1e-15)));
}

TEST(LinearAlgebraTest, DiagonalOfRIsPositiveWhateverTheSigns) {
  const std::vector<float> g = {-3, 1, -4, 2};

  const std::vector<double> q = haar_orthogonal(g, 2);

  EXPECT_NEAR(q[0], -0.6, 1e-15);
  EXPECT_NEAR(q[2], -0.8, 1e-15);
}

TEST(LinearAlgebraTest, EigenvaluesOfATridiagonalMatrixAreThoseOfTheFormula) {
  // 2 on the diagonal, -1 beside it: 2 - 2 cos(k pi / (n + 1)).
  constexpr int kSize = 40;
  std::vector<double> a(kSize * kSize, 0.0);
  for (int i = 0; i < kSize; ++i) {
    a[i * kSize + i] = 2.0;
    if (i > 0) a[i * kSize + i - 1] = -1.0;
  }

  const std::vector<double> eigenvalues = symmetric_eigenvalues(a, kSize);

  for (int k = 1; k <= kSize; ++k) {
    const double exact = 2.0 - 2.0 * std::cos(k * M_PI / (kSize + 1));
    EXPECT_NEAR(eigenvalues[kSize - k], exact, 1e-14);
  }
}

}  // namespace
}  // namespace vnsweep
