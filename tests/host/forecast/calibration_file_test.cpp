#include "host/forecast/calibration_file.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/temporary_directory.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

Calibration some_calibration() {
  Calibration calibration;
  calibration.rates["2 of some processor"].set("train width 8", 10, 1.5e-6);
  calibration.keep_pilot("sweep",
                         {{{.steps = 50, .failed = false}, {.steps = 100, .failed = true}}});
  return calibration;
}

class CalibrationFileTest : public ::testing::Test {
 protected:
  fs::path path() const { return directory_.path() / "new folder" / "calibration.json"; }
  void write(const std::string& text) const {
    fs::create_directories(path().parent_path());
    std::ofstream(path()) << text;
  }
  std::string read() const {
    std::ifstream stream(path());
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(CalibrationFileTest, WhatIsSavedIsLoadedAgain) {
  const CalibrationFile file(path(), "program");

  ASSERT_TRUE(file.save(some_calibration()));

  EXPECT_EQ(file.load(), some_calibration());
}

TEST_F(CalibrationFileTest, ReadsTheFormThatIsDocumented) {
  write(R"({"format": 1, "program": "program",
            "rates": {"2 of some processor": {"train width 8": {"10": 1.5e-6}}},
            "pilots": [{"sweep": "sweep", "outcomes": [[50, false], [100, true]]}]})");

  EXPECT_EQ(CalibrationFile(path(), "program").load(), some_calibration());
}

TEST_F(CalibrationFileTest, NothingIsLoadedFromNoFile) {
  EXPECT_EQ(CalibrationFile(path(), "program").load(), Calibration());
  EXPECT_EQ(CalibrationFile({}, "program").load(), Calibration());
}

TEST_F(CalibrationFileTest, TimesOfAnotherProgramAreNotUsed) {
  ASSERT_TRUE(CalibrationFile(path(), "program").save(some_calibration()));

  EXPECT_EQ(CalibrationFile(path(), "another").load(), Calibration());
}

TEST_F(CalibrationFileTest, ACorruptFileCountsAsNoneAndIsReplaced) {
  const std::string head = R"({"format": 1, "program": "program", )";
  const CalibrationFile file(path(), "program");
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"),
        std::string("\0\xff\x80", 3), std::string("{}"), head + R"("rates": {}})",
        head + R"("rates": [1], "pilots": []})",
        head + R"("rates": {"p": {"f": {"1": -1}}}, "pilots": []})",
        head + R"("rates": {}, "pilots": [{"sweep": "s", "outcomes": []}]})",
        head + R"("rates": {}, "pilots": [{"sweep": "s", "outcomes": [[-1, true]]}]})",
        head + R"("rates": {}, "pilots": [{"sweep": "s", "outcomes": [[1e20, true]]}]})",
        head + R"("rates": {}, "pilots": [{"sweep": "s", "outcomes": [[1.5, true]]}]})",
        head + R"("rates": {}, "pilots": [{"sweep": "s", "outcomes": [[1]]}]})"}) {
    write(text);

    EXPECT_EQ(file.load(), Calibration()) << text;
    ASSERT_TRUE(file.save(some_calibration())) << text;
    EXPECT_EQ(file.load(), some_calibration()) << text;
  }
}

TEST_F(CalibrationFileTest, SavingLeavesNothingElseBehind) {
  ASSERT_TRUE(CalibrationFile(path(), "program").save(some_calibration()));
  ASSERT_TRUE(CalibrationFile(path(), "program").save(some_calibration()));

  const fs::directory_iterator files(path().parent_path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(CalibrationFileTest, AFileThatCannotBeWrittenIsNoError) {
  std::ofstream(directory_.path() / "new folder") << "in the way";

  EXPECT_FALSE(CalibrationFile(path(), "program").save(some_calibration()));
  EXPECT_FALSE(CalibrationFile({}, "program").save(some_calibration()));
  EXPECT_EQ(CalibrationFile(path(), "program").load(), Calibration());
}

TEST(CalibrationTest, ALaterPilotTakesThePlaceOfAnEarlierOne) {
  Calibration calibration;
  const Pilot later{{{.steps = 2, .failed = true}}};

  calibration.keep_pilot("sweep", {{{.steps = 1, .failed = true}}});
  calibration.keep_pilot("sweep", later);

  ASSERT_EQ(calibration.pilots.size(), 1U);
  EXPECT_EQ(*calibration.find_pilot("sweep"), later);
  EXPECT_EQ(calibration.find_pilot("another"), nullptr);
}

TEST(CalibrationTest, TheOldestOfAHundredPilotsIsForgotten) {
  Calibration calibration;

  for (int k = 0; k <= 100; ++k)
    calibration.keep_pilot(std::to_string(k), {{{.steps = k, .failed = false}}});

  EXPECT_EQ(calibration.pilots.size(), 100U);
  EXPECT_EQ(calibration.find_pilot("0"), nullptr);
  EXPECT_NE(calibration.find_pilot("1"), nullptr);
  EXPECT_NE(calibration.find_pilot("100"), nullptr);
}

/// Sets a variable of the environment until the end.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(CalibrationPathTest, IsInTheUsersCacheDirectory) {
  const Variable home("HOME", "/home/ada");
  {
    const Variable cache("XDG_CACHE_HOME", "/scratch/cache");
    EXPECT_EQ(CalibrationFile::default_path(), "/scratch/cache/vnsweep/calibration.json");
  }
  const Variable relative("XDG_CACHE_HOME", "cache");
  EXPECT_EQ(CalibrationFile::default_path(), "/home/ada/.cache/vnsweep/calibration.json");
}

TEST(CalibrationPathTest, IsEmptyWithoutAHome) {
  const Variable home("HOME", nullptr);
  const Variable cache("XDG_CACHE_HOME", nullptr);

  EXPECT_TRUE(CalibrationFile::default_path().empty());
}

TEST(ProgramIdentityTest, IsTheSameForTheSameProgram) {
  EXPECT_EQ(program_identity("unknown").size(), 32U);
  EXPECT_EQ(program_identity("unknown"), program_identity("other"));
}

}  // namespace
}  // namespace vnsweep
