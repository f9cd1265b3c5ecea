#include <gmock/gmock.h>

#include "tests/host/figures/figure_runs.hpp"

namespace vnsweep::figures {
namespace {

using testing::column;
using ::testing::ElementsAre;
using testing::figure_named;
using testing::has_figure;
using ::testing::HasSubstr;

/// Six runs of depth 2, probed every 10 of 50 steps: seeds 0 to 2 succeed at step 15, the others
/// fail.
class ProbeFiguresTest : public ::testing::Test {
 protected:
  ProbeFiguresTest() {
    manifest_ = parse_manifest(
        "name: test\ntask: xor\ngrid: {depth: 2, width: 2, seed: {count: 6}}\n"
        "train: {lr: 0.1, steps: 50}\nsuccess: {loss: 0.1}\nprobe: {every: 10}\n",
        "test.yaml");
    for (const RunSpec& spec : expand_grid(manifest_)) {
      const bool failed = spec.seed >= 3;
      runs_.push_back(testing::stored_run(spec, failed, failed ? "unconverged" : ""));
      auto& probes = probes_.probes[runs_.back().run_id];
      for (const std::int64_t step : failed ? std::vector<std::int64_t>{0, 10, 20, 30, 40, 50}
                                            : std::vector<std::int64_t>{0, 10, 15}) {
        probes.push_back(probe_at(step, spec.seed));
      }
    }
  }

  /// VNI of the last layer: 0.5 at the start, then 0.01 a step and 0.001 a seed more.
  static StoredProbe probe_at(std::int64_t step, std::int64_t seed) {
    StoredProbe probe;
    probe.step = step;
    const double vni =
        step == 0 ? 0.5 : 0.01 * static_cast<double>(step) + 0.001 * static_cast<double>(seed);
    probe.vni = {0.5, vni};
    probe.n_eff = {2.0, 1.0 / vni};
    probe.live = {2.0, 2.0};
    probe.effective_rank = {2.0, 2.0};
    probe.q = {1.0, 1.0};
    probe.gradient_rms = {0.01 * static_cast<double>(1 + seed % 3), 0.1};
    probe.spectrum = {{1.0F, 1.0F}, {1.5F, 0.5F}};
    return probe;
  }

  std::vector<Figure> figures() const {
    const Summary summary = summarize(manifest_, runs_, IntervalMethod::wilson, 0.95);
    return make_figures(runs_, summary, probes_.reader());
  }

  Manifest manifest_;
  std::vector<StoredRun> runs_;
  testing::ProbeTable probes_;
};

TEST_F(ProbeFiguresTest, ARunThatEndedKeepsItsLastValue) {
  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "indicator-during-training");

  EXPECT_THAT(column(figure, "step"),
              ElementsAre("0", "10", "20", "30", "40", "50", "0", "10", "20", "30", "40", "50"));
  EXPECT_EQ(column(figure, "outcome")[0], "succeeded");
  EXPECT_EQ(column(figure, "runs")[0], "3");
  // Seeds 0, 1, 2 at step 10: 0.1, 0.101, 0.102; from step 15 on 0.15, 0.151, 0.152.
  EXPECT_NEAR(std::stod(column(figure, "vni_median")[1]), 0.101, 1e-12);
  EXPECT_NEAR(std::stod(column(figure, "vni_median")[5]), 0.151, 1e-12);
  // Seeds 3, 4, 5 at step 50: 0.503, 0.504, 0.505.
  EXPECT_NEAR(std::stod(column(figure, "vni_lower_quartile")[11]), 0.5035, 1e-12);
  EXPECT_NEAR(std::stod(column(figure, "vni_upper_quartile")[11]), 0.5045, 1e-12);
  EXPECT_NEAR(std::stod(column(figure, "n_eff_median")[11]), 1.0 / 0.504, 1e-12);
  EXPECT_THAT(figure.finding, HasSubstr("from 0.50 to 0.15 in 3 runs that succeeded"));
}

TEST_F(ProbeFiguresTest, AnOutcomeOfTwoRunsMakesNoLine) {
  runs_.erase(runs_.begin());

  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "indicator-during-training");

  EXPECT_THAT(column(figure, "outcome"), ::testing::Each("failed"));
}

TEST_F(ProbeFiguresTest, GradientsOfLayersAreThoseOfStepZero) {
  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "gradients-by-layer");

  EXPECT_THAT(column(figure, "layer"), ElementsAre("1", "2"));
  EXPECT_THAT(column(figure, "runs"), ElementsAre("6", "6"));
  EXPECT_NEAR(std::stod(column(figure, "median")[0]), 0.02, 1e-12);
  EXPECT_NEAR(std::stod(column(figure, "median")[1]), 0.1, 1e-12);
  EXPECT_THAT(figure.finding, HasSubstr("0.2."));
}

TEST_F(ProbeFiguresTest, SpectraAreSharesOfTheirSum) {
  const std::vector<Figure> made = figures();
  const Figure& figure = figure_named(made, "eigenvalue-spectra");

  EXPECT_THAT(column(figure, "when"), ElementsAre("start", "start", "end", "end"));
  EXPECT_THAT(column(figure, "rank"), ElementsAre("1", "2", "1", "2"));
  EXPECT_THAT(column(figure, "median"), ElementsAre("0.75", "0.25", "0.75", "0.25"));
}

TEST_F(ProbeFiguresTest, WhereNoSpectraWereKeptThereIsNoFigureOfThem) {
  for (auto& [id, probes] : probes_.probes) {
    for (StoredProbe& probe : probes)
      probe.spectrum.reset();
  }

  EXPECT_FALSE(has_figure(figures(), "eigenvalue-spectra"));
}

TEST_F(ProbeFiguresTest, LayersWithoutAGradientHaveNoPlaceOnALogarithmicAxis) {
  for (auto& [id, probes] : probes_.probes)
    probes.front().gradient_rms = {0.0, 0.0};

  EXPECT_FALSE(has_figure(figures(), "gradients-by-layer"));
}

}  // namespace
}  // namespace vnsweep::figures
