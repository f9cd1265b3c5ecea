// What does not grow with a sweep: the files of its directory, and the pace of its log.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>

#include "host/cli/progress.hpp"
#include "tests/cli/program_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::Lt;

class LongRunTest : public testing::CliTest {
 protected:
  std::vector<std::string> files_of(const std::string& directory) const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path(directory)))
      files.push_back(entry.path().filename().string());
    std::sort(files.begin(), files.end());
    return files;
  }

  std::string seeds_manifest(int count) const {
    return write_manifest("seeds.yaml",
                          "name: seeds\ntask: xor\n"
                          "grid: {depth: 1, width: 2, seed: {count: " +
                              std::to_string(count) +
                              "}}\n"
                              "train: {lr: 0.1, steps: 1}\nsuccess: {loss: 0.0}\n"
                              "probe: {samples: 4}\n");
  }
};

TEST_F(LongRunTest, ADirectoryHasAsManyFilesForManyRunsAsForFew) {
  ASSERT_EQ(run({"run", seeds_manifest(1), "-o", "few", "--quiet"}).exit_code, 0);
  ASSERT_EQ(run({"run", seeds_manifest(3000), "-o", "many", "--quiet"}).exit_code, 0);

  EXPECT_THAT(files_of("few"), ElementsAre("manifest.json", "manifest.lock", "manifest.yaml",
                                           "runs-0.db", "runs-0.lock"));
  EXPECT_EQ(files_of("many"), files_of("few"));
}

TEST_F(LongRunTest, InterruptionsLeaveNoFilesBehind) {
  const std::string manifest = long_manifest();
  for (int interruption = 0; interruption < 3; ++interruption) {
    const pid_t child = start({"run", manifest, "-o", "d", "--quiet"});
    ASSERT_TRUE(wait_for_file(child, "d/runs-0.db"));
    kill(child, SIGKILL);
    wait(child);
  }

  ASSERT_EQ(run({"run", manifest, "-o", "d", "--quiet"}).exit_code, 0);

  EXPECT_THAT(files_of("d"), ElementsAre("manifest.json", "manifest.lock", "manifest.yaml",
                                         "runs-0.db", "runs-0.lock"));
}

TEST_F(LongRunTest, ADayOfProgressFillsLessThanTwoThousandLines) {
  using namespace std::chrono_literals;
  Progress::Clock::time_point now{};
  const auto log = std::make_shared<EventLog>(path("log"));
  Progress progress(Progress::Style::silent, 1000, 1.0, log, [&now] { return now; });

  const Progress::Clock::time_point end = now + 24h;
  for (; now < end; now += 200ms)
    progress.update();

  const std::string text = testing::read(path("log"));
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_THAT(lines, Lt(2000));
  // One a minute at the slowest.
  EXPECT_GE(lines, 24 * 60);
  EXPECT_LT(text.size(), 500'000U);
}

}  // namespace
}  // namespace vnsweep
