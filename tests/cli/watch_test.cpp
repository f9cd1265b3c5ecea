// What people and programs see of a sweep while it runs: `run --log-json`, `status --watch`.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program_fixture.hpp"

namespace vnsweep {
namespace {

using testing::CliTest;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::Output;
using testing::read;

class WatchTest : public CliTest {
 protected:
  std::vector<nlohmann::json> events(const std::string& log) const {
    std::vector<nlohmann::json> events;
    std::istringstream lines(read(path(log)));
    for (std::string line; std::getline(lines, line);)
      events.push_back(nlohmann::json::parse(line));
    return events;
  }
};

TEST_F(WatchTest, TheLogHasStartProgressAndEnd) {
  const std::string manifest = small_manifest("{depth: [1, 3], width: 6, seed: {count: 4}}");

  ASSERT_EQ(run({"run", manifest, "-o", "d", "--log-json", "log", "--quiet"}).exit_code, 0);

  const auto all = events("log");
  ASSERT_GE(all.size(), 3U);
  EXPECT_EQ(all.front()["event"], "start");
  EXPECT_EQ(all.front()["to_make"], 8);
  EXPECT_EQ(all.back()["event"], "end");
  EXPECT_EQ(all.back()["done"], 8);
  EXPECT_EQ(all.back()["exit_code"], 0);
  const nlohmann::json& last = *(all.end() - 2);
  EXPECT_EQ(last["event"], "progress");
  EXPECT_EQ(last["done"], 8);
  EXPECT_EQ(last["total"], 8);
  EXPECT_EQ(last["running"], 0);
  EXPECT_EQ(last["seconds_left"], 0.0);
  int of_devices = 0;
  for (const nlohmann::json& device : last["devices"])
    of_devices += device["done"].get<int>();
  EXPECT_EQ(of_devices, 8);
  for (const nlohmann::json& event : all)
    EXPECT_EQ(event["time"].get<std::string>().back(), 'Z');
}

TEST_F(WatchTest, ALaterRunAppendsAndMessagesAreEvents) {
  const std::string manifest = small_manifest("{depth: 1, width: 6, seed: {count: 2}}");
  run({"run", manifest, "-o", "d", "--log-json", "log"});
  const std::size_t before = events("log").size();

  ASSERT_EQ(run({"run", manifest, "-o", "d", "--log-json", "log"}).exit_code, 0);

  const auto all = events("log");
  std::vector<std::string> later;
  std::vector<std::string> texts;
  for (std::size_t k = before; k < all.size(); ++k) {
    later.push_back(all[k]["event"]);
    if (later.back() == "message") texts.push_back(all[k]["text"]);
  }
  EXPECT_THAT(later, Contains("start"));
  EXPECT_EQ(later.back(), "end");
  EXPECT_THAT(texts, Contains(HasSubstr("nothing to run")));
}

TEST_F(WatchTest, ALogThatCannotBeWrittenIsRefusedBeforeAnythingRuns) {
  const std::string manifest = small_manifest("{depth: 1, width: 6, seed: {count: 2}}");

  const Output output = run({"run", manifest, "-o", "d", "--log-json", "missing/log"});

  EXPECT_NE(output.exit_code, 0);
  EXPECT_THAT(output.err, HasSubstr("--log-json"));
  EXPECT_FALSE(std::filesystem::exists(path("d")));
}

TEST_F(WatchTest, AnInterruptedRunSaysSoInTheLog) {
  const pid_t child = start({"run", long_manifest(), "-o", "d", "--log-json", "log"});
  ASSERT_TRUE(wait_for_results(child, "d"));

  kill(child, SIGTERM);
  ASSERT_EQ(wait(child).exit_code, 75);

  const nlohmann::json end = events("log").back();
  EXPECT_EQ(end["event"], "end");
  EXPECT_EQ(end["interrupted"], true);
  EXPECT_EQ(end["exit_code"], 75);
  EXPECT_GT(end["unfinished"].get<int>(), 0);
}

TEST_F(WatchTest, WatchingEndsWhenNobodyWrites) {
  run({"run", small_manifest("{depth: 1, width: 6, seed: {count: 2}}"), "-o", "d"});

  const Output output = run({"status", path("d"), "--watch"});

  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, HasSubstr("pending  0"));
}

TEST_F(WatchTest, WatchingFollowsARunToItsEnd) {
  const pid_t child = start({"run", long_manifest(), "-o", "d", "--quiet"});
  ASSERT_TRUE(wait_for_results(child, "d"));

  const pid_t watcher = start({"status", path("d"), "--watch"});
  kill(child, SIGTERM);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);

  const Output output = wait(watcher);
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, HasSubstr("writer   none"));
}

}  // namespace
}  // namespace vnsweep
