#include "kernels/cpu/machine_peak.hpp"

#include <gtest/gtest.h>

#include "kernels/cpu/aligned_buffer.hpp"
#include "tests/kernels/instruction_sets.hpp"

namespace vnsweep {
namespace {

// x = x / 2 + 1 / 2 from anywhere near tends to 1 and, in float, is 1 after some 30 rounds.
TEST(MachinePeakTest, EveryChainReachesItsFixedPointAndIsCounted) {
  constexpr int kRounds = 1000;
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);

    const cpu::MultiplyAddResult result = cpu::multiply_add_chains(kRounds);

    EXPECT_GT(result.sum, 0.0F);
    EXPECT_EQ(result.flop, 2.0 * kRounds * result.sum) << "the sum is the number of elements";
  });
}

TEST(MachinePeakTest, ChainsAreIndependent) {
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);

    const cpu::MultiplyAddResult none = cpu::multiply_add_chains(0);
    const cpu::MultiplyAddResult one = cpu::multiply_add_chains(1);
    const cpu::MultiplyAddResult many = cpu::multiply_add_chains(64);

    // Every element lies above 1 at first, and comes half as near in one round.
    const float elements = many.sum;
    EXPECT_EQ(none.flop, 0.0);
    EXPECT_GT(none.sum, elements);
    EXPECT_FLOAT_EQ(one.sum - elements, (none.sum - elements) / 2.0F);
  });
}

TEST(MachinePeakTest, NegateChangesEverySignOnce) {
  constexpr std::size_t kCount = 3 * cpu::kNegateGroup;
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    cpu::AlignedBuffer<float> data(2 * kCount);
    for (std::size_t i = 0; i < 2 * kCount; ++i)
      data.data()[i] = static_cast<float>(i) + 1.0F;

    cpu::negate_in_place(data.data(), kCount);

    for (std::size_t i = 0; i < 2 * kCount; ++i) {
      const float value = static_cast<float>(i) + 1.0F;
      ASSERT_EQ(data.data()[i], i < kCount ? -value : value) << i;
    }
  });
}

}  // namespace
}  // namespace vnsweep
