#include "host/process/run_program.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/temporary_directory.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RunProgramTest, OutputAndMessagesAreKeptApart) {
  const ProgramResult result =
      run_program({.program = "sh", .arguments = {"-c", "echo out; echo err >&2; exit 3"}});

  EXPECT_TRUE(result.started);
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.messages, "err\n");
  EXPECT_FALSE(result.succeeded());
}

TEST(RunProgramTest, OutputLargerThanAPipeArrivesWhole) {
  const ProgramResult result = run_program(
      {.program = "sh", .arguments = {"-c", "head -c 300000 /dev/zero | tr '\\0' x; echo >&2"}});

  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.output, std::string(300'000, 'x'));
}

TEST(RunProgramTest, AProgramThatIsNotInstalledDidNotStart) {
  const ProgramResult result = run_program({.program = "vnsweep-has-no-such-program"});

  EXPECT_FALSE(result.started);
  EXPECT_FALSE(result.succeeded());
}

TEST(RunProgramTest, AProgramThatHangsIsEnded) {
  const ProgramResult result =
      run_program({.program = "sleep", .arguments = {"1000"}, .seconds = 0});

  EXPECT_TRUE(result.started);
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.status, -1);
}

TEST(RunProgramTest, ArgumentsReachTheProgramAsTheyAre) {
  const testing::TemporaryDirectory directory;

  const ProgramResult result = run_program(
      {.program = "ls", .arguments = {"$(touch ran); `touch ran`"}, .directory = directory.path()});

  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.messages, HasSubstr("touch ran"));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "ran"));
}

TEST(RunProgramTest, APlainEnvironmentHasNoSettingsOfTheUser) {
  ASSERT_EQ(setenv("VNSWEEP_TEST_SETTING", "1", 1), 0);

  const ProgramResult inherited = run_program({.program = "env"});
  const ProgramResult plain =
      run_program({.program = "env", .environment = ProgramEnvironment::plain});
  unsetenv("VNSWEEP_TEST_SETTING");

  EXPECT_THAT(inherited.output, HasSubstr("VNSWEEP_TEST_SETTING=1\n"));
  EXPECT_THAT(plain.output, Not(HasSubstr("VNSWEEP_TEST_SETTING")));
  EXPECT_THAT(plain.output, HasSubstr("LANG=C.UTF-8\n"));
}

}  // namespace
}  // namespace vnsweep
