#include "host/stats/outcome.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace vnsweep {
namespace {

TEST(OutcomeTest, DepthsAreCountedShallowestFirst) {
  const std::vector<Outcome> outcomes = {
      {.seed = 0, .depth = 20.0, .failed = true},
      {.seed = 0, .depth = 2.0, .failed = false},
      {.seed = 1, .depth = 20.0, .failed = false},
  };

  const std::vector<DepthCount> counts = count_by_depth(outcomes);

  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].depth, 2.0);
  EXPECT_EQ(counts[0].failed, 0);
  EXPECT_EQ(counts[0].runs, 1);
  EXPECT_EQ(counts[1].depth, 20.0);
  EXPECT_EQ(counts[1].failed, 1);
  EXPECT_EQ(counts[1].runs, 2);
}

TEST(OutcomeTest, DepthsWithoutRunsDoNotCount) {
  const std::vector<DepthCount> counts = {{2.0, 0, 0}, {5.0, 1, 3}, {9.0, 4, 4}};

  const TotalCount total = total_count(counts);

  EXPECT_EQ(total.failed, 5);
  EXPECT_EQ(total.runs, 7);
  EXPECT_EQ(total.depths, 2);
}

TEST(OutcomeTest, ImpossibleCountsAreRefused) {
  using Counts = std::vector<DepthCount>;

  EXPECT_THROW(total_count(Counts{{2.0, 3, 2}}), std::invalid_argument);
  EXPECT_THROW(total_count(Counts{{2.0, -1, 2}}), std::invalid_argument);
  EXPECT_THROW(total_count(Counts{{2.0, 0, 2}, {2.0, 1, 2}}), std::invalid_argument);
  EXPECT_THROW(total_count(Counts{{5.0, 0, 2}, {2.0, 1, 2}}), std::invalid_argument);
  EXPECT_THROW(total_count(Counts{{std::nan(""), 0, 2}}), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
