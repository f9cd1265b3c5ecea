// Signals that ask for the end, and streams whose other end has gone.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <pty.h>
#include <sys/ioctl.h>

#include <array>
#include <string>
#include <vector>

#include "tests/faults/fault_fixture.hpp"

namespace vnsweep {
namespace {

using testing::FaultTest;
using ::testing::HasSubstr;
using testing::Output;
using testing::read;

class SignalTest : public FaultTest {
 protected:
  /// Long enough that a signal comes before its end on a machine that is busy, too.
  std::vector<std::string> command(const std::string& directory) const {
    return {"run", sweep_manifest(kLongSteps), "-o", directory};
  }

  /// The first chunk of its steps takes many seconds.
  pid_t start_slow_sweep() const {
    const std::string manifest =
        write_manifest("slow.yaml",
                       "name: slow\ntask: xor\ngrid: {depth: 60, width: 400}\n"
                       "train: {lr: 0.1, steps: 10}\nsuccess: {loss: 0}\n");
    std::filesystem::remove(path("err"));
    const pid_t child = start({"run", manifest, "-o", "slow", "--device", "reference"});
    EXPECT_TRUE(wait_for("1 to make", "err"));
    return child;
  }

  std::string undisturbed() const {
    EXPECT_EQ(run(command("whole")).exit_code, 0);
    return exported("whole");
  }
};

TEST_F(SignalTest, EverySignalThatAsksForTheEndKeepsWhatIsDone) {
  const std::string expected = undisturbed();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const std::string directory = "d" + std::to_string(signal);
    const pid_t child = start(command(directory));
    ASSERT_TRUE(wait_for_results(child, directory));

    kill(child, signal);
    const Output output = wait(child);

    EXPECT_EQ(output.exit_code, 75);
    const std::string stored = std::to_string(stored_rows(directory).size());
    EXPECT_THAT(output.err, HasSubstr("interrupted: " + stored + " runs stored"));
    expect_the_rest_is_made(command(directory), directory, kSweepRuns);
    EXPECT_TRUE(exported(directory) == expected);
  }
}

TEST_F(SignalTest, SomebodyWhoInsistsEndsTheProgramAtOnce) {
  for (const int first : {SIGTERM, SIGINT, SIGHUP}) {
    for (const int second : {SIGTERM, SIGINT}) {
      const pid_t child = start_slow_sweep();
      kill(child, first);
      ASSERT_TRUE(wait_for("once more ends at once", "err"));

      kill(child, second);

      EXPECT_EQ(wait(child).exit_code, 128 + second);
    }
  }
}

TEST_F(SignalTest, ATerminalThatHangsUpTwiceStillGivesTimeToKeepWhatIsDone) {
  const pid_t child = start(command("d"));
  ASSERT_TRUE(wait_for_results(child, "d"));

  kill(child, SIGHUP);
  ASSERT_TRUE(wait_for("once more ends at once", "err"));
  kill(child, SIGHUP);

  EXPECT_EQ(wait(child).exit_code, 75);
}

TEST_F(SignalTest, AClosedTerminalKeepsWhatIsDone) {
  const std::string expected = undisturbed();
  int terminal = -1;
  int inside = -1;
  ASSERT_EQ(openpty(&terminal, &inside, nullptr, nullptr, nullptr), 0);
  const pid_t child = start_in(command("d"), [&] {
    setsid();
    ioctl(inside, TIOCSCTTY, 0);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      dup2(inside, stream);
    close(terminal);
    close(inside);
  });
  close(inside);
  ASSERT_TRUE(wait_for_results(child, "d"));

  close(terminal);

  EXPECT_EQ(wait(child).exit_code, 75);
  expect_the_rest_is_made(command("d"), "d", kSweepRuns);
  EXPECT_TRUE(exported("d") == expected);
}

TEST_F(SignalTest, ASweepGoesOnWhenNobodyReadsItsMessages) {
  const std::string expected = undisturbed();
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  close(pipe_ends[0]);

  const pid_t child = start_in(command("d"), [&] { dup2(pipe_ends[1], STDERR_FILENO); });
  close(pipe_ends[1]);

  EXPECT_EQ(wait(child).exit_code, 0);
  EXPECT_TRUE(exported("d") == expected);
}

TEST_F(SignalTest, WithoutStreamsNoMessageGetsIntoAFile) {
  const std::string expected = undisturbed();
  const pid_t child = start_in(command("d"), [] {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      close(stream);
  });

  EXPECT_EQ(wait(child).exit_code, 0);

  EXPECT_TRUE(exported("d") == expected);
  EXPECT_EQ(read(path("d/runs-0.lock")).find("complete"), std::string::npos);
  EXPECT_EQ(read(path("d/manifest.yaml")), read(path("sweep.yaml")));
}

TEST_F(SignalTest, ResultsForAStandardOutputThatIsClosedAreAnError) {
  undisturbed();

  const pid_t child = start_in({"summary", path("whole")}, [] { close(STDOUT_FILENO); });

  const Output output = wait(child);
  EXPECT_NE(output.exit_code, 0);
  EXPECT_THAT(output.err, HasSubstr("cannot write to standard output"));
}

}  // namespace
}  // namespace vnsweep
