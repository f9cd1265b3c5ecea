#include "host/cluster/job_arrays.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <vector>

namespace vnsweep::cluster {
namespace {

using ::testing::ElementsAre;

/// Shards 1 to n.
std::vector<std::size_t> all_shards(std::size_t n) {
  std::vector<std::size_t> shards(n);
  std::iota(shards.begin(), shards.end(), 1);
  return shards;
}

std::vector<std::string> texts(const std::vector<JobArray>& arrays) {
  std::vector<std::string> texts;
  for (const JobArray& array : arrays)
    texts.push_back(array_text(array));
  return texts;
}

TEST(JobArraysTest, ShardsThatFitAreOneArrayWithTheirNumbers) {
  const std::vector<JobArray> arrays = plan_arrays(all_shards(16), 1001, {});

  EXPECT_THAT(texts(arrays), ElementsAre("1-16"));
  EXPECT_EQ(arrays[0].before, 0U);
}

TEST(JobArraysTest, IndicesStayBelowTheSitesLimit) {
  // MaxArraySize 9 allows indices up to 8.
  const std::vector<JobArray> arrays = plan_arrays(all_shards(16), 9, {});

  EXPECT_THAT(texts(arrays), ElementsAre("1-8", "1-8"));
  EXPECT_EQ(arrays[1].before, 8U);
  EXPECT_THAT(texts(plan_arrays(all_shards(17), 9, {})), ElementsAre("1-8", "1-8", "1"));
}

TEST(JobArraysTest, AShardHasTheSameIndexWhicheverOthersAreSubmitted) {
  const std::vector<std::size_t> shards = {2, 3, 4, 7, 10, 16};

  const std::vector<JobArray> arrays = plan_arrays(shards, 9, {});

  EXPECT_THAT(texts(arrays), ElementsAre("2-4,7", "2,8"));
  EXPECT_EQ(arrays[1].before, 8U);
}

TEST(JobArraysTest, TasksAtOnceAreSharedOut) {
  const std::vector<JobArray> arrays = plan_arrays(all_shards(20), 9, 5);

  EXPECT_THAT(texts(arrays), ElementsAre("1-8%2", "1-8%2", "1-4%1"));
  for (const JobArray& array : arrays)
    EXPECT_FALSE(array.after);
}

TEST(JobArraysTest, WithFewerTasksAtOnceThanArraysSomeWaitForOthers) {
  const std::vector<JobArray> arrays = plan_arrays(all_shards(5), 2, 2);

  EXPECT_THAT(texts(arrays), ElementsAre("1%1", "1%1", "1%1", "1%1", "1%1"));
  EXPECT_FALSE(arrays[1].after);
  EXPECT_EQ(arrays[2].after, 0U);
  EXPECT_EQ(arrays[4].after, 2U);
}

TEST(JobArraysTest, NothingToSubmitIsNoArray) {
  EXPECT_TRUE(plan_arrays({}, 1001, 3).empty());
}

}  // namespace
}  // namespace vnsweep::cluster
