// Figures of a sweep that was run, from its directory to the pictures.
#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "host/cli/commands.hpp"
#include "host/figures/figure.hpp"
#include "host/process/run_program.hpp"
#include "host/store/run_directory.hpp"
#include "tests/temporary_directory.hpp"

namespace vnsweep {
namespace {

TEST(FiguresOfASweepTest, EveryKindIsDrawn) {
  const testing::TemporaryDirectory directory;
  const std::filesystem::path manifest = directory.path() / "sweep.yaml";
  std::ofstream(manifest) << "name: \"it's `a` <sweep>\"\ntask: xor\n"
                             "grid: {depth: [2, 25], width: [4, 6], scale: [0.9, 1.1], "
                             "seed: {count: 6}}\n"
                             "train: {lr: 0.1, steps: 200}\nsuccess: {loss: 0.1}\n"
                             "probe: {every: 50, samples: 32, jacobians: 1}\n";
  ASSERT_EQ(run_command({.manifest = manifest,
                         .directory = directory.path() / "runs",
                         .device = "cpu",
                         .threads = 1,
                         .quiet = true}),
            ExitCode::complete);
  const RunDirectory runs(directory.path() / "runs");
  std::vector<Store> stores = runs.open_for_reading();
  const StoredSweep sweep = read_sweep(stores);
  const Summary summary = summarize(runs.manifest(), sweep.runs, IntervalMethod::wilson, 0.95);

  const std::vector<figures::Figure> made =
      figures::make_figures(sweep.runs, summary, sweep.probes);

  std::set<std::string> names;
  for (const figures::Figure& figure : made) {
    names.insert(figure.name);
    EXPECT_FALSE(figure.caption.empty()) << figure.name;
    EXPECT_THAT(figure.finding, ::testing::ContainsRegex("[0-9]")) << figure.name;
    EXPECT_FALSE(figure.data.front().values.empty()) << figure.name;
  }
  EXPECT_THAT(
      names, ::testing::ElementsAre("eigenvalue-spectra", "failure-against-depth", "failure-causes",
                                    "failure-map-depth-scale", "failure-map-depth-width",
                                    "gradients-by-layer", "indicator-against-depth",
                                    "indicator-collapse", "indicator-during-training",
                                    "local-indicator-against-depth", "nodes-against-gradients"));
  if (!run_program({.program = "gnuplot", .arguments = {"--version"}}).started)
    GTEST_SKIP() << "gnuplot is not installed (Debian package gnuplot-nox)";
  EXPECT_EQ(figures::write_figures(made, directory.path()).problem, "");
}

}  // namespace
}  // namespace vnsweep
