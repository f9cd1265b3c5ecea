#include "host/plan/grid.hpp"

#include <gmock/gmock.h>

#include <set>

#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

using Point = std::pair<std::int64_t, std::int64_t>;

std::vector<Point> depth_and_width(const std::vector<RunSpec>& runs) {
  std::vector<Point> points;
  for (const RunSpec& run : runs)
    points.emplace_back(run.depth, run.width);
  return points;
}

TEST(GridTest, ProductVariesTheSeedFastest) {
  const std::vector<RunSpec> runs = testing::runs_of("{seed: {count: 2}, width: 3, depth: [5, 6]}");

  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(runs[1].seed, 1);
  EXPECT_EQ(runs[1].depth, 5);
  EXPECT_EQ(runs[2].depth, 6);
}

TEST(GridTest, SeedAndScaleHaveDefaults) {
  const std::vector<RunSpec> runs = testing::runs_of("{width: 3, depth: 5}");

  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].seed, 0);
  EXPECT_EQ(runs[0].scale, 1.0);
}

TEST(GridTest, ZippedAxesAdvanceTogether) {
  EXPECT_THAT(
      depth_and_width(testing::runs_of("{depth: [1, 2], width: [3, 4], zip: [depth, width]}")),
      ElementsAre(Point(1, 3), Point(2, 4)));
  EXPECT_EQ(testing::runs_of("{depth: [1, 2], width: [3, 4], scale: [1, 2], momentum: [0, 0.5], "
                             "zip: [[depth, width], [scale, momentum]]}")
                .size(),
            4U);
}

TEST(GridTest, ExclusionsDropThePointsThatMatchEveryCondition) {
  EXPECT_THAT(depth_and_width(testing::runs_of(
                  "{depth: [1, 2], width: [3, 4, 5], exclude: [{depth: 1, width: [3, 4]}]}")),
              UnorderedElementsAre(Point(1, 5), Point(2, 3), Point(2, 4), Point(2, 5)));
}

TEST(GridTest, InclusionsReplaceTheAxesThatTheyNameAndKeepTheOthers) {
  EXPECT_THAT(depth_and_width(testing::runs_of(
                  "{depth: [1, 2], width: [3, 4], include: [{depth: 9, width: [4, 5]}]}")),
              UnorderedElementsAre(Point(1, 3), Point(1, 4), Point(2, 3), Point(2, 4), Point(9, 4),
                                   Point(9, 5)));
}

TEST(GridTest, APointNamedTwiceIsRunOnce) {
  EXPECT_EQ(testing::runs_of("{depth: [1, 2], width: 3, include: [{depth: 2}]}").size(), 2U);
  EXPECT_EQ(testing::runs_of("{depth: 1, width: 3, scale: [1.0, critical]}").size(), 1U);
}

TEST(GridTest, CriticalScaleFollowsTheActivation) {
  std::set<double> scales;
  for (const RunSpec& run : testing::runs_of(
           "{depth: 1, width: 3, scale: critical, activation: [linear, tanh, relu, hardtanh]}")) {
    EXPECT_EQ(run.scale, run.activation == Activation::relu ? std::sqrt(2.0) : 1.0);
    EXPECT_FALSE(run.scale_is_critical);
  }
}

TEST(GridTest, AnyScalarOfTrainModelAndTaskCanBeAnAxis) {
  const Manifest manifest = parse_manifest(
      "name: x\ntask: {name: parity}\n"
      "grid: {depth: 1, width: 2, bits: [1, 2], activation: [tanh, relu], bias_scale: [0, 0.1],"
      " init: [gaussian, orthogonal], optimizer: [sgd, adam], objective: [cross_entropy,"
      " squared_error], lr: [0.1, 0.2], steps: [5, 6], batch: [full, 1], momentum: [0.0]}\n"
      "success: {loss: 0.1}\n",
      "m.yaml");

  EXPECT_EQ(expand_grid(manifest).size(), 512U);
}

TEST(GridTest, HugeGridsAreRefusedByTheirSizeWithoutExpanding) {
  const Manifest manifest =
      testing::manifest_with_grid("{depth: [1, 2], width: 3, seed: {count: 1000000000000}}");

  EXPECT_EQ(grid_size(manifest), 2'000'000'000'000U);
  EXPECT_THROW(
      {
        try {
          expand_grid(manifest);
        } catch (const ManifestError& e) {
          EXPECT_THAT(e.what(), HasSubstr("the grid has 2000000000000 runs"));
          throw;
        }
      },
      ManifestError);
}

TEST(GridTest, SizesBeyondSixtyFourBitsSaturate) {
  const std::string huge = "{from: 1, to: 1e30, step: 1e-30}";
  const Manifest manifest = testing::manifest_with_grid("{depth: [1, 2], width: 3, scale: " + huge +
                                                        ", seed: {count: 1000000000000000000}}");

  EXPECT_EQ(grid_size(manifest), std::numeric_limits<std::uint64_t>::max());
  EXPECT_THROW(expand_grid(manifest), ManifestError);
}

TEST(GridTest, ExclusionsThatWouldTakeMinutesAreRefused) {
  std::string exclusions;
  for (int width = 1; width <= 1000; ++width)
    exclusions += "{width: " + std::to_string(width) + "}, ";

  const std::string error = testing::error_of(testing::manifest_text(
      "{depth: 2, width: 4, seed: {count: 3000000}, exclude: [" + exclusions + "]}"));

  EXPECT_THAT(error, HasSubstr("1000 exclusions in a grid of 3000000 runs would take minutes"));
}

}  // namespace
}  // namespace vnsweep
