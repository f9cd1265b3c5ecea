// Databases that vnsweep did not write, or not so.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "host/cli/terminal_text.hpp"
#include "host/report/export.hpp"
#include "host/store/store.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;

/// A sound database of one run of depth 2 and width 4, which tests change.
class HostileStoreTest : public ::testing::Test {
 protected:
  HostileStoreTest() {
    Store store = Store::open_for_writing(file());
    store.begin_session();
    const RunSpec spec = testing::runs_of("{depth: 2, width: 4}").front();
    store.commit({{testing::result_of(spec, RunStatus::failed)}});
    store.end_session();
  }

  std::filesystem::path file() const { return directory_.path() / "runs-0.db"; }

  void execute(const std::string& sql) const {
    Database(file(), Database::Mode::read_write).execute(sql);
  }

  /// What reading everything says, or "no error".
  std::string reading_error() const {
    try {
      Store store = Store::open_for_reading(file());
      store.outcomes();
      for (const StoredRun& run : store.runs())
        store.probes(run);
    } catch (const StoreError& e) {
      return e.what();
    }
    return "no error";
  }

  std::string writing_error() const {
    try {
      Store::open_for_writing(file());
    } catch (const StoreError& e) {
      return e.what();
    }
    return "no error";
  }

  testing::TemporaryDirectory directory_;
};

// Little-endian float64 in hexadecimal.
constexpr const char* kOne = "000000000000F03F";
constexpr const char* kNan = "000000000000F87F";
constexpr const char* kMinusOne = "000000000000F0BF";
constexpr const char* kHuge = "9C7500883CE4377E";  // 1e300

std::string array(const std::vector<std::string>& values) {
  std::string text = "x'";
  for (const std::string& value : values)
    text += value;
  return text + "'";
}

TEST_F(HostileStoreTest, WhatWasWrittenIsRead) {
  EXPECT_EQ(reading_error(), "no error");
}

TEST_F(HostileStoreTest, NumbersOfLiveNodesThatAreNoneAreRefused) {
  for (const char* live : {kNan, kMinusOne, kHuge}) {
    execute("UPDATE probes SET checksum = NULL, live = " + array({kOne, live}));

    EXPECT_THAT(reading_error(), HasSubstr("beyond its run's width")) << live;
  }
}

TEST_F(HostileStoreTest, ASpectrumOfFewerEigenvaluesThanLiveNodesIsRefused) {
  execute("UPDATE probes SET checksum = NULL, spectrum = x'0000803F'");
  EXPECT_THAT(reading_error(), HasSubstr("a spectrum is shorter"));

  execute("UPDATE probes SET checksum = NULL, samples = -1");
  EXPECT_THAT(reading_error(), HasSubstr("a spectrum is shorter"));
}

TEST_F(HostileStoreTest, ArraysOfAnotherLengthThanTheRunIsDeepAreRefused) {
  for (const char* column : {"vni", "n_eff", "effective_rank", "q", "gradient_rms"}) {
    execute(std::string("UPDATE probes SET checksum = NULL, ") + column + " = " + array({kOne}));
    EXPECT_THAT(reading_error(), HasSubstr("a probe is not of its run's depth")) << column;
    execute(std::string("UPDATE probes SET checksum = NULL, ") + column + " = " +
            array({kOne, kOne}));
  }

  execute("UPDATE probes SET checksum = NULL, m1 = " + array({kOne, kOne}));
  EXPECT_THAT(reading_error(), HasSubstr("Jacobian moments are not of their run's depth"));
  execute("UPDATE probes SET checksum = NULL, m1 = NULL, vni = x'0000'");
  EXPECT_THAT(reading_error(), HasSubstr("an array ends within a value"));
}

TEST_F(HostileStoreTest, AProbeOfAStepThatTheRunDoesNotHaveIsRefused) {
  execute("UPDATE probes SET checksum = NULL, step = 9223372036854775807 WHERE step = 50");

  EXPECT_THAT(reading_error(), HasSubstr("is of step 9223372036854775807 of 50"));
}

TEST_F(HostileStoreTest, WordsThatAreNoStatusAndNoCauseAreRefused) {
  execute("UPDATE runs SET checksum = NULL, cause = 'bad luck'");
  EXPECT_THAT(reading_error(), HasSubstr("'bad luck' is no cause of a failure"));

  execute("UPDATE runs SET checksum = NULL, status = 'fine'");
  EXPECT_THAT(reading_error(), HasSubstr("'fine' is no status of a run"));
}

TEST_F(HostileStoreTest, ConfigurationsThatNoRunCanHaveAreRefused) {
  const auto change = [&](const std::string& value) {
    execute("UPDATE runs SET checksum = NULL, config = " + value);
  };
  const std::string sound =
      R"({"grid":{"depth":2,"width":4,"seed":0},"task":{"name":"xor"},"train":{"lr":0.1,"steps":50}})";

  change("'" + sound + "'");
  EXPECT_EQ(reading_error(), "no error");
  change("'['");
  EXPECT_THAT(reading_error(), HasSubstr("is not JSON"));
  change("'[1]'");
  EXPECT_THAT(reading_error(), HasSubstr("a configuration has no depth"));
  change("json_set('" + sound + "', '$.grid.width', -4)");
  EXPECT_THAT(reading_error(), HasSubstr("has an invalid width"));
  change("json_set('" + sound + "', '$.task.name', 'parity')");
  EXPECT_THAT(reading_error(), HasSubstr("lacks parts of its task"));
  change("json_set('" + sound + "', '$.task.name', 'csv')");
  EXPECT_THAT(reading_error(), HasSubstr("lacks parts of its task"));
}

TEST_F(HostileStoreTest, ATextOfAMegabyteIsCutInItsMessage) {
  execute("UPDATE runs SET checksum = NULL, config = hex(zeroblob(500000))");

  EXPECT_LT(reading_error().size(), 1000U);
}

TEST_F(HostileStoreTest, AViewWithoutEndInPlaceOfATableIsRefused) {
  execute("ALTER TABLE runs RENAME TO others");
  execute(
      "CREATE VIEW runs AS WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM "
      "endless) SELECT n AS id, 'a' AS run_id, 'error' AS status FROM endless");

  EXPECT_THAT(reading_error(), HasSubstr("holds views, triggers or computed columns"));
  EXPECT_THAT(writing_error(), HasSubstr("holds views, triggers or computed columns"));
}

TEST_F(HostileStoreTest, TriggersAndComputedColumnsAreRefused) {
  execute("CREATE TRIGGER t AFTER INSERT ON sessions BEGIN DELETE FROM runs; END");
  EXPECT_THAT(writing_error(), HasSubstr("holds views, triggers or computed columns"));

  execute("DROP TRIGGER t");
  execute("ALTER TABLE runs ADD COLUMN more AS (hex(zeroblob(1000000)))");
  EXPECT_THAT(reading_error(), HasSubstr("holds views, triggers or computed columns"));
}

TEST_F(HostileStoreTest, NothingIsWrittenThroughASymbolicLink) {
  const std::filesystem::path elsewhere = directory_.path() / "elsewhere.db";
  std::filesystem::rename(file(), elsewhere);
  std::filesystem::create_symlink(elsewhere, file());

  EXPECT_THAT(writing_error(), HasSubstr("is a symbolic link"));
  EXPECT_EQ(reading_error(), "no error");
}

TEST_F(HostileStoreTest, TextThatIsNoUtf8IsReplacedInJson) {
  execute("UPDATE runs SET checksum = NULL, device = CAST(x'FF41' AS TEXT)");
  std::vector<Store> stores;
  stores.push_back(Store::open_for_reading(file()));
  std::ostringstream out;

  export_runs(stores, ExportFormat::json, ExportDetail::full, out);

  EXPECT_THAT(out.str(), HasSubstr("\"\xEF\xBF\xBD"
                                   "A\""));
}

TEST(TerminalTextTest, ControlCharactersAreShownAsWhatTheyAre) {
  EXPECT_EQ(terminal_text("a\x1b[31mb\x07\x7f\r"), "a\\x1b[31mb\\x07\\x7f\\x0d");
  EXPECT_EQ(terminal_text("\xC2\x9B"), "\\u009b");      // control sequence introducer
  EXPECT_EQ(terminal_text("\xE2\x80\xAE"), "\\u202e");  // right-to-left override
  EXPECT_EQ(terminal_text("\xFF\xE2\x80"), "\\xff\\xe2\\x80");
}

TEST(TerminalTextTest, WhatIsFitForATerminalStays) {
  EXPECT_EQ(terminal_text("größer 深さ 🙂 \"q\" \\x1b\n\tb"),
            "größer 深さ 🙂 \"q\" \\x1b\n\tb");
  EXPECT_EQ(terminal_text(""), "");
}

}  // namespace
}  // namespace vnsweep
