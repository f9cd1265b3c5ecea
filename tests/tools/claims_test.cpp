// tools/claims/run on the claim whose sweep takes a second.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/temporary_directory.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Output {
  int exit_code = -1;
  std::string text;
};

class ClaimsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("python3 -c '' >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no python3";
  }

  Output run(const std::string& program, const std::string& options) const {
    const fs::path out = directory_.path() / "out";
    const std::string command = "'" + std::string(VNSWEEP_SOURCE_DIR) +
                                "/tools/claims/run' --vnsweep '" + program + "' -o '" +
                                (directory_.path() / "runs").string() + "' " + options + " >'" +
                                out.string() + "' 2>&1";
    const int status = std::system(command.c_str());
    std::ifstream stream(out);
    return {WEXITSTATUS(status), {std::istreambuf_iterator<char>(stream), {}}};
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ClaimsTest, OneClaimIsMeasuredAndPrintedWithItsVerdict) {
  const Output output = run(VNSWEEP_EXECUTABLE, "--only c");

  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("## c. The effective number of nodes goes to 1"));
  EXPECT_THAT(output.text, HasSubstr("**Verdict.** Holds"));
  EXPECT_THAT(output.text, HasSubstr("| 0.999 to 1 |"));
}

TEST_F(ClaimsTest, WithoutTheProgramItSaysWhatToDo) {
  const Output output = run("/nowhere/vnsweep", "");

  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.text, HasSubstr("no program /nowhere/vnsweep; build it (tools/build)"));
}

}  // namespace
}  // namespace vnsweep
