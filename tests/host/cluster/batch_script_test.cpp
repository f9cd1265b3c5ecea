// What goes into batch scripts, and what a real bash makes of it.
#include "host/cluster/batch_script.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "host/cluster/shell_quoting.hpp"
#include "host/process/run_program.hpp"
#include "tests/temporary_directory.hpp"

namespace vnsweep::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

/// Texts that a shell would act on, or that would end a line of the script.
const char* const kHostileTexts[] = {"$(touch ran)",
                                     "`touch ran`",
                                     "'; touch ran; '",
                                     "\"; touch ran; \"",
                                     "a b",
                                     "a\ntouch ran",
                                     "-n",
                                     "$HOME",
                                     "*",
                                     "~",
                                     "\\",
                                     "'",
                                     "a\\'; touch ran#",
                                     "!!",
                                     "a;touch ran&",
                                     "{a,b}",
                                     "\n#SBATCH --wrap",
                                     "\xc3\xa9\t",
                                     "%j",
                                     "| touch ran"};

TEST(ShellQuotingTest, BashSeesTheTextAsItIs) {
  for (const char* text : kHostileTexts) {
    const testing::TemporaryDirectory directory;

    const ProgramResult result =
        run_program({.program = "bash",
                     .arguments = {"-c", "printf %s " + shell_quoted(text)},
                     .directory = directory.path()});

    EXPECT_EQ(result.output, text);
    EXPECT_TRUE(fs::is_empty(directory.path())) << text;
  }
}

/// The script in a folder of its own, with programs in place of vnsweep and scontrol.
class BatchScriptTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(results() / "slurm");
    fs::create_directories(programs());
    write_program("scontrol", "echo \"$@\" >>" + shell_quoted(path("requeued").string()));
  }

  fs::path path(const std::string& name) const { return directory_.path() / name; }
  fs::path results() const { return path(results_name_); }
  fs::path programs() const { return path("programs"); }

  fs::path write_program(const std::string& name, const std::string& text) const {
    const fs::path file = programs() / name;
    std::ofstream(file) << "#!/bin/bash\n" << text << "\n";
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }

  /// Task 3 of job 12, started so many times before.
  ProgramResult run(const std::string& script, int restarts = 0) const {
    std::ofstream(path("script")) << script;
    const std::string count =
        restarts == 0 ? "" : "SLURM_RESTART_COUNT=" + std::to_string(restarts);
    return run_program(
        {.program = "env",
         .arguments = {"PATH=" + programs().string() + ":/usr/bin:/bin", "SLURM_ARRAY_JOB_ID=12",
                       "SLURM_ARRAY_TASK_ID=3", count.empty() ? "UNUSED=" : count, "bash",
                       path("script").string(), "8"},
         .directory = directory_.path()});
  }

  ShardTask task(const fs::path& program) const {
    return {.program = program,
            .directory = results(),
            .manifest = results() / "slurm" / "manifest.json",
            .shards = 16,
            .device = "cpu",
            .threads = 2};
  }

  std::string text_of(const fs::path& file) const {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::string results_name_ = "results";
  testing::TemporaryDirectory directory_;
};

TEST_F(BatchScriptTest, TheShardIsRunWithItsArgumentsAndItsExitCodeIsTheTasks) {
  for (const int code : {0, 2, 3}) {
    const fs::path program =
        write_program("vnsweep", "printf '[%s]' \"$@\"; exit " + std::to_string(code));

    const ProgramResult result = run(shard_script(task(program)));

    EXPECT_EQ(result.status, code);
    EXPECT_EQ(result.output, "[run][" + (results() / "slurm/manifest.json").string() + "][-o][" +
                                 results().string() +
                                 "][--shard][11/16][--device][cpu][--threads][2][--quiet]");
    EXPECT_FALSE(fs::exists(path("requeued")));
  }
}

TEST_F(BatchScriptTest, WithoutThreadsTheProcessorsAreThoseThatSlurmGives) {
  ShardTask shard = task(write_program("vnsweep", "printf '[%s]' \"$@\""));
  shard.threads = 0;

  EXPECT_THAT(run(shard_script(shard)).output, HasSubstr("[--threads][1]"));
  ASSERT_EQ(setenv("SLURM_CPUS_ON_NODE", "6", 1), 0);
  EXPECT_THAT(run(shard_script(shard)).output, HasSubstr("[--threads][6]"));
  unsetenv("SLURM_CPUS_ON_NODE");
}

TEST_F(BatchScriptTest, NothingInPathsAndDevicesIsInterpreted) {
  for (const char* text : kHostileTexts) {
    if (std::string(text).find('/') != std::string::npos) continue;
    results_name_ = std::string("r") + text;
    fs::create_directories(results() / "slurm");
    ShardTask shard = task(write_program(std::string("v") + text, "printf '[%s]' \"$@\""));
    shard.device = text;

    const ProgramResult result = run(shard_script(shard));

    EXPECT_EQ(result.status, 0) << text << result.messages;
    EXPECT_THAT(result.output, HasSubstr("[-o][" + results().string() + "]"));
    EXPECT_THAT(result.output, HasSubstr(std::string("[--device][") + text + "]"));
    EXPECT_FALSE(fs::exists(path("ran"))) << text;

    const ProgramResult merge = run(merge_script(shard));
    EXPECT_THAT(merge.output, StartsWith("[merge][" + results().string() + "]"));
    EXPECT_FALSE(fs::exists(path("ran"))) << text;
  }
}

TEST_F(BatchScriptTest, AnInterruptedShardIsPutBackIntoTheQueue) {
  const fs::path program =
      write_program("vnsweep", "echo results >>" +
                                   shell_quoted((results() / "runs-11.db").string()) + "; exit 75");

  const ProgramResult result = run(shard_script(task(program)));

  EXPECT_EQ(result.status, 75);
  EXPECT_EQ(text_of(path("requeued")), "requeue 12_3\n");
}

TEST_F(BatchScriptTest, AShardThatStoresNothingIsPutBackTwiceOnly) {
  const fs::path program = write_program("vnsweep", "exit 75");

  for (int attempt = 0; attempt < 5; ++attempt)
    EXPECT_EQ(run(shard_script(task(program)), attempt).status, 75);

  EXPECT_EQ(text_of(path("requeued")), "requeue 12_3\nrequeue 12_3\n");
}

TEST_F(BatchScriptTest, AShardThatStoresSomethingEachTimeIsPutBackEachTime) {
  const fs::path program =
      write_program("vnsweep", "echo results >>" +
                                   shell_quoted((results() / "runs-11.db").string()) + "; exit 75");

  for (int attempt = 0; attempt < 5; ++attempt)
    run(shard_script(task(program)), attempt);

  EXPECT_EQ(text_of(path("requeued")).size(), 5 * std::string("requeue 12_3\n").size());
}

TEST_F(BatchScriptTest, ARefusalAfterALostNodeIsTriedAgainAndAtFirstIsNot) {
  const fs::path program = write_program("vnsweep", "exit 2");

  EXPECT_EQ(run(shard_script(task(program))).status, 2);
  EXPECT_FALSE(fs::exists(path("requeued")));
  EXPECT_EQ(run(shard_script(task(program)), 1).status, 75);
  EXPECT_TRUE(fs::exists(path("requeued")));
}

TEST_F(BatchScriptTest, WithoutTheProgramTheTaskSaysSo) {
  const ProgramResult result = run(shard_script(task("/nowhere/vnsweep")));

  EXPECT_EQ(result.status, 2);
  EXPECT_FALSE(fs::exists(path("requeued")));
}

/// A run that tells its script to be warned, and ends as `vnsweep run` does when it is told to.
std::string run_that_sends(const char* signal) {
  return std::string("trap 'echo stored >>\"$4/runs-11.db\"; exit 75' TERM\nkill -") + signal +
         " $PPID\nfor ((k = 0; k < 600; k++)); do read -rt 0.1 <> <(:); done; exit 1";
}

TEST_F(BatchScriptTest, SlurmsWarningEndsTheRunAndPutsTheTaskBack) {
  const ProgramResult result =
      run(shard_script(task(write_program("vnsweep", run_that_sends("USR1")))));

  EXPECT_EQ(result.status, 75) << result.messages;
  EXPECT_EQ(text_of(path("requeued")), "requeue 12_3\n");
}

TEST_F(BatchScriptTest, ACancelledTaskEndsTheRunAndStaysAway) {
  const ProgramResult result =
      run(shard_script(task(write_program("vnsweep", run_that_sends("TERM")))));

  EXPECT_EQ(result.status, 75) << result.messages;
  EXPECT_FALSE(fs::exists(path("requeued")));
}

TEST_F(BatchScriptTest, TheMergeSaysWhetherRunsAreMissing) {
  const auto code_of_merge = [&](const std::string& merge, const std::string& status) {
    const fs::path program =
        write_program("vnsweep", "case $1 in merge) " + merge + ";; status) " + status + ";; esac");
    return run(merge_script(task(program))).status;
  };
  const std::string whole = "printf 'sweep    x\npending  0\nwriter   none\n'";
  const std::string part = "printf 'sweep    x\npending  10\nwriter   none\n'";

  EXPECT_EQ(code_of_merge("exit 0", whole), 0);
  EXPECT_EQ(code_of_merge("exit 0", part), 75);
  EXPECT_EQ(code_of_merge("exit 2", whole), 2);
  EXPECT_EQ(code_of_merge("exit 0", whole + "; exit 3"), 3);
}

TEST(JobNameTest, OnlyPlainLettersOfTheSweepAreKept) {
  const std::string name = job_name("a $(b) 'c'\nd|e", "/x");

  EXPECT_THAT(name, StartsWith("vnsweep-a---b---c--d-e-"));
  EXPECT_NE(name, job_name("a $(b) 'c'\nd|e", "/y"));
}

}  // namespace
}  // namespace vnsweep::cluster
