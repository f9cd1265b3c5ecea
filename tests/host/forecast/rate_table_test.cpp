#include "host/forecast/rate_table.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace vnsweep {
namespace {

RateTable two_depths() {
  RateTable table;
  table.set("train", 10, 2.0);
  table.set("train", 20, 6.0);
  return table;
}

TEST(RateTableTest, BetweenMeasuredDepthsATimeLiesOnTheLine) {
  const RateTable table = two_depths();

  EXPECT_EQ(table.seconds("train", 10), 2.0);
  EXPECT_EQ(table.seconds("train", 15), 4.0);
  EXPECT_EQ(table.seconds("train", 20), 6.0);
}

TEST(RateTableTest, BeyondMeasuredDepthsATimeIsInProportion) {
  const RateTable table = two_depths();

  EXPECT_EQ(table.seconds("train", 5), 1.0);
  EXPECT_EQ(table.seconds("train", 40), 12.0);
}

TEST(RateTableTest, NothingIsKnownOfAnotherFamily) {
  EXPECT_FALSE(two_depths().seconds("probe", 10).has_value());
}

TEST(RateTableTest, CoversMeasuredDepthsAndThoseBetweenCloseNeighbours) {
  RateTable table = two_depths();
  table.set("train", 41, 9.0);

  EXPECT_TRUE(table.covers("train", 10));
  EXPECT_TRUE(table.covers("train", 11));
  EXPECT_FALSE(table.covers("train", 30)) << "20 and 41 are more than a factor of two apart";
  EXPECT_FALSE(table.covers("train", 9));
  EXPECT_FALSE(table.covers("train", 42));
  EXPECT_FALSE(table.covers("probe", 10));
}

TEST(RateTableTest, JsonKeepsEveryTime) {
  const auto json = nlohmann::json::parse(R"({"train": {"10": 2.0, "20": 6.0}})");

  EXPECT_EQ(two_depths().to_json(), json);
  EXPECT_EQ(RateTable::from_json(json), two_depths());
}

TEST(RateTableTest, JsonOfAnotherFormIsRefused) {
  for (const char* text : {"[]", R"({"a": 1})", R"({"a": {"x": 1}})", R"({"a": {"0": 1}})",
                           R"({"a": {"1": 0}})", R"({"a": {"1": -1}})", R"({"a": {"1": "2"}})",
                           R"({"a": {"1": null}})", R"({"a": {"1x": 1}})"}) {
    EXPECT_THROW(RateTable::from_json(nlohmann::json::parse(text)), std::runtime_error) << text;
  }
}

}  // namespace
}  // namespace vnsweep
