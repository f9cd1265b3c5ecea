// `vnsweep submit` and `cancel` with programs in Slurm's place that note what they are told.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Output;
using testing::read;
namespace fs = std::filesystem;

class SubmitTest : public testing::CliTest {
 protected:
  void SetUp() override {
    fs::create_directories(path("slurm"));
    // Arguments as they arrive, each ended by a zero byte; the id counts the submissions.
    write_program("sbatch",
                  "id=$(($(ls \"$FAKE\" | grep -c ^sbatch-) + 11)); shift\n"
                  "printf '%s\\0' \"$@\" >\"$FAKE/sbatch-$id\"; echo $id");
    write_program("scontrol", "echo 'MaxArraySize            = 9'");
    write_program("squeue", "cat \"$FAKE/queue\" 2>/dev/null || true");
    write_program("scancel", "printf '%s\\n' \"$@\" >>\"$FAKE/cancelled\"");
    ASSERT_EQ(setenv("FAKE", path("slurm").c_str(), 1), 0);
    const char* const search = std::getenv("PATH");
    search_ = search == nullptr ? "" : search;
    ASSERT_EQ(setenv("PATH", (path("programs") + ":" + search_).c_str(), 1), 0);
  }
  void TearDown() override { setenv("PATH", search_.c_str(), 1); }

  void write_program(const std::string& name, const std::string& text) const {
    fs::create_directories(path("programs"));
    const std::string file = path("programs/" + name);
    std::ofstream(file) << "#!/bin/bash\n" << text << "\n";
    fs::permissions(file, fs::perms::owner_all);
  }

  /// Arguments of the submission that got this id; empty if there was none.
  std::vector<std::string> submitted(int id) const {
    std::istringstream stream(read(path("slurm/sbatch-" + std::to_string(id))));
    std::vector<std::string> arguments;
    for (std::string argument; std::getline(stream, argument, '\0');)
      arguments.push_back(argument);
    return arguments;
  }

  std::string job_name() const { return nlohmann::json::parse(read(path("d/jobs.json")))["name"]; }

  /// Lines of squeue: "12|3|RUNNING".
  void write_queue(const std::vector<std::string>& tasks) const {
    std::ofstream stream(path("slurm/queue"));
    for (const std::string& task : tasks)
      stream << task << '|' << job_name() << "|1:02|n1\n";
  }

  std::string manifest() const {
    return small_manifest("{depth: [1, 2], width: 6, seed: {count: 40}}");
  }

  Output submit(std::vector<std::string> more) const {
    more.insert(more.begin(), {"submit", manifest(), "-o", path("d")});
    return run(more);
  }

 private:
  std::string search_;
};

TEST_F(SubmitTest, ArraysOfShardsAndAMergeAreSubmittedAndRecorded) {
  const Output output =
      submit({"--shards", "10", "--partition", "gpu", "--time", "1:00:00", "--gpus-per-task", "1"});

  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(submitted(11), AllOf(Contains("--array=1-8"), Contains("--partition=gpu"),
                                   Contains("--time=1:00:00"), Contains("--gpus-per-task=1"),
                                   Contains("--chdir=" + path("d/slurm"))));
  EXPECT_THAT(submitted(12), AllOf(Contains("--array=1-2"), Contains("8")));
  EXPECT_THAT(submitted(13),
              AllOf(Contains("--dependency=afterany:11:12"), Not(Contains("--gpus-per-task=1"))));
  const auto record = nlohmann::json::parse(read(path("d/jobs.json")));
  EXPECT_EQ(record["shards"], 10);
  ASSERT_EQ(record["jobs"].size(), 3U);
  EXPECT_EQ(record["jobs"][1]["id"], "12");
  EXPECT_EQ(record["jobs"][2]["kind"], "merge");
  EXPECT_THAT(read(path("d/slurm/shard.sh")), HasSubstr("device='cuda'"));
  EXPECT_EQ(run({"summary", path("d")}).exit_code, 0);
}

TEST_F(SubmitTest, ADryRunPrintsAndWritesNothing) {
  const Output output = submit({"--shards", "4", "--dry-run", "--mem=4G"});

  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out, AllOf(HasSubstr("sbatch --parsable"), HasSubstr("'--array=1-4'"),
                                HasSubstr("'--mem=4G'"), HasSubstr("#SBATCH --requeue"),
                                HasSubstr("\"$vnsweep\" merge")));
  EXPECT_FALSE(fs::exists(path("d")));
  EXPECT_THAT(submitted(11), IsEmpty());
}

TEST_F(SubmitTest, AWrongManifestIsRefusedAndNothingIsSubmittedOrCreated) {
  const std::string wrong = small_manifest("{dept: 1, width: 2}");

  const Output output = run({"submit", wrong, "-o", path("d"), "--shards", "4"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("unknown key 'dept'"));
  EXPECT_FALSE(fs::exists(path("d")));
  EXPECT_THAT(submitted(11), IsEmpty());
}

TEST_F(SubmitTest, OptionsOfSbatchArePassedOnInTheirOrder) {
  ASSERT_EQ(submit({"--shards", "2", "--account", "physics", "--mem=4G", "-C", "a100"}).exit_code,
            0);

  std::vector<std::string> array = submitted(11);
  ASSERT_GT(array.size(), 6U);
  EXPECT_THAT(std::vector<std::string>(array.begin() + 1, array.begin() + 6),
              ElementsAre("--account", "physics", "--mem=4G", "-C", "a100"));
  EXPECT_THAT(submitted(12), AllOf(Contains("--account"), Contains("physics")));
}

TEST_F(SubmitTest, TasksAtTheSameTimeAreLimited) {
  ASSERT_EQ(submit({"--shards", "10", "--max-parallel", "3"}).exit_code, 0);

  EXPECT_THAT(submitted(11), Contains("--array=1-8%2"));
  EXPECT_THAT(submitted(12), Contains("--array=1-2%1"));
}

TEST_F(SubmitTest, OnlyShardsThatAreMissingAndNotInTheQueueAreSubmitted) {
  ASSERT_EQ(submit({"--shards", "4"}).exit_code, 0);
  ASSERT_EQ(run({"run", manifest(), "-o", path("d"), "--shard", "2/4"}).exit_code, 0);
  write_queue({"11|4|RUNNING", "12|N/A|PENDING"});

  const Output output = submit({});

  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(submitted(13), Contains("--array=1,3"));
  // The merge that waits is replaced by one that waits for the new tasks too.
  EXPECT_THAT(submitted(14), Contains("--dependency=afterany:13:11"));
  EXPECT_EQ(read(path("slurm/cancelled")), "12\n");
}

TEST_F(SubmitTest, WhileEveryMissingShardIsInTheQueueNothingIsSubmitted) {
  ASSERT_EQ(submit({"--shards", "2"}).exit_code, 0);
  write_queue({"11|1|RUNNING", "11|2|PENDING", "12|N/A|PENDING"});

  const Output output = submit({});

  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.err, HasSubstr("nothing to submit"));
  EXPECT_THAT(submitted(13), IsEmpty());
}

TEST_F(SubmitTest, ACompleteSweepIsMergedAndThenNothingIsSubmitted) {
  ASSERT_EQ(submit({"--shards", "2"}).exit_code, 0);
  for (const char* shard : {"1/2", "2/2"})
    ASSERT_EQ(run({"run", manifest(), "-o", path("d"), "--shard", shard}).exit_code, 0);

  EXPECT_THAT(submit({}).err, HasSubstr("complete"));
  EXPECT_THAT(submitted(13),
              AllOf(Contains(path("d/slurm/merge.sh")), Not(Contains(HasSubstr("--dependency")))));
  ASSERT_EQ(run({"merge", path("d")}).exit_code, 0);
  const Output merged = submit({});

  EXPECT_EQ(merged.exit_code, 0);
  EXPECT_THAT(merged.err, HasSubstr("complete"));
  EXPECT_THAT(submitted(14), IsEmpty());
}

TEST_F(SubmitTest, AnotherSplitOrManifestIsRefusedWhileTasksAreInTheQueue) {
  ASSERT_EQ(submit({"--shards", "2"}).exit_code, 0);
  write_queue({"11|1|RUNNING"});

  const Output split = submit({"--shards", "3"});
  const std::string more = small_manifest("{depth: [1, 2], width: 6, seed: {count: 41}}");
  const Output edited = run({"submit", more, "-o", path("d")});

  EXPECT_EQ(split.exit_code, 2);
  EXPECT_THAT(split.err, HasSubstr("jobs of 2 shards are in the queue"));
  EXPECT_EQ(edited.exit_code, 2);
  EXPECT_THAT(edited.err, HasSubstr("jobs of another manifest are in the queue"));
  EXPECT_THAT(submitted(13), IsEmpty());
}

TEST_F(SubmitTest, TasksRunTheManifestAsItWasSubmittedAndKeepTheUsersText) {
  ASSERT_EQ(submit({"--shards", "2"}).exit_code, 0);
  const std::string given = read(path("d/manifest.yaml"));

  ASSERT_EQ(
      run({"run", path("d/slurm/manifest.json"), "-o", path("d"), "--shard", "1/2"}).exit_code, 0);

  EXPECT_EQ(read(path("d/manifest.yaml")), given);
  EXPECT_EQ(given, read(manifest()));
}

TEST_F(SubmitTest, ARefusalOfSbatchIsShownAndWhatWasSubmittedBeforeIsKnown) {
  write_program("sbatch",
                "if [ -e \"$FAKE/one\" ]; then echo 'sbatch: error: too many jobs' >&2; "
                "exit 1; fi; touch \"$FAKE/one\"; echo 11");

  const Output output = submit({"--shards", "10"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("too many jobs"));
  EXPECT_EQ(nlohmann::json::parse(read(path("d/jobs.json")))["jobs"].size(), 1U);
}

TEST_F(SubmitTest, StatusShowsTheJobsOrWhyItCannot) {
  EXPECT_EQ(submit({"--shards", "2"}).exit_code, 0);
  write_queue({"11|1|RUNNING", "11|2|PENDING", "12|N/A|PENDING"});

  const Output status = run({"status", path("d")});
  write_program("squeue",
                "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
  const Output unreachable = run({"status", path("d")});

  EXPECT_EQ(status.exit_code, 0);
  EXPECT_THAT(status.out, HasSubstr("jobs     2 of 2 shards in the queue; 2 PENDING, 1 RUNNING\n"
                                    "job      11_1 RUNNING 1:02 n1\n"));
  EXPECT_EQ(unreachable.exit_code, 0);
  EXPECT_THAT(unreachable.out, HasSubstr("jobs     unknown: squeue failed (slurm_load_jobs error"));
}

TEST_F(SubmitTest, CancelEndsTheDirectorysJobsThatAreInTheQueueAndNoOthers) {
  ASSERT_EQ(submit({"--shards", "10"}).exit_code, 0);
  write_queue({"11|1|RUNNING", "13|N/A|PENDING", "99|1|RUNNING"});
  std::ofstream(path("slurm/queue"), std::ios::app) << "12|1|RUNNING|a-stranger|1:02|n1\n";

  const Output output = run({"cancel", path("d")});

  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(read(path("slurm/cancelled")), "11\n13\n");
  EXPECT_EQ(run({"cancel", path("")}).exit_code, 2);
}

TEST_F(SubmitTest, NothingInNamesIsInterpreted) {
  const std::string name = "it's $(touch ran) `touch ran` \"quoted\" -x;|&";
  const std::string hostile = write_manifest("-" + name + ".yaml",
                                             "name: \"a $(touch ran) 'b'\\n#SBATCH --wrap=x\"\n"
                                             "task: xor\ngrid: {depth: 1, width: 2}\n"
                                             "train: {lr: 0.1, steps: 1}\nsuccess: {loss: 1}\n");

  const Output output = run({"submit", hostile, "-o", path("-" + name + "\n"), "--shards", "1"});

  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_FALSE(fs::exists(path("ran")));
  EXPECT_THAT(submitted(11), Contains("--chdir=" + path("-" + name + "\n") + "/slurm"));
  EXPECT_THAT(submitted(11),
              Contains(::testing::MatchesRegex("--job-name=vnsweep-[A-Za-z0-9._-]+")));
}

TEST_F(SubmitTest, APathThatSlurmCannotWriteToIsRefused) {
  const Output output = run({"submit", manifest(), "-o", path("a\\b"), "--shards", "1"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("has a backslash"));
}

TEST_F(SubmitTest, WithoutSlurmTheProblemIsNamed) {
  ASSERT_EQ(setenv("PATH", path("slurm").c_str(), 1), 0);

  const Output output = submit({"--shards", "2"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("scontrol not found (Slurm is not installed here)"));
}

TEST_F(SubmitTest, TheFirstSubmissionHasToSayHowManyShards) {
  const Output output = submit({});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("give --shards n"));
}

}  // namespace
}  // namespace vnsweep
