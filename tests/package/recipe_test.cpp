// The recipes of tools/package beside what the build asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/temporary_directory.hpp"

namespace vnsweep {
namespace {

using ::testing::IsSupersetOf;
namespace fs = std::filesystem;

const fs::path kSource = VNSWEEP_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The first group of every match.
std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex expression(pattern);
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

TEST(SpackRecipeTest, DependsOnEveryLibraryThatTheBuildLooksFor) {
  const std::map<std::string, std::string> spack_names = {{"SQLite3", "sqlite"},
                                                          {"ZLIB", "zlib-api"},
                                                          {"fmt", "fmt"},
                                                          {"spdlog", "spdlog"},
                                                          {"nlohmann_json", "nlohmann-json"},
                                                          {"yaml-cpp", "yaml-cpp"},
                                                          {"CLI11", "cli11"},
                                                          {"Boost", "boost"},
                                                          {"PkgConfig", "pkgconfig"},
                                                          {"libhwy", "highway"},
                                                          {"libxxhash", "xxhash"},
                                                          {"OpenBLAS", "openblas"},
                                                          {"Random123", "random123"}};
  const std::string build = read(kSource / "tools/cmake/VnsweepDependencies.cmake");
  std::set<std::string> libraries =
      all_matches(build, "find_package\\(([A-Za-z0-9_-]+) REQUIRED\\)");
  libraries.merge(all_matches(build, "pkg_check_modules\\(.* ([a-z]+)\\)"));
  libraries.merge(all_matches(build, "find_path\\([A-Z0-9_]+ ([A-Za-z0-9]+)/"));
  libraries.erase("Threads");  // of the C library

  const std::set<std::string> depended =
      all_matches(read(kSource / "tools/package/spack/package.py"), "depends_on\\(\"([a-z0-9-]+)");

  EXPECT_GE(libraries.size(), 13U);
  for (const std::string& library : libraries) {
    ASSERT_TRUE(spack_names.contains(library)) << "what is " << library << " called in Spack?";
    EXPECT_TRUE(depended.contains(spack_names.at(library))) << library;
  }
}

TEST(SpackRecipeTest, SetsOptionsThatTheBuildHas) {
  const std::set<std::string> set = all_matches(read(kSource / "tools/package/spack/package.py"),
                                                "define[a-z_]*\\(\"(VNSWEEP_[A-Z]+)\"");
  std::set<std::string> options =
      all_matches(read(kSource / "CMakeLists.txt"), "option\\((VNSWEEP_[A-Z]+)");
  options.merge(
      all_matches(read(kSource / "tools/cmake/VnsweepCuda.cmake"), "option\\((VNSWEEP_[A-Z]+)"));

  EXPECT_EQ(set.size(), 3U);
  EXPECT_THAT(options, IsSupersetOf(set));
}

TEST(SpackRecipeTest, HasTheVersionOfTheProject) {
  const std::set<std::string> project =
      all_matches(read(kSource / "CMakeLists.txt"), "project\\(vnsweep VERSION ([0-9.]+)");

  EXPECT_EQ(
      all_matches(read(kSource / "tools/package/spack/package.py"), "version\\(\"([0-9.]+)\""),
      project);
}

TEST(SpackRecipeTest, IsPython) {
  if (std::system("python3 -c '' >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no python3";

  const std::string command =
      "python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' '" +
      (kSource / "tools/package/spack/package.py").string() + "'";

  EXPECT_EQ(std::system(command.c_str()), 0);
}

/// Lines of the sections of one name, without the headings.
std::string sections(const std::string& definition, const std::string& name) {
  std::istringstream lines(definition);
  std::string text;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('%') || line.starts_with("Bootstrap:")) {
      inside = line == "%" + name;
    } else if (inside) {
      text += line + '\n';
    }
  }
  return text;
}

TEST(ApptainerDefinitionTest, TakesAlongAllThatTheBuildReads) {
  const std::string files = sections(read(kSource / "tools/package/vnsweep.def"), "files");
  std::istringstream lines(files);
  std::set<std::string> copied;
  std::string from;
  std::string to;
  while (lines >> from >> to) {
    EXPECT_TRUE(fs::exists(kSource / from)) << from;
    EXPECT_EQ(to, "/source/" + from);
    copied.insert(from);
  }

  EXPECT_THAT(copied, IsSupersetOf({"CMakeLists.txt", "CMakePresets.json", "host", "kernels",
                                    "tools", "sweeps", "README.md", "CHANGELOG.md", "LICENSE"}));
}

TEST(ApptainerDefinitionTest, StepsAreShellScripts) {
  testing::TemporaryDirectory directory;
  const std::string definition = read(kSource / "tools/package/vnsweep.def");

  for (const char* section : {"post", "environment", "runscript", "test"}) {
    const std::string script = sections(definition, section);
    const fs::path file = directory.path() / section;
    std::ofstream(file) << script;

    EXPECT_FALSE(script.empty()) << section;
    EXPECT_EQ(std::system(("sh -n '" + file.string() + "'").c_str()), 0) << section;
  }
}

}  // namespace
}  // namespace vnsweep
