// Databases with torn pages, flipped bits, and files that were cut off.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "tests/faults/fault_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::AnyOf;
using testing::FaultTest;
using ::testing::HasSubstr;
using testing::Output;
using testing::read;
namespace fs = std::filesystem;

class DamageTest : public FaultTest {
 protected:
  static constexpr std::size_t kPage = 4096;

  void SetUp() override {
    ASSERT_EQ(run({"run", quick_manifest(), "-o", "d"}).exit_code, 0);
    sound_ = read(database("d"));
    for (const auto& command : readers())
      expected_.push_back(run(command).out);
  }

  std::vector<std::vector<std::string>> readers() const {
    return {{"summary", path("d"), "--format", "json"},
            {"export", path("d"), "--table", "runs", "--full"},
            {"export", path("d"), "--table", "probes"}};
  }

  /// Puts a damaged file in the place of the sound one. Every command must then see the damage and
  /// say what to do, or give what it gave before.
  void expect_no_harm(const std::string& damaged) {
    std::ofstream(database("d"), std::ios::binary) << damaged;
    for (std::size_t k = 0; k < readers().size(); ++k) {
      const Output output = run(readers()[k]);
      EXPECT_EQ(output.signal, 0);
      if (output.exit_code == 0) {
        EXPECT_TRUE(output.out == expected_[k]) << readers()[k][0] << " gives wrong numbers";
      } else {
        EXPECT_EQ(output.exit_code, 2);
        EXPECT_THAT(output.err, HasSubstr("runs-0.db"));
      }
    }
    EXPECT_TRUE(read(database("d")) == damaged);
    const Output status = run({"status", path("d")});
    EXPECT_EQ(status.signal, 0);
    EXPECT_THAT(status.exit_code, AnyOf(0, 2));
  }

  std::string sound_;
  std::vector<std::string> expected_;
};

TEST_F(DamageTest, AFlippedBitAnywhereIsSeenOrDoesNoHarm) {
  // Many in every page; the stride is prime to a page's size.
  for (std::size_t place = 0; place < sound_.size(); place += 1021) {
    SCOPED_TRACE("byte " + std::to_string(place));
    std::string damaged = sound_;
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << place % 8));

    expect_no_harm(damaged);
  }
}

TEST_F(DamageTest, ATornPageIsSeen) {
  for (std::size_t page = 0; page * kPage < sound_.size(); page += 5) {
    SCOPED_TRACE("page " + std::to_string(page));
    std::string damaged = sound_;
    damaged.replace(page * kPage + kPage / 2, kPage / 2, std::string(kPage / 2, '\0'));
    expect_no_harm(damaged);
    damaged.replace(page * kPage, kPage, std::string(kPage, '\x5a'));
    expect_no_harm(damaged);
    const std::size_t other = (page * kPage + sound_.size() / 2 / kPage * kPage) % sound_.size();
    damaged.replace(page * kPage, kPage, sound_.substr(other, kPage));
    expect_no_harm(damaged);
  }
}

TEST_F(DamageTest, AFileThatWasCutOffIsSeen) {
  for (std::size_t size = 1; size < sound_.size(); size += sound_.size() / 40) {
    SCOPED_TRACE(std::to_string(size) + " bytes");

    expect_no_harm(sound_.substr(0, size));
  }
}

}  // namespace
}  // namespace vnsweep
