#include "kernels/block/serial_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace vnsweep {
namespace {

constexpr ThreadOrder kOrders[] = {ThreadOrder::forward, ThreadOrder::reverse,
                                   ThreadOrder::shuffled};

/// Reverses an array through shared memory, with or without the barrier that this needs.
template <bool kWithBarrier>
struct Reverse {
  int* values;
  int count;

  template <class Block>
  void operator()(Block& block, std::int64_t /*index*/) const {
    int* shared = block.template scratch<int>();
    block.for_each(count, [=, this](int i) { shared[i] = values[i]; });
    if (kWithBarrier) block.sync();
    block.for_each(count, [=, this](int i) { values[i] = shared[count - 1 - i]; });
  }
};

template <class Program>
std::vector<int> run(ThreadOrder order, int count) {
  std::vector<int> values(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    values[static_cast<std::size_t>(i)] = i;
  SerialBlock block(32, sizeof(int) * static_cast<std::size_t>(count), order);
  const Program program{values.data(), count};
  program(block, 0);
  block.sync();
  return values;
}

TEST(SerialBlockTest, AProgramThatWaitsAtItsBarriersIsRightInEveryOrder) {
  for (const ThreadOrder order : kOrders) {
    for (const int count : {1, 31, 32, 100}) {
      const std::vector<int> values = run<Reverse<true>>(order, count);

      for (int i = 0; i < count; ++i)
        EXPECT_EQ(values[static_cast<std::size_t>(i)], count - 1 - i);
    }
  }
}

TEST(SerialBlockTest, AMissingBarrierShows) {
  for (const ThreadOrder order : kOrders) {
    EXPECT_NE(run<Reverse<false>>(order, 100), run<Reverse<true>>(order, 100));
  }
}

TEST(SerialBlockTest, ASumHasTheSameBitsInEveryOrder) {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i)
    values.push_back(1.0F / static_cast<float>(1 + i % 97));
  std::vector<float> sums;
  for (const ThreadOrder order : kOrders) {
    SerialBlock block(64, 0, order);
    sums.push_back(block.reduce_sum<float>(
        1000, [&values](int i) { return values[static_cast<std::size_t>(i)]; }));
  }

  EXPECT_NEAR(sums[0], 55.5657F, 1e-3F);  // ten times H(97) and once H(30), the harmonic numbers
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

TEST(SerialBlockTest, SumsOfFewerItemsThanThreads) {
  SerialBlock block(32, 0, ThreadOrder::shuffled);

  EXPECT_EQ(block.reduce_sum<double>(3, [](int i) { return 1.0 + i; }), 6.0);
  EXPECT_EQ(block.reduce_sum<double>(0, [](int) { return 1.0; }), 0.0);
}

TEST(SerialBlockTest, ASumHasTheSameBitsForEveryNumberOfThreads) {
  const auto item = [](int i) { return 1.0F / static_cast<float>(1 + i); };
  SerialBlock few(32, 0, ThreadOrder::forward);
  SerialBlock many(256, 0, ThreadOrder::forward);

  for (const int n : {1, 4, 33, 256, 1000})
    EXPECT_EQ(few.reduce_sum<float>(n, item), many.reduce_sum<float>(n, item)) << n;
}

TEST(SerialBlockTest, CopiesArriveOnceTheyAreWaitedForAndABarrierIsPassed) {
  const std::vector<float> from = {1, 2, 3, 4, 5, 6, 7, 8};
  SerialBlock block(32, 64, ThreadOrder::shuffled);
  float* to = block.scratch<float>();
  std::fill_n(to, 16, 0.0F);

  block.copy_rows<1>(to, 3, from.data(), 2, block.split(2));
  block.close_copies();
  block.copy_rows<4>(to + 8, 4, from.data(), 2, block.split(1));
  block.close_copies();
  block.sync();
  EXPECT_EQ(to[0], 0.0F);  // nobody has waited

  block.wait_for_copies<1>();
  block.sync();
  EXPECT_EQ(std::vector<float>(to, to + 5), (std::vector<float>{1, 2, 0, 3, 4}));
  EXPECT_EQ(to[8], 0.0F);  // of the latest group

  block.wait_for_copies<0>();
  block.sync();
  EXPECT_EQ(std::vector<float>(to + 8, to + 16), from);
}

TEST(SerialBlockTest, SharedMemoryIsNotZeroAtFirst) {
  SerialBlock block(32, 4, ThreadOrder::forward);

  EXPECT_NE(*block.scratch<int>(), 0);
}

}  // namespace
}  // namespace vnsweep
