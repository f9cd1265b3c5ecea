#include "kernels/cpu/node_correlation.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/cpu/double_passes.hpp"
#include "kernels/random/draws.hpp"
#include "tests/kernels/instruction_sets.hpp"

namespace vnsweep {
namespace {

/// Rows in the padding that the passes ask for.
struct Rows {
  std::size_t stride;
  cpu::AlignedBuffer<double> data;

  Rows(int rows, int columns)
      : stride(static_cast<std::size_t>(cpu::padded_samples(columns))),
        data(static_cast<std::size_t>(cpu::padded_nodes(rows)) * stride) {}
  double* row(int i) { return data.data() + static_cast<std::size_t>(i) * stride; }
};

TEST(GramOfRowsTest, ByHand) {
  Rows z(2, 3);
  for (int p = 0; p < 3; ++p) {
    z.row(0)[p] = 1.0 + p;
    z.row(1)[p] = 4.0 + p;
  }
  std::vector<double> gram(4, -1.0);

  cpu::gram_of_rows(z.data.data(), nullptr, 2, z.stride, gram.data());

  EXPECT_THAT(gram, ::testing::ElementsAre(14.0, -1.0, 32.0, 77.0));
}

TEST(GramOfRowsTest, RowsAreScaled) {
  Rows z(2, 3);
  z.row(0)[0] = 3.0;
  z.row(1)[0] = 5.0;
  const std::vector<double> scale = {2.0, 10.0, 1.0, 1.0};
  std::vector<double> gram(4, 0.0);

  cpu::gram_of_rows(z.data.data(), scale.data(), 2, z.stride, gram.data());

  EXPECT_THAT(gram, ::testing::ElementsAre(36.0, 0.0, 300.0, 2500.0));
}

TEST(GramOfRowsTest, EveryInstructionSetAgreesWithPlainLoops) {
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    for (const int rows : {1, 3, 4, 5, 8, 13, 33}) {
      for (const int columns : {1, 7, 8, 9, 100}) {
        Rows z(rows, columns);
        const auto drawn =
            draw_normals({1, 0, Stream::generated_data}, std::int64_t{1} * rows * columns);
        for (int i = 0; i < rows; ++i) {
          for (int p = 0; p < columns; ++p)
            z.row(i)[p] = drawn[static_cast<std::size_t>(i) * columns + p];
        }
        std::vector<double> gram(static_cast<std::size_t>(rows) * rows);

        cpu::gram_of_rows(z.data.data(), nullptr, rows, z.stride, gram.data());

        for (int i = 0; i < rows; ++i) {
          for (int j = 0; j <= i; ++j) {
            double sum = 0.0;
            for (int p = 0; p < columns; ++p)
              sum += z.row(i)[p] * z.row(j)[p];
            ASSERT_NEAR(gram[static_cast<std::size_t>(i) * rows + j], sum, 1e-13 * columns);
          }
        }
      }
    }
  });
}

TEST(CentreLiveNodesTest, RowsHaveNoMeanAndUnitNormAfterScaling) {
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    // Tiny and huge signals, whose squares would underflow or overflow, and a dead node.
    for (const double size : {1.0, 1e-200, 1e200}) {
      const std::vector<double> output = {1 * size, 2 * size, 3 * size, 6 * size, 7,        7,
                                          7,        7,        size,     -size,    2 * size, 0};
      Rows z(3, 4);
      std::vector<double> scale(4);

      const int live =
          cpu::centre_live_nodes(output.data(), 3, 4, 4, z.data.data(), z.stride, scale.data());

      ASSERT_EQ(live, 2);
      for (int i = 0; i < 2; ++i) {
        double sum = 0.0;
        double squares = 0.0;
        for (int p = 0; p < 4; ++p) {
          sum += z.row(i)[p] * scale[i];
          squares += std::pow(z.row(i)[p] * scale[i], 2);
        }
        EXPECT_NEAR(sum, 0.0, 1e-15);
        EXPECT_NEAR(squares, 1.0, 1e-15);
        for (std::size_t p = 4; p < z.stride; ++p)
          EXPECT_EQ(z.row(i)[p], 0.0);
      }
      // (-2, -1, 0, 3) / sqrt(14), by hand.
      EXPECT_NEAR(z.row(0)[3] * scale[0], 3.0 / std::sqrt(14.0), 1e-15);
    }
  });
}

}  // namespace
}  // namespace vnsweep
