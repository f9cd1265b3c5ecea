// `vnsweep theory`: what its options and a manifest make of the grid, and what it refuses.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "host/cli/commands.hpp"
#include "host/manifest/diagnostics.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;

nlohmann::json cells_of(TheoryOptions options) {
  options.format = TableFormat::json;
  ::testing::internal::CaptureStdout();
  const ExitCode code = theory_command(options);
  const std::string text = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, ExitCode::complete);
  return nlohmann::json::parse(text)["cells"];
}

std::string refusal(const TheoryOptions& options) {
  try {
    theory_command(options);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST(TheoryCommandTest, ListsMakeAGridWithDepthFastest) {
  TheoryOptions options{.depth = "2,5", .width = "8", .scale = "critical,1.5"};
  options.activation = "relu,erf";
  options.q1 = 2.0;

  const auto cells = cells_of(options);

  ASSERT_EQ(cells.size(), 8U);
  EXPECT_EQ(cells[0]["activation"], "relu");
  EXPECT_EQ(cells[0]["depth"], 2);
  EXPECT_EQ(cells[1]["depth"], 5);
  EXPECT_EQ(cells[1]["scale"], std::sqrt(2.0));
  // relu, Gaussian: N VNI = 1 + 2 (L - 1); every q stays.
  EXPECT_NEAR(cells[1]["vni_local"].get<double>(), 9.0 / 8.0, 1e-14);
  EXPECT_NEAR(cells[1]["q_L"].get<double>(), 2.0, 1e-14);
  EXPECT_NEAR(cells[4]["scale"].get<double>(), 0.88622692545275801, 1e-16);
}

TEST(TheoryCommandTest, AManifestsCellsAreItsGridWithoutSeedsAndTraining) {
  const testing::TemporaryDirectory directory;
  TheoryOptions options;
  options.manifest = directory.path() / "m.yaml";
  std::ofstream(options.manifest) << testing::manifest_text(
      "{depth: [2, 4], width: 8, lr: [0.1, 0.2], seed: {count: 50}}", "{steps: 5}");

  const auto cells = cells_of(options);

  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0]["inputs"], 2);  // xor's
  EXPECT_EQ(cells[1]["depth"], 4);
}

TEST(TheoryCommandTest, LayersEndInTheCellsOwnNumbers) {
  TheoryOptions options{.depth = "6", .width = "20"};
  options.layers = true;

  const auto cell = cells_of(options)[0];

  ASSERT_EQ(cell["layers"].size(), 6U);
  EXPECT_EQ(cell["layers"][5]["vni_local"], cell["vni_local"]);
  EXPECT_NEAR(cell["layers"][0]["m_1"].get<double>(), 1.0, 1e-14);
}

TEST(TheoryCommandTest, MistakesAreExplained) {
  const TheoryOptions good{.depth = "2", .width = "8"};
  const auto with = [&](std::string TheoryOptions::*list, const char* text) {
    TheoryOptions options = good;
    options.*list = text;
    return refusal(options);
  };

  EXPECT_THAT(with(&TheoryOptions::activation, "tahn"), HasSubstr("did you mean 'tanh'?"));
  EXPECT_THAT(with(&TheoryOptions::scale, "critcal"), HasSubstr("did you mean 'critical'?"));
  EXPECT_THAT(with(&TheoryOptions::scale, "0"), HasSubstr("--scale: scale must be greater than 0"));
  EXPECT_THAT(with(&TheoryOptions::scale, "nan"), HasSubstr("scale must be a number"));
  EXPECT_THAT(with(&TheoryOptions::scale, "inf"), HasSubstr("at most"));
  EXPECT_THAT(with(&TheoryOptions::depth, "2.5"), HasSubstr("must be an integer, not 2.5"));
  EXPECT_THAT(with(&TheoryOptions::depth, "0"), HasSubstr("depth must be at least 1"));
  EXPECT_THAT(with(&TheoryOptions::width, "8,,9"), HasSubstr("not ''"));
  EXPECT_THAT(with(&TheoryOptions::width, ","), HasSubstr("not ''"));
  EXPECT_THAT(with(&TheoryOptions::width, ""), HasSubstr("a manifest, or --depth and --width"));
  EXPECT_THAT(with(&TheoryOptions::init, ""), HasSubstr("--init: no value"));
  TheoryOptions negative = good;
  negative.q1 = -1.0;
  EXPECT_THAT(refusal(negative), HasSubstr("--q1: q_1 must be at least 0"));
}

TEST(TheoryCommandTest, AGridTooLargeIsRefusedBeforeItIsMade) {
  std::string many = "1";
  for (int k = 2; k <= 400; ++k)
    many += "," + std::to_string(k);

  const std::string message = refusal({.depth = many, .width = many});

  EXPECT_THAT(message, HasSubstr("more than 100000 cells"));
}

TEST(TheoryCommandTest, TheProgramExplainsItselfAndRefusesAManifestWithLists) {
  const std::string program = VNSWEEP_EXECUTABLE;
  const auto exit_code = [&](const std::string& arguments) {
    const std::string command = program + " theory " + arguments + " >/dev/null 2>/dev/null";
    return WEXITSTATUS(std::system(command.c_str()));
  };

  EXPECT_EQ(exit_code("--depth 2 --width 8"), 0);
  EXPECT_EQ(exit_code("--help"), 0);
  EXPECT_EQ(exit_code("m.yaml --depth 2"), 2);
  EXPECT_EQ(exit_code("--depth 2 --width 8 --inputs 2 --q1 1"), 2);
  EXPECT_EQ(exit_code("--depth 2 --width 8 --inputs 0"), 2);
  EXPECT_EQ(exit_code("--depth 2 --width 8 --activation tahn"), 2);
}

}  // namespace
}  // namespace vnsweep
