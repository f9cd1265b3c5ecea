#include "host/cluster/submission.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "host/store/directory_error.hpp"
#include "tests/temporary_directory.hpp"

namespace vnsweep::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const SubmissionOptions kOptions = {.directory = "/data/50%a b",
                                    .name = "vnsweep-x-0a",
                                    .common = {"--partition=gpu", "--job-name=mine"},
                                    .tasks = {"--gpus-per-task=1"}};

TEST(SubmissionTest, AnArrayIsSubmittedWithItsOptionsAndOursWin) {
  const JobArray array = {.before = 8, .indices = {1, 2}, .at_once = {}, .after = {}};

  EXPECT_THAT(array_arguments(kOptions, array, "12"),
              ElementsAre("--output=/data/50%%a b/slurm/shard-8+%a.log", "--partition=gpu",
                          "--job-name=mine", "--gpus-per-task=1", "--job-name=vnsweep-x-0a",
                          "--chdir=/data/50%a b/slurm", "--array=1-2", "--dependency=afterany:12",
                          "/data/50%a b/slurm/shard.sh", "8"));
}

TEST(SubmissionTest, AMergeWaitsForEveryArrayAndTakesNoGpu) {
  const std::vector<std::string> arrays = {"12", "13"};

  EXPECT_THAT(
      merge_arguments(kOptions, arrays),
      ElementsAre("--output=/data/50%%a b/slurm/merge.log", "--partition=gpu", "--job-name=mine",
                  "--job-name=vnsweep-x-0a", "--chdir=/data/50%a b/slurm",
                  "--dependency=afterany:12:13", "/data/50%a b/slurm/merge.sh"));
}

JobRecord record_of_two_arrays() {
  JobRecord record = {.name = "vnsweep-x-0a", .shards = 16, .jobs = {}};
  record.jobs.push_back({"12", JobKind::shards, 0, "1-8", "2026-01-01T00:00:00.000Z"});
  record.jobs.push_back({"13", JobKind::shards, 8, "1-8", "2026-01-01T00:00:01.000Z"});
  record.jobs.push_back({"14", JobKind::merge, 0, "", "2026-01-01T00:00:02.000Z"});
  return record;
}

QueuedTask queued(const std::string& job, std::optional<std::size_t> index,
                  const std::string& state = "RUNNING", const std::string& name = "vnsweep-x-0a") {
  return {job, index, state, name, "1:02", "n1"};
}

TEST(SubmissionTest, LiveShardsAreCountedFromTheirArraysFirst) {
  const std::vector<QueuedTask> queue = {queued("12", 3), queued("13", 1, "PENDING"),
                                         queued("14", {}, "PENDING")};

  const LiveJobs live = live_jobs(record_of_two_arrays(), queue);

  EXPECT_THAT(live.shards, ElementsAre(3, 9));
  EXPECT_THAT(live.arrays, SizeIs(2));
  EXPECT_THAT(live.merges, SizeIs(1));
}

TEST(SubmissionTest, JobsOfAnotherNameAreStrangersWithTheSameIds) {
  const std::vector<QueuedTask> queue = {queued("12", 3, "RUNNING", "somebody-elses")};

  const LiveJobs live = live_jobs(record_of_two_arrays(), queue);

  EXPECT_THAT(live.all(), IsEmpty());
  EXPECT_THAT(live.tasks, IsEmpty());
}

TEST(SubmissionTest, JobsAreDescribedRunningOnesFirstAndNotAllOfThem) {
  std::vector<QueuedTask> queue;
  for (std::size_t k = 1; k <= 8; ++k)
    queue.push_back(queued("12", k, "PENDING"));
  for (std::size_t k = 1; k <= 4; ++k)
    queue.push_back(queued("13", k));

  const std::string text =
      describe_jobs(record_of_two_arrays(), live_jobs(record_of_two_arrays(), queue));

  EXPECT_THAT(text, HasSubstr("jobs     12 of 16 shards in the queue; 8 PENDING, 4 RUNNING\n"
                              "job      13_1 RUNNING 1:02 n1\n"));
  EXPECT_THAT(text, HasSubstr("job      and 2 more\n"));
}

TEST(JobRecordTest, WhatIsWrittenIsRead) {
  const testing::TemporaryDirectory directory;
  const JobRecord record = record_of_two_arrays();

  write_job_record(directory.path(), record);

  EXPECT_EQ(read_job_record(directory.path()), record);
}

TEST(JobRecordTest, NothingSubmittedIsNoRecord) {
  const testing::TemporaryDirectory directory;

  EXPECT_FALSE(read_job_record(directory.path()));
}

TEST(JobRecordTest, WhatIsNoRecordIsRefused) {
  const testing::TemporaryDirectory directory;
  const char* const with_an_option_as_id = R"({"name": "x", "shards": 1, "jobs": [{"id":
      "--user=root", "kind": "shards", "before": 0, "array": "1", "submitted_at": ""}]})";
  const char* const with_a_number_as_name = R"({"name": 1, "shards": 1, "jobs": []})";
  const char* const with_too_many_shards = R"({"name": "x", "shards": 1e20, "jobs": []})";
  const char* const with_fewer_shards_than_none = R"({"name": "x", "shards": -1, "jobs": []})";
  for (const char* text : {"", "{}", "[1]", with_a_number_as_name, with_an_option_as_id,
                           with_too_many_shards, with_fewer_shards_than_none}) {
    std::ofstream(directory.path() / "jobs.json") << text;

    EXPECT_THROW(read_job_record(directory.path()), DirectoryError) << text;
  }
}

}  // namespace
}  // namespace vnsweep::cluster
