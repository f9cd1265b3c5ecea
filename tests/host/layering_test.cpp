// Data flows one way: what computes knows nothing of what decides.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

TEST(LayeringTest, KernelsNeverIncludeHost) {
  int files = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(VNSWEEP_SOURCE_DIR) / "kernels")) {
    if (!entry.is_regular_file()) continue;
    ++files;
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      const bool is_include = line.find("#include") != std::string::npos;
      EXPECT_FALSE(is_include && line.find("host/") != std::string::npos)
          << entry.path() << ": " << line;
    }
  }
  EXPECT_GT(files, 10);
}

TEST(LayeringTest, OnlyTheCommandLineKnowsTheCommandLine) {
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(VNSWEEP_SOURCE_DIR) / "host")) {
    if (!entry.is_regular_file() || entry.path().parent_path().filename() == "cli") continue;
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      EXPECT_EQ(line.find("#include \"host/cli/"), std::string::npos)
          << entry.path() << ": " << line;
    }
  }
}

}  // namespace
}  // namespace vnsweep
