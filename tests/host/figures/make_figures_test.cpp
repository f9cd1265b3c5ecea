#include <gmock/gmock.h>

#include <cmath>

#include "tests/host/figures/figure_runs.hpp"

namespace vnsweep::figures {
namespace {

using testing::column;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::figure_named;
using testing::has_figure;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MakeFiguresTest : public ::testing::Test {
 protected:
  /// @param failures  how many of a depth's and width's runs fail, by `failures(depth, width)`
  template <class Failures>
  void make_runs(const std::string& grid, Failures failures,
                 const std::string& cause = "walking_dead") {
    manifest_ = testing::manifest_with_grid(grid);
    std::map<std::pair<std::int64_t, std::int64_t>, int> made;
    for (const RunSpec& spec : expand_grid(manifest_)) {
      const bool failed = made[{spec.depth, spec.width}]++ < failures(spec.depth, spec.width);
      runs_.push_back(testing::stored_run(spec, failed, failed ? cause : ""));
    }
  }

  std::vector<Figure> figures() const {
    const Summary summary = summarize(manifest_, runs_, IntervalMethod::wilson, 0.95);
    return make_figures(runs_, summary, probes_.reader());
  }

  Manifest manifest_ = testing::manifest_with_grid("{depth: 2, width: 3, seed: 0}");
  std::vector<StoredRun> runs_;
  testing::ProbeTable probes_;
};

TEST_F(MakeFiguresTest, WithoutRunsThereAreNone) {
  EXPECT_THAT(figures(), IsEmpty());
}

TEST_F(MakeFiguresTest, RunsWithErrorsMakeNone) {
  make_runs("{depth: [2, 4], width: 3, seed: {count: 3}}", [](auto, auto) { return 0; });
  for (StoredRun& run : runs_)
    run.status = RunStatus::error;

  EXPECT_THAT(figures(), IsEmpty());
}

TEST_F(MakeFiguresTest, FailureAgainstDepthHasSharesAndIntervals) {
  make_runs("{depth: [2, 4], width: 3, seed: {count: 3}}",
            [](auto depth, auto) { return depth == 4 ? 2 : 0; });

  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "failure-against-depth");

  EXPECT_THAT(column(figure, "depth"), ElementsAre("2", "4"));
  EXPECT_THAT(column(figure, "runs"), ElementsAre("3", "3"));
  EXPECT_THAT(column(figure, "p_fail"), ElementsAre("0", "0.6666666666666666"));
  // SciPy 1.17.1: binomtest(2, 3).proportion_ci(0.95, "wilson")
  EXPECT_NEAR(std::stod(column(figure, "ci_low")[1]), 0.20765960080204782, 1e-12);
  EXPECT_NEAR(std::stod(column(figure, "ci_high")[1]), 0.9385080552796038, 1e-12);
  EXPECT_THAT(figure.finding, HasSubstr("0.00 at depth 2 and 0.67 at depth 4"));
  EXPECT_THAT(figure.caption, HasSubstr("n = 3 runs a point"));
}

TEST_F(MakeFiguresTest, TheFittedCurveCrossesOneHalfAtDepth50) {
  // Mirror images around depth 3, so that every fit crosses 1/2 there.
  make_runs("{depth: [1, 2, 4, 5], width: 3, seed: {count: 4}}",
            [](auto depth, auto) { return static_cast<int>(depth) - 1; });

  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "failure-against-depth");

  EXPECT_THAT(column(figure, "p_fail"), ElementsAre("0", "0.25", "0.75", "1"));
  EXPECT_NEAR(std::stod(column(figure, "depth50")[0]), 3.0, 1e-6);
  const std::vector<std::string>& fitted = column(figure, "fitted");
  EXPECT_NEAR(std::stod(fitted[1]) + std::stod(fitted[2]), 1.0, 1e-9);
  EXPECT_THAT(figure.finding, HasSubstr("one half at depth 3"));
}

TEST_F(MakeFiguresTest, WithoutFailuresThereIsNeitherFitNorMapNorCause) {
  make_runs("{depth: [2, 4], width: [3, 5], seed: {count: 2}}", [](auto, auto) { return 0; });

  const std::vector<Figure> made = figures();

  EXPECT_THAT(column(figure_named(made, "failure-against-depth"), "fitted"), Each(""));
  EXPECT_FALSE(has_figure(made, "failure-map-depth-width"));
  EXPECT_FALSE(has_figure(made, "failure-causes"));
  EXPECT_THAT(figure_named(made, "nodes-against-gradients").finding, "None of 8 runs failed.");
}

TEST_F(MakeFiguresTest, MapsHaveATileForEveryPairOfValues) {
  make_runs("{depth: [2, 4], width: [3, 5], seed: {count: 2}}",
            [](auto depth, auto width) { return depth == 4 && width == 3 ? 1 : 0; });

  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "failure-map-depth-width");

  EXPECT_THAT(column(figure, "column"), ElementsAre("1", "2", "1", "2"));
  EXPECT_THAT(column(figure, "row"), ElementsAre("1", "1", "2", "2"));
  EXPECT_THAT(column(figure, "p_fail"), ElementsAre("0", "0.5", "0", "0"));
  EXPECT_THAT(figure.finding, HasSubstr("greatest, 0.50 at depth 4 and width 3"));
}

TEST_F(MakeFiguresTest, CausesAreSharesOfAllRunsOfADepth) {
  make_runs("{depth: [2, 4], width: 3, seed: {count: 4}}",
            [](auto depth, auto) { return depth == 4 ? 3 : 0; });
  int changed = 0;
  for (StoredRun& run : runs_) {
    if (run.status == RunStatus::failed && changed++ == 0) run.cause = "vanishing";
  }

  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "failure-causes");

  EXPECT_THAT(column(figure, "walking_dead"), ElementsAre("0", "2"));
  EXPECT_THAT(column(figure, "walking_dead_share"), ElementsAre("0", "0.5"));
  EXPECT_THAT(column(figure, "vanishing_share"), ElementsAre("0", "0.25"));
  EXPECT_EQ(figure.finding, "Of 8 runs, 3 failed: 2 walking dead and 1 vanishing gradients.");
}

TEST_F(MakeFiguresTest, TheScatterLeavesOutWhatHasNoPlaceAndSaysSo) {
  make_runs("{depth: 2, width: 3, seed: {count: 4}}", [](auto, auto) { return 2; });
  runs_[0].log10_gradient_ratio = INFINITY;

  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "nodes-against-gradients");

  EXPECT_EQ(column(figure, "vni").size(), 3U);
  EXPECT_THAT(figure.caption, HasSubstr("3 of 4 runs are shown"));
  EXPECT_THAT(figure.finding, HasSubstr("Of 1 failed runs, 1 are walking dead"));
}

TEST_F(MakeFiguresTest, ALargeScatterIsSampledEvenlyAndSaysSo) {
  make_runs("{depth: 2, width: 3, seed: {count: 3100}}", [](auto, auto) { return 1550; });

  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "nodes-against-gradients");

  EXPECT_EQ(column(figure, "vni").size(), 3000U);
  EXPECT_THAT(figure.caption, HasSubstr("an even sample of the 3100"));
}

TEST_F(MakeFiguresTest, TheIndicatorBeforeTrainingHasQuartilesOverSeeds) {
  make_runs("{depth: [2, 4], width: [4, 8], seed: {count: 4}}", [](auto, auto) { return 0; });
  for (StoredRun& run : runs_)
    run.vni_initial = 0.1 * static_cast<double>(run.spec.seed + 1);  // 0.1, 0.2, 0.3, 0.4

  const std::vector<Figure> made = figures();
  const Figure& collapse = figure_named(made, "indicator-collapse");
  const Figure& depth = figure_named(made, "indicator-against-depth");

  EXPECT_THAT(column(collapse, "depth_over_width"), ElementsAre("0.5", "1", "0.25", "0.5"));
  EXPECT_NEAR(std::stod(column(collapse, "lower_quartile")[0]), 0.175, 1e-12);
  EXPECT_NEAR(std::stod(column(collapse, "median")[0]), 0.25, 1e-12);
  EXPECT_NEAR(std::stod(column(collapse, "upper_quartile")[0]), 0.325, 1e-12);
  EXPECT_NEAR(std::stod(column(collapse, "mean")[0]), 0.25, 1e-12);
  // Two depths measured, then theory from layer 1 on, where nodes are independent: 1/N.
  EXPECT_THAT(std::vector(column(depth, "kind").begin(), column(depth, "kind").begin() + 3),
              ElementsAre("1", "1", "2"));
  EXPECT_EQ(column(depth, "depth")[2], "1");
  EXPECT_NEAR(std::stod(column(depth, "annealed")[2]), 0.25, 1e-12);
}

TEST_F(MakeFiguresTest, OneDepthAndWidthMakeNoFigureAgainstThem) {
  make_runs("{depth: 2, width: 3, seed: {count: 3}}", [](auto, auto) { return 1; });

  const std::vector<Figure> made = figures();

  for (const char* name : {"failure-against-depth", "indicator-against-depth", "indicator-collapse",
                           "failure-map-depth-width"}) {
    EXPECT_FALSE(has_figure(made, name)) << name;
  }
  EXPECT_TRUE(has_figure(made, "nodes-against-gradients"));
}

TEST_F(MakeFiguresTest, TheOrderOfRunsDoesNotShow) {
  make_runs("{depth: [2, 4], width: [3, 5], seed: {count: 5}}",
            [](auto depth, auto) { return depth == 4 ? 3 : 1; });
  const std::vector<Figure> forward = figures();
  std::reverse(runs_.begin(), runs_.end());
  const std::vector<Figure> backward = figures();

  ASSERT_EQ(forward.size(), backward.size());
  for (std::size_t k = 0; k < forward.size(); ++k) {
    EXPECT_EQ(forward[k].script, backward[k].script);
    EXPECT_EQ(forward[k].caption, backward[k].caption);
    EXPECT_EQ(forward[k].finding, backward[k].finding);
    ASSERT_EQ(forward[k].data.size(), backward[k].data.size());
    for (std::size_t c = 0; c < forward[k].data.size(); ++c)
      EXPECT_EQ(forward[k].data[c].values, backward[k].data[c].values) << forward[k].name;
  }
}

}  // namespace
}  // namespace vnsweep::figures
