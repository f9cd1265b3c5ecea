// `vnsweep compare`: what it prints and refuses.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/program_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class CompareCommandTest : public testing::CliTest {
 protected:
  /// Runs a sweep into a directory of that name.
  void make(const std::string& name, const std::string& grid,
            const std::string& train = "{lr: 0.1, steps: 50}") const {
    const std::string manifest = write_manifest("sweep.yaml", testing::manifest_text(grid, train));
    ASSERT_EQ(run({"run", manifest, "-q", "-o", path(name)}).exit_code, 0);
  }
};

TEST_F(CompareCommandTest, TwoSweepsThatDifferInOneFieldAreComparedCellByCell) {
  make("a", "{depth: [2, 3], width: 3, seed: {count: 5}}");
  make("b", "{depth: [2, 3], width: 3, seed: {count: 5}}", "{lr: 0.0001, steps: 50}");

  const testing::Output output = run({"compare", "a", "b", "--format", "json"});

  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(output.err, "");
  const auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ(json["differences"].size(), 1U);
  EXPECT_EQ(json["differences"][0]["name"], "train.lr");
  EXPECT_EQ(json["differences"][0]["first"], "0.1");
  EXPECT_EQ(json["test"], "mcnemar");
  EXPECT_EQ(json["cells"].size(), 2U);
  // A learning rate that small trains nothing, and all start from the same weights.
  EXPECT_EQ(json["cells"][0]["second_failed"], 5);
  EXPECT_EQ(json["cells"][0]["vni_initial_mean_difference"], 0.0);
  EXPECT_EQ(json["first"]["directory"], "a");
}

TEST_F(CompareCommandTest, NumbersOfASideAreThoseOfSummary) {
  make("a", "{depth: [2, 3], width: 3, seed: {count: 5}}");
  make("b", "{depth: [2, 3], width: 3, seed: {count: 5}}", "{lr: 1, steps: 50}");
  const std::vector<std::string> options = {"--format", "json",       "--confidence",
                                            "0.9",      "--interval", "clopper-pearson"};
  const auto with_options = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), options.begin(), options.end());
    return nlohmann::json::parse(run(arguments).out);
  };

  const auto compared = with_options({"compare", "a", "b"});
  const auto summary = with_options({"summary", "b"});

  for (std::size_t k = 0; k < 2; ++k) {
    for (const char* key : {"runs", "failed", "p_fail", "ci_low", "ci_high", "vni_final_mean"}) {
      EXPECT_EQ(compared["cells"][k][std::string("second_") + key], summary["cells"][k][key]);
    }
  }
  EXPECT_EQ(compared["confidence"], 0.9);
}

TEST_F(CompareCommandTest, ADirectoryBesideItselfDoesNotDiffer) {
  make("a", "{depth: [2, 3], width: 3, seed: {count: 3}}");

  const testing::Output output = run({"compare", "a", "a"});

  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, StartsWith("No difference in failure was found: P(fail) of B minus that "
                                     "of A is +0.000"));
  EXPECT_THAT(output.out, HasSubstr("p = 1;"));
}

TEST_F(CompareCommandTest, TheTestCanBeChosenAndPairsThatAreNotThereAreRefused) {
  make("a", "{depth: 2, width: 3, seed: {count: 3}}");
  make("b", "{depth: 2, width: 3, seed: {from: 10, count: 3}}");

  const testing::Output fisher = run({"compare", "a", "a", "--test", "fisher"});
  const testing::Output automatic = run({"compare", "a", "b", "--test", "auto"});
  const testing::Output refused = run({"compare", "a", "b", "--test", "mcnemar"});

  EXPECT_THAT(fisher.out, HasSubstr("cells: Fisher's exact test"));
  EXPECT_THAT(fisher.out, HasSubstr("note: 3 of at most 3 pairs"));
  EXPECT_THAT(automatic.out, HasSubstr("cells: Fisher's exact test"));
  EXPECT_THAT(run({"compare", "a", "a", "--test", "fisher", "--format", "csv"}).err,
              HasSubstr("3 of at most 3 pairs"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--test mcnemar needs pairs of runs"));
  EXPECT_EQ(refused.out, "");
}

TEST_F(CompareCommandTest, SweepsWithoutACommonCellAreRefused) {
  make("a", "{depth: [2, 3], width: 3, seed: 0}");
  make("b", "{depth: [4, 5], width: 3, seed: 0}");

  const testing::Output output = run({"compare", "a", "b"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_EQ(output.out, "");
  EXPECT_THAT(output.err, HasSubstr("no cell of a is in b too (depth is 2, 3 in the first and 4, 5 "
                                    "in the second)"));
}

TEST_F(CompareCommandTest, AnUnfinishedSweepIsComparedAsFarAsItWent) {
  make("a", "{depth: [2, 3], width: 3, seed: {count: 5}}");
  make("b", "{depth: [2, 3], width: 3, seed: {count: 3}}");
  // What an interrupted `run` leaves: the larger manifest, and only the earlier runs.
  fs::copy_file(path("a/manifest.json"), path("b/manifest.json"),
                fs::copy_options::overwrite_existing);

  const testing::Output output = run({"compare", "a", "b", "--format", "json"});

  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.err, HasSubstr("b is unfinished: 4 of 10 runs are still to be made"));
  const auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ(json["second"]["runs_missing"], 4);
  EXPECT_EQ(json["overall"]["pairs"], 6);
}

TEST_F(CompareCommandTest, NamesDoNoHarm) {
  const std::string name = "a\x1b[31m\n\"b\", $(touch harmed) \xff";
  make(name, "{depth: 2, width: 3, seed: 0}");

  const testing::Output table = run({"compare", name, name});
  const testing::Output json = run({"compare", name, name, "--format", "json"});
  const testing::Output csv = run({"compare", name, name, "--format", "csv"});

  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(table.out.find('\x1b'), std::string::npos);
  EXPECT_THAT(table.out, HasSubstr("\"b\", $(touch harmed) ?"));
  EXPECT_THAT(nlohmann::json::parse(json.out)["first"]["directory"].get<std::string>(),
              StartsWith("a\x1b[31m\n\"b\""));
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 2);
  EXPECT_FALSE(fs::exists(path("harmed")));
}

TEST_F(CompareCommandTest, MistakesExitWithTwo) {
  make("a", "{depth: 2, width: 3, seed: 0}");

  EXPECT_EQ(run({"compare", "a"}).exit_code, 2);
  EXPECT_EQ(run({"compare", "a", "nowhere"}).exit_code, 2);
  EXPECT_EQ(run({"compare", "nowhere", "a"}).exit_code, 2);
  EXPECT_EQ(run({"compare", "a", "a", "--test", "student"}).exit_code, 2);
  EXPECT_EQ(run({"compare", "a", "a", "--confidence", "1"}).exit_code, 2);
}

}  // namespace
}  // namespace vnsweep
