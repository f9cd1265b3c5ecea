#include "host/manifest/axis.hpp"

#include <gmock/gmock.h>

namespace vnsweep {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> texts(const Axis& axis) {
  std::vector<std::string> values;
  for (std::uint64_t i = 0; i < axis.count; ++i)
    values.push_back(to_string(axis.value(i)));
  return values;
}

const Field& scale() {
  return *find_axis_field("scale");
}
const Field& depth() {
  return *find_axis_field("depth");
}

TEST(AxisTest, RangesIncludeTheirEndAndReadAsTyped) {
  EXPECT_THAT(texts(range_axis(scale(), 0.1, 0.5, 0.1)),
              ElementsAre("0.1", "0.2", "0.3", "0.4", "0.5"));
  EXPECT_THAT(texts(range_axis(scale(), 1.0, 1.9, 0.5)), ElementsAre("1", "1.5"));
}

TEST(AxisTest, IntegerRangesAreExact) {
  EXPECT_THAT(texts(integer_range_axis(depth(), 5, 3, 10)), ElementsAre("5", "15", "25"));
}

TEST(AxisTest, LinspaceIncludesBothEnds) {
  EXPECT_THAT(texts(linspace_axis(scale(), 0.5, 1.5, 5)),
              ElementsAre("0.5", "0.75", "1", "1.25", "1.5"));
  EXPECT_THAT(texts(linspace_axis(scale(), 0.5, 1.5, 1)), ElementsAre("0.5"));
}

TEST(AxisTest, LogspaceTakesExponentsAsNumpyDoes) {
  // numpy.logspace(-3, -1, 3)
  EXPECT_THAT(texts(logspace_axis(*find_axis_field("lr"), -3, -1, 3)),
              ElementsAre("0.001", "0.01", "0.1"));
}

TEST(AxisTest, ComputedIntegersAreRoundedAndMerged) {
  EXPECT_THAT(texts(logspace_axis(depth(), 0, 2, 5)), ElementsAre("1", "3", "10", "32", "100"));
  EXPECT_THAT(texts(linspace_axis(depth(), 1, 3, 5)), ElementsAre("1", "2", "3"));
}

TEST(AxisTest, HugeAxesAreNotExpanded) {
  const Axis axis = integer_range_axis(*find_axis_field("seed"), 0, 1'000'000'000'000, 1);

  EXPECT_EQ(axis.count, 1'000'000'000'000U);
  EXPECT_EQ(to_string(axis.value(999'999'999'999)), "999999999999");
}

}  // namespace
}  // namespace vnsweep
