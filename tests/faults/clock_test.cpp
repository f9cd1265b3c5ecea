// A clock that is set while a sweep runs.
#include <glob.h>
#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/faults/fault_fixture.hpp"

namespace vnsweep {
namespace {

using testing::FaultTest;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Output;

class ClockTest : public FaultTest, public ::testing::WithParamInterface<const char*> {
 protected:
  /// libfaketime (Debian: faketime); empty where it is not installed.
  static std::string faketime_library() {
    glob_t found{};
    std::string library;
    if (glob("/usr/lib/*/faketime/libfaketimeMT.so.1", 0, nullptr, &found) == 0) {
      library = found.gl_pathv[0];
    }
    globfree(&found);
    return library;
  }

  void set_clock(const std::string& offset) const { std::ofstream(path("clock")) << offset; }

  /// Starts the program with a time of day that set_clock() changes while it runs.
  pid_t start_with_clock(const std::vector<std::string>& arguments) const {
    return start_in(arguments, [&] {
      setenv("LD_PRELOAD", faketime_library().c_str(), 1);
      setenv("FAKETIME_TIMESTAMP_FILE", path("clock").c_str(), 1);
      setenv("FAKETIME_NO_CACHE", "1", 1);
      setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
    });
  }
};

TEST_P(ClockTest, AJumpOfTheClockChangesNoResultAndNoRate) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "libfaketime and AddressSanitizer cannot be loaded together";
#endif
  if (faketime_library().empty()) GTEST_SKIP() << "libfaketime (Debian: faketime) is missing";
  const std::vector<std::string> command = {"run", sweep_manifest(), "-o", "d"};
  ASSERT_EQ(run({"run", sweep_manifest(), "-o", "whole"}).exit_code, 0);
  set_clock("+0d");
  const pid_t child = start_with_clock(command);
  ASSERT_TRUE(wait_for_results(child, "d"));

  set_clock(GetParam());
  const Output output = wait(child);

  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_TRUE(exported("d") == exported("whole"));
  const Output status = run({"status", path("d")});
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_THAT(status.out, HasSubstr("runs/s in the latest session"));
  EXPECT_THAT(status.out, Not(HasSubstr(" 0.0 runs/s")));
  EXPECT_EQ(run({"summary", path("d")}).exit_code, 0);
  EXPECT_EQ(run({"report", path("d")}).exit_code, 0);
  EXPECT_THAT(run(command).err, HasSubstr("nothing to run"));
}

INSTANTIATE_TEST_SUITE_P(Jumps, ClockTest, ::testing::Values("-3d", "+400d"), [](const auto& jump) {
  return std::string(jump.param[0] == '-' ? "back" : "ahead");
});

}  // namespace
}  // namespace vnsweep
