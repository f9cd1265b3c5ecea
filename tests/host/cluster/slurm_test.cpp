// What Slurm's programs print. Frozen from Slurm 22.05.8.
#include "host/cluster/slurm.hpp"

#include <gmock/gmock.h>

namespace vnsweep::cluster {
namespace {

using ::testing::SizeIs;

TEST(SlurmOutputTest, TheLimitOfArraysIsFoundInTheConfiguration) {
  EXPECT_EQ(parse_max_array_size("JobRequeue              = 1\n"
                                 "MaxArraySize            = 1001\n"
                                 "MaxDBDMsgs              = 20012\n"),
            1001U);
  EXPECT_FALSE(parse_max_array_size("MaxArraySizes           = 1001\n"));
  EXPECT_FALSE(parse_max_array_size("MaxArraySize            = many\n"));
  EXPECT_FALSE(parse_max_array_size(""));
}

TEST(SlurmOutputTest, AJobIdMayNameItsCluster) {
  EXPECT_EQ(parse_job_id("12\n"), "12");
  EXPECT_EQ(parse_job_id("12;gpu-cluster\n"), "12");
  EXPECT_FALSE(parse_job_id("Submitted batch job 12\n"));
  EXPECT_FALSE(parse_job_id("\n"));
}

TEST(SlurmOutputTest, OnlyDigitsAreAJobId) {
  EXPECT_TRUE(is_job_id("1234567890"));
  for (const char* text : {"", "-u", "12_3", "12 13", "12,13", "12345678901", "--user=root"})
    EXPECT_FALSE(is_job_id(text)) << text;
}

TEST(SlurmOutputTest, TasksOfTheQueueAreRead) {
  const std::vector<QueuedTask> tasks = parse_queue(
      "6|2|PENDING|vnsweep-x-0a|0:00|(JobHeldUser)\n"
      "6|3|RUNNING|vnsweep-x-0a|1:02|n1\n"
      "7|N/A|PENDING|vnsweep-x-0a|0:00|(Dependency)\n");

  ASSERT_THAT(tasks, SizeIs(3));
  EXPECT_EQ(tasks[0].id(), "6_2");
  EXPECT_EQ(tasks[0].place, "(JobHeldUser)");
  EXPECT_EQ(tasks[1].state, "RUNNING");
  EXPECT_EQ(tasks[1].elapsed, "1:02");
  EXPECT_EQ(tasks[2].id(), "7");
}

TEST(SlurmOutputTest, LinesOfOtherFormsAreLeftOut) {
  EXPECT_THAT(parse_queue("squeue: warning\n\na|2|RUNNING|x|0:01|n1\n6|2|RUNNING\n"), SizeIs(0));
}

}  // namespace
}  // namespace vnsweep::cluster
