#include "host/stats/quartiles.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace vnsweep {
namespace {

TEST(QuartilesTest, AreInterpolatedBetweenValues) {
  const Quartiles found = quartiles({4.0, 1.0, 3.0, 2.0});

  // By hand: places 0.75, 1.5 and 2.25 of 1, 2, 3, 4.
  EXPECT_EQ(found.count, 4);
  EXPECT_DOUBLE_EQ(found.low, 1.75);
  EXPECT_DOUBLE_EQ(found.median, 2.5);
  EXPECT_DOUBLE_EQ(found.high, 3.25);
}

TEST(QuartilesTest, LeaveOutWhatIsNoNumber) {
  const Quartiles found = quartiles({std::nan(""), 5.0});

  EXPECT_EQ(found.count, 1);
  EXPECT_EQ(found.low, 5.0);
  EXPECT_EQ(found.high, 5.0);
}

TEST(QuartilesTest, OfInfiniteValuesAreInfiniteAndNotUndefined) {
  const Quartiles found = quartiles({1.0, 2.0, INFINITY});

  EXPECT_DOUBLE_EQ(found.median, 2.0);
  EXPECT_TRUE(std::isinf(found.high));
}

TEST(QuartilesTest, OfNothingAreNoNumbers) {
  EXPECT_EQ(quartiles({}).count, 0);
  EXPECT_TRUE(std::isnan(quartiles({}).median));
}

}  // namespace
}  // namespace vnsweep
