#include "host/task/data_cache.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

namespace vnsweep {
namespace {

constexpr CacheLimits kNothing{};
constexpr CacheLimits kTwoSets{.bytes = 1000, .sets = 2};

class DataCacheTest : public ::testing::Test {
 protected:
  /// A maker of sets of so many floats that counts its calls.
  std::function<TrainingData()> maker(std::size_t floats = 1) {
    return [this, floats] {
      ++made_;
      return TrainingData{.input = std::vector<float>(floats)};
    };
  }

  int made_ = 0;
};

TEST_F(DataCacheTest, OneObjectServesAllThatUseASetAtATime) {
  DataCache cache(kNothing);

  const auto first = cache.get("a", maker());
  const auto second = cache.get("a", maker());
  const auto other = cache.get("b", maker());

  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
  EXPECT_EQ(made_, 2);
}

TEST_F(DataCacheTest, WhatNobodyUsesIsForgottenUnlessItIsKept) {
  DataCache forgetful(kNothing);
  DataCache keeping(kTwoSets);

  for (int k = 0; k < 3; ++k)
    forgetful.get("a", maker());
  EXPECT_EQ(made_, 3);
  for (int k = 0; k < 3; ++k)
    keeping.get("a", maker());
  EXPECT_EQ(made_, 4);
}

TEST_F(DataCacheTest, TheSetsUsedLastAreKept) {
  DataCache cache(kTwoSets);

  for (const char* name : {"a", "b", "a", "c"})
    cache.get(name, maker());
  ASSERT_EQ(made_, 3);
  cache.get("a", maker());
  EXPECT_EQ(made_, 3);
  cache.get("b", maker());
  EXPECT_EQ(made_, 4);
}

TEST_F(DataCacheTest, NoMoreBytesAreKeptThanAllowed) {
  DataCache cache({.bytes = 100, .sets = 9});

  const std::weak_ptr<const TrainingData> small = cache.get("a", maker(15));  // 60 bytes
  const std::weak_ptr<const TrainingData> large = cache.get("b", maker(26));  // 104 bytes
  EXPECT_FALSE(small.expired());
  EXPECT_TRUE(large.expired());
  const std::weak_ptr<const TrainingData> second = cache.get("c", maker(15));
  EXPECT_TRUE(small.expired());
  EXPECT_FALSE(second.expired());
}

TEST_F(DataCacheTest, NamesOfSetsThatAreGoneAreDropped) {
  DataCache cache(kNothing);

  for (int k = 0; k < 100; ++k)
    cache.get(std::to_string(k), maker());

  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(DataCacheTest, ASetThatCouldNotBeMadeIsTriedAgain) {
  DataCache cache(kTwoSets);
  const auto fail = []() -> TrainingData { throw std::runtime_error("no file"); };

  EXPECT_THROW(cache.get("a", fail), std::runtime_error);

  EXPECT_EQ(cache.get("a", maker())->input.size(), 1U);
}

TEST_F(DataCacheTest, AnotherSetCanBeHadWhileOneIsMade) {
  DataCache cache(kTwoSets);
  bool was_served = false;

  cache.get("slow", [&] {
    auto other = std::async(std::launch::async, [&] { return cache.get("quick", maker()); });
    was_served = other.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    if (!was_served) std::quick_exit(1);  // the other would wait for ever
    return TrainingData{};
  });

  EXPECT_TRUE(was_served);
}

TEST_F(DataCacheTest, ThoseThatAskAtOnceShareOneMaking) {
  DataCache cache(kTwoSets);
  std::atomic<int> made{0};
  std::vector<std::future<std::shared_ptr<const TrainingData>>> answers;

  for (int k = 0; k < 4; ++k) {
    answers.push_back(std::async(std::launch::async, [&] {
      return cache.get("a", [&] {
        ++made;
        return TrainingData{.input = {1.0F}};
      });
    }));
  }
  for (auto& answer : answers)
    EXPECT_EQ(answer.get()->input.size(), 1U);

  EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace vnsweep
