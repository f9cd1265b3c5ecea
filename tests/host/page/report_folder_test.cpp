#include "host/page/report_folder.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <string>

#include "host/store/directory_error.hpp"
#include "host/store/write_file.hpp"
#include "tests/temporary_directory.hpp"

namespace vnsweep::page {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class ReportFolderTest : public ::testing::Test {
 protected:
  fs::path place() const { return directory_.path() / "report"; }

  void write_page(const std::string& text) const {
    ReportFolder folder(place());
    write_file(folder.path() / "index.html", text);
    folder.publish();
  }

  std::string page() const {
    std::ifstream stream(place() / "index.html");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::string refusal() const {
    try {
      write_page("new");
    } catch (const DirectoryError& e) {
      return e.what();
    }
    return "";
  }

  std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator());
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ReportFolderTest, AppearsOnlyWhenPublishedAndLeavesNothingBeside) {
  {
    ReportFolder folder(place());
    write_file(folder.path() / "index.html", "half");
    EXPECT_FALSE(fs::exists(place()));
  }
  EXPECT_EQ(entries(), 0);

  write_page("whole");

  EXPECT_EQ(page(), "whole");
  EXPECT_EQ(entries(), 1);
}

TEST_F(ReportFolderTest, AnEarlierReportIsReplacedWhole) {
  write_page("old");
  fs::create_directory(place() / "figures");
  std::ofstream(place() / "figures" / "old.csv") << "old";

  write_page("new");

  EXPECT_EQ(page(), "new");
  EXPECT_FALSE(fs::exists(place() / "figures"));
  EXPECT_EQ(entries(), 1);
}

TEST_F(ReportFolderTest, AFolderWithOtherFilesIsRefusedAndKept) {
  write_page("old");
  std::ofstream(place() / "thesis.tex") << "years of work";

  EXPECT_THAT(refusal(), HasSubstr("it holds 'thesis.tex', which is no part of a report"));

  EXPECT_EQ(page(), "old");
  EXPECT_TRUE(fs::exists(place() / "thesis.tex"));
  EXPECT_EQ(entries(), 1);
}

TEST_F(ReportFolderTest, ASymbolicLinkIsRefusedAndItsTargetKept) {
  const testing::TemporaryDirectory elsewhere;
  std::ofstream(elsewhere.path() / "index.html") << "theirs";
  fs::create_directory_symlink(elsewhere.path(), place());

  EXPECT_THAT(refusal(), HasSubstr("it is a symbolic link"));

  EXPECT_EQ(page(), "theirs");
}

TEST_F(ReportFolderTest, AFileIsRefusedAndKept) {
  std::ofstream(place()) << "notes";

  EXPECT_THAT(refusal(), HasSubstr("it is not a folder"));

  EXPECT_TRUE(fs::is_regular_file(place()));
}

TEST_F(ReportFolderTest, WithoutAParentItSaysSo) {
  EXPECT_THROW(ReportFolder(directory_.path() / "nowhere" / "report"), DirectoryError);
}

TEST_F(ReportFolderTest, ASlashAtTheEndOfItsNameIsNoDifference) {
  ReportFolder folder(place() / "");
  write_file(folder.path() / "index.html", "page");

  folder.publish();

  EXPECT_EQ(page(), "page");
}

}  // namespace
}  // namespace vnsweep::page
