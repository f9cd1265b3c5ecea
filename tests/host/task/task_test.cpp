#include "host/task/task.hpp"

#include <gtest/gtest.h>

namespace vnsweep {
namespace {

TEST(TaskTest, XorIsOneWhereTheSignsDiffer) {
  const auto data = make_training_data(RunSpec{});

  ASSERT_EQ(data->samples, 4);
  ASSERT_EQ(data->inputs, 2);
  for (int s = 0; s < 4; ++s) {
    const float a = data->input[2 * s];
    const float b = data->input[2 * s + 1];
    EXPECT_EQ(a * a, 1.0F);
    EXPECT_EQ(b * b, 1.0F);
    EXPECT_EQ(data->target[s], a * b < 0.0F ? 1.0F : 0.0F);
  }
}

TEST(TaskTest, ParityHasEveryPointOnceAndCountsThePositiveInputs) {
  RunSpec spec;
  spec.task = TaskKind::parity;
  spec.bits = 3;

  const auto data = make_training_data(spec);

  EXPECT_EQ(data->samples, 8);
  EXPECT_EQ(data->inputs, 3);
  EXPECT_EQ(data->target, (std::vector<float>{0, 1, 1, 0, 1, 0, 0, 1}));
  EXPECT_EQ(std::vector<float>(data->input.begin() + 9, data->input.begin() + 12),
            (std::vector<float>{1, 1, -1}));  // point 3: bits 0 and 1 are set
}

}  // namespace
}  // namespace vnsweep
