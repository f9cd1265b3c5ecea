// `vnsweep report`: what it writes, prints and refuses.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class ReportCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(path("m.yaml")) << testing::manifest_text(
        "{depth: [2, 3], width: 3, seed: {count: 3}}");
    ASSERT_EQ(vnsweep("run m.yaml -q -o runs"), 0);
  }

  fs::path path(const std::string& name) const { return directory_.path() / name; }

  /// In the temporary directory; output and errors go to the files out and err.
  int vnsweep(const std::string& arguments, const std::string& environment = "") const {
    const std::string command = "cd '" + directory_.path().string() + "' && " + environment + " '" +
                                VNSWEEP_EXECUTABLE + "' " + arguments + " >out 2>err";
    return WEXITSTATUS(std::system(command.c_str()));
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ReportCommandTest, WritesThePageIntoTheDirectoryAndPrintsItsPath) {
  EXPECT_EQ(vnsweep("report runs"), 0);

  EXPECT_EQ(read(path("out")), "runs/report/index.html\n");
  EXPECT_THAT(read(path("runs/report/index.html")), HasSubstr("<h1>test</h1>"));
  EXPECT_TRUE(fs::exists(path("runs/report/figures")));
}

TEST_F(ReportCommandTest, DataAreWhatSummaryPrints) {
  const std::string options = " --interval clopper-pearson --confidence 0.9";
  ASSERT_EQ(vnsweep("report runs" + options), 0);

  ASSERT_EQ(vnsweep("summary runs --format csv" + options), 0);
  EXPECT_EQ(read(path("out")), read(path("runs/report/data/cells.csv")));
  ASSERT_EQ(vnsweep("summary runs --format json" + options), 0);
  EXPECT_EQ(read(path("out")), read(path("runs/report/data/summary.json")));
  EXPECT_THAT(read(path("runs/report/index.html")), HasSubstr("90 % Clopper-Pearson interval"));
}

TEST_F(ReportCommandTest, ReplacesAnEarlierReportAndKeepsAnythingElse) {
  ASSERT_EQ(vnsweep("report runs -o page"), 0);
  ASSERT_EQ(vnsweep("report runs -o page"), 0);
  std::ofstream(path("page/mine.txt")) << "mine";

  EXPECT_EQ(vnsweep("report runs -o page"), 2);

  EXPECT_THAT(read(path("err")), HasSubstr("it holds 'mine.txt'"));
  EXPECT_EQ(read(path("page/mine.txt")), "mine");
  EXPECT_EQ(vnsweep("report runs -o runs"), 2);
  EXPECT_TRUE(fs::exists(path("runs/runs-0.db")));
}

TEST_F(ReportCommandTest, AnUnfinishedSweepIsReportedAsFarAsItWent) {
  std::ofstream(path("m.yaml")) << testing::manifest_text(
      "{depth: [2, 3], width: 3, seed: {count: 5}}");
  // What an interrupted `run` leaves: the larger manifest, and only the earlier runs.
  ASSERT_EQ(vnsweep("run m.yaml -q -o more"), 0);
  fs::copy_file(path("more/manifest.json"), path("runs/manifest.json"),
                fs::copy_options::overwrite_existing);

  EXPECT_EQ(vnsweep("report runs"), 0);

  EXPECT_THAT(read(path("err")), HasSubstr("unfinished: 4 of 10 runs are still to be made"));
  EXPECT_THAT(read(path("runs/report/index.html")), HasSubstr("6 of 10 runs are stored"));
}

TEST_F(ReportCommandTest, WithoutGnuplotThereIsAPageAndThePackageIsNamed) {
  EXPECT_EQ(vnsweep("report runs", "PATH=/nowhere"), 0);

  EXPECT_THAT(read(path("err")), HasSubstr("gnuplot-nox"));
  const std::string page = read(path("runs/report/index.html"));
  EXPECT_THAT(page, HasSubstr("gnuplot-nox"));
  EXPECT_THAT(page, HasSubstr(".csv\">"));
  EXPECT_THAT(page, Not(HasSubstr("<svg")));
}

TEST_F(ReportCommandTest, MistakesExitWithTwo) {
  EXPECT_EQ(vnsweep("report"), 2);
  EXPECT_EQ(vnsweep("report nowhere"), 2);
  EXPECT_EQ(vnsweep("report runs --confidence 1"), 2);
  EXPECT_EQ(vnsweep("report runs -o nowhere/report"), 2);
}

}  // namespace
}  // namespace vnsweep
