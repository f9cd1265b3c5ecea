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

/// A commit that was cut off: the database, changed already, and the journal that takes it back.
class JournalTest : public DamageTest {
 protected:
  void SetUp() override {
    DamageTest::SetUp();
    Database writer(database("d"), Database::Mode::read_write);
    writer.execute("PRAGMA cache_size = 2");
    writer.execute("BEGIN IMMEDIATE");
    // Longer rows, so that pages are split, and fewer of them.
    writer.execute("UPDATE runs SET error = zeroblob(3000)");
    writer.execute("DELETE FROM probes WHERE run % 3 = 0");
    half_written_ = read(database("d"));
    journal_ = read(journal_file());
    writer.execute("ROLLBACK");
  }

  std::string journal_file() const { return database("d") + "-journal"; }

  void put_back(const std::string& journal) const {
    std::ofstream(database("d"), std::ios::binary) << half_written_;
    std::ofstream(journal_file(), std::ios::binary) << journal;
  }

  std::string half_written_;
  std::string journal_;
};

TEST_F(JournalTest, ACommitThatWasCutOffIsTakenBack) {
  ASSERT_NE(half_written_, sound_);
  ASSERT_GT(journal_.size(), 10 * kPage);
  for (std::size_t k = 0; k < readers().size(); ++k) {
    put_back(journal_);

    EXPECT_TRUE(run(readers()[k]).out == expected_[k]);
  }
}

TEST_F(JournalTest, AJournalThatIsCutOffOrDamagedGivesNoWrongNumber) {
  for (std::size_t size = 0; size < journal_.size(); size += journal_.size() / 25) {
    std::string damaged = journal_;
    damaged[size] = static_cast<char>(damaged[size] ^ 0x11);
    for (const std::string& journal : {journal_.substr(0, size), damaged}) {
      SCOPED_TRACE("at byte " + std::to_string(size));
      for (std::size_t k = 0; k < readers().size(); ++k) {
        put_back(journal);
        const Output output = run(readers()[k]);
        EXPECT_THAT(output.exit_code, AnyOf(0, 2)) << output.err;
        if (output.exit_code == 0) {
          EXPECT_TRUE(output.out == expected_[k]) << readers()[k][0] << " gives wrong numbers";
        }
      }
    }
  }
}

TEST_F(DamageTest, ADamagedDatabaseIsMovedAwayAsTheMessageSaysAndItsRunsAreMadeAnew) {
  std::string damaged = sound_;
  damaged.replace(2 * kPage, kPage, std::string(kPage, '\x5a'));
  std::ofstream(database("d"), std::ios::binary) << damaged;

  const Output refused = run({"run", quick_manifest(), "-o", "d"});
  fs::rename(database("d"), path("away.db"));
  const Output again = run({"run", quick_manifest(), "-o", "d"});

  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("move it away and run the sweep's command again"));
  EXPECT_TRUE(read(path("away.db")) == damaged);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(run(readers()[2]).out, expected_[2]);
}

TEST_F(DamageTest, AnEmptyDatabaseIsMadeAnewWithAWarning) {
  std::ofstream(database("d"), std::ios::binary | std::ios::trunc).close();

  const Output output = run({"run", quick_manifest(), "-o", "d"});

  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.err, HasSubstr("is empty: what it may have held is lost"));
  EXPECT_EQ(run(readers()[2]).out, expected_[2]);
}

}  // namespace
}  // namespace vnsweep
