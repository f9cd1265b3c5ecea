#include "host/figures/arrangement.hpp"

#include <gmock/gmock.h>

#include "tests/host/test_manifests.hpp"

namespace vnsweep::figures {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ArrangementTest : public ::testing::Test {
 protected:
  std::vector<const RunSpec*> specs(const std::string& grid) {
    runs_ = testing::runs_of(grid, "{steps: 50, lr: 0.1}");
    std::vector<const RunSpec*> pointers;
    for (const RunSpec& run : runs_)
      pointers.push_back(&run);
    return pointers;
  }
  static std::vector<const Field*> axes() {
    std::vector<const Field*> all;
    for (const Field& field : all_fields()) {
      if (field.name != "seed") all.push_back(&field);
    }
    return all;
  }

  const Field* depth_ = find_field("grid", "depth");
  std::vector<RunSpec> runs_;
};

TEST_F(ArrangementTest, WidthMakesLinesAndTheRestPanels) {
  const auto runs = specs("{depth: [2, 4], width: [8, 16], scale: [1, 2], seed: 0}");
  const Arrangement arrangement(runs, axes(), {.fixed = {depth_}});

  EXPECT_THAT(arrangement.line_labels(), ElementsAre("width 8", "width 16"));
  EXPECT_THAT(arrangement.panel_titles(), ElementsAre("scale 1", "scale 2"));
  EXPECT_EQ(arrangement.left_out(), "");
  EXPECT_EQ(arrangement.text({.panel = 1, .line = 0}), "width 8, scale 2");
}

TEST_F(ArrangementTest, RunsFindTheirPlace) {
  const auto runs = specs("{depth: [2, 4], width: [8, 16], scale: [1, 2], seed: 0}");
  const Arrangement arrangement(runs, axes(), {.fixed = {depth_}});
  RunSpec spec = *runs.front();
  spec.width = 16;
  spec.scale = 2.0;

  const auto place = arrangement.place(spec);
  spec.width = 17;

  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(*place, (Arrangement::Place{.panel = 1, .line = 1}));
  EXPECT_FALSE(arrangement.place(spec).has_value());
}

TEST_F(ArrangementTest, ASingleConfigurationIsOneLineWithoutALabel) {
  const auto runs = specs("{depth: [2, 4], width: 8, seed: {count: 3}}");
  const Arrangement arrangement(runs, axes(), {.fixed = {depth_}});

  EXPECT_EQ(arrangement.line_axis(), nullptr);
  EXPECT_THAT(arrangement.line_labels(), ElementsAre(""));
  EXPECT_THAT(arrangement.panel_titles(), ElementsAre(""));
}

TEST_F(ArrangementTest, AnAxisThatAnotherDeterminesMakesNoPanels) {
  const auto runs = specs(
      "{depth: [2, 4], width: 8, scale: critical, activation: [linear, tanh, relu], seed: 0}");
  const Arrangement arrangement(runs, axes(), {.fixed = {depth_}});

  EXPECT_THAT(arrangement.line_labels(), ElementsAre("linear", "relu", "tanh"));
  EXPECT_EQ(arrangement.panels(), 1U);
}

TEST_F(ArrangementTest, WhatIsLeftOutIsSaid) {
  const auto runs = specs(
      "{depth: [2, 4], width: {from: 1, to: 9, step: 1}, scale: {from: 1, to: 9, step: 1}, seed: "
      "0}");
  const Arrangement arrangement(runs, axes(),
                                {.fixed = {depth_}, .room = {.lines = 3, .panels = 4}});

  EXPECT_THAT(arrangement.line_labels(), ElementsAre("width 1", "width 5", "width 9"));
  EXPECT_EQ(arrangement.panels(), 4U);
  EXPECT_THAT(arrangement.left_out(),
              HasSubstr("3 of 9 values of width and 4 of 9 values of scale"));
}

TEST(SpreadTest, GoesFromTheFirstToTheLast) {
  const std::vector<Value> values = {std::int64_t{1}, std::int64_t{2}, std::int64_t{3},
                                     std::int64_t{4}, std::int64_t{5}};

  EXPECT_THAT(spread(values, 3), ElementsAre(values[0], values[2], values[4]));
  EXPECT_THAT(spread(values, 1), ElementsAre(values[4]));
  EXPECT_EQ(spread(values, 9), values);
}

}  // namespace
}  // namespace vnsweep::figures
