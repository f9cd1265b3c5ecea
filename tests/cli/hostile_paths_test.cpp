// Names that try to be more than names, and places that are not what they seem: every command works
// or says why not, writes nowhere else, and sends no control character to the terminal.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/cli/program_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;
using testing::Output;

const std::string kEscape = "\x1b";

bool holds_control_character(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
  });
}

class HostilePathsTest : public testing::CliTest {
 protected:
  /// Every file below the sandbox with its content, links by where they lead, without what the
  /// tests themselves write there.
  std::map<std::string, std::string> snapshot() const {
    std::map<std::string, std::string> files;
    const fs::path root = path("");
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
      const std::string name = entry.path().lexically_relative(root).string();
      if (name == "out" || name == "err" || name.starts_with("cache")) continue;
      if (entry.is_symlink()) {
        files[name] = "-> " + fs::read_symlink(entry.path()).string();
      } else if (entry.is_regular_file()) {
        files[name] = testing::read(entry.path());
      } else {
        files[name] = "";
      }
    }
    return files;
  }

  /// Names of what is new or has changed since.
  std::vector<std::string> changes_since(const std::map<std::string, std::string>& before) const {
    std::vector<std::string> names;
    const std::map<std::string, std::string> after = snapshot();
    for (const auto& [name, content] : after) {
      const auto found = before.find(name);
      if (found == before.end() || found->second != content) names.push_back(name);
    }
    for (const auto& [name, content] : before) {
      if (!after.contains(name)) names.push_back(name);
    }
    return names;
  }

  std::string manifest() const { return small_manifest("{depth: 2, width: 4, seed: {count: 2}}"); }

  std::string id_of_a_run(const std::string& directory) const {
    const std::string rows = run({"export", directory, "--table", "runs", "--format", "json"}).out;
    const std::string key = "\"run_id\":\"";
    const std::size_t at = rows.find(key);
    return at == std::string::npos ? "" : rows.substr(at + key.size(), 32);
  }

  /// Every command that reads a results directory, with what it takes besides.
  static std::vector<std::vector<std::string>> reading_commands(const std::string& directory,
                                                                const std::string& run_id) {
    return {{"status", directory},
            {"summary", directory},
            {"export", directory, "--table", "runs"},
            {"export", directory, "--table", "probes"},
            {"compare", directory, directory},
            {"reproduce", directory, run_id},
            {"report", directory},
            {"merge", directory}};
  }

  /// It works, and nothing but `directory` and `except` has changed.
  void expect_works(const std::vector<std::string>& command, const std::string& directory,
                    const std::string& except = "nothing") const {
    const auto before = snapshot();

    const Output output = run(command);

    EXPECT_EQ(output.exit_code, 0) << command[0] << ": " << output.err;
    EXPECT_FALSE(holds_control_character(output.err)) << command[0] << ": " << output.err;
    for (const std::string& name : changes_since(before)) {
      EXPECT_TRUE(name.starts_with(directory) || name.starts_with(except))
          << command[0] << " changed " << name;
    }
  }

  /// It ends with 2, says why, and changes nothing.
  void expect_refused(const std::vector<std::string>& command, const std::string& why) const {
    const auto before = snapshot();

    const Output output = run(command);

    EXPECT_EQ(output.exit_code, 2) << command[0];
    EXPECT_THAT(output.err, HasSubstr(why)) << command[0];
    EXPECT_THAT(output.err, Not(HasSubstr("filesystem error"))) << command[0];
    EXPECT_FALSE(holds_control_character(output.err)) << command[0];
    EXPECT_THAT(changes_since(before), IsEmpty()) << command[0];
  }

  std::string outside(const std::string& name) const {
    std::ofstream(path(name)) << "precious";
    return path(name);
  }
};

class HostileNamesTest : public HostilePathsTest,
                         public ::testing::WithParamInterface<const char*> {};

TEST_P(HostileNamesTest, EveryCommandWorksInADirectoryOfThatName) {
  const std::string name = GetParam();
  // What begins with a dash is an option unless it follows one.
  const std::string given = name.starts_with("-") ? "./" + name : name;
  expect_works({"run", manifest(), "-o", given}, name);

  const std::string run_id = id_of_a_run(given);
  for (const auto& command : reading_commands(given, run_id))
    expect_works(command, name);
  expect_works({"merge", given, "-o", "merged"}, "merged");
}

TEST_P(HostileNamesTest, EveryCommandWorksWithAManifestOfThatName) {
  const std::string name = GetParam();
  const std::string file = small_manifest("{depth: 2, width: 4}", name + ".yaml");

  expect_works({"plan", file}, "cache");
  expect_works({"theory", file}, "nothing");
  expect_works({"trace", file, "-o", "./" + name + ".safetensors"}, name + ".safetensors");
  expect_works({"run", file}, "runs");
}

TEST_P(HostileNamesTest, AMissingPlaceOfThatNameIsNamedFitForATerminal) {
  const std::string name = std::string("missing") + GetParam();

  expect_refused({"run", name}, "No such file");
  expect_refused({"plan", name}, "No such file");
  for (const auto& command : reading_commands(name, "0"))
    expect_refused(command, "is not a directory");
}

INSTANTIATE_TEST_SUITE_P(Names, HostileNamesTest,
                         ::testing::Values("with space", "'single' \"double\"", "two\nlines",
                                           "$(touch escaped) `touch escaped`; touch escaped", "-o",
                                           "--device", "~*?[a]\\%s%n{}", "\x1b]0;title\x07\x1b[31m",
                                           "\xE2\x80\xAEgnp\xFF", "file:x?mode=memory"));

TEST_F(HostilePathsTest, ANameInAManifestIsNeitherAPathNorACommand) {
  const std::string file = write_manifest(
      "m.yaml", testing::manifest_text("{depth: 2, width: 4}")
                    .replace(0, 10,
                             "name: \"../../$(touch escaped)\\x60touch escaped\\x60\\e[31m"
                             "\\n'\\\"<b>\"\n"
                             "description: \"`touch escaped` $(touch escaped)\\e[31m\""));
  expect_works({"run", file, "-o", "results"}, "results");
  const std::string run_id = id_of_a_run("results");

  for (const auto& command : reading_commands("results", run_id)) {
    expect_works(command, "results");
    EXPECT_FALSE(fs::exists(path("escaped"))) << command[0];
  }

  EXPECT_THAT(run({"status", "results"}).out,
              AllOf(HasSubstr("sweep    ../../$(touch escaped)"), Not(HasSubstr(kEscape))));
  EXPECT_THAT(run({"plan", file}).out, Not(HasSubstr(kEscape)));
}

TEST_F(HostilePathsTest, ArgumentsAreNamedFitForATerminal) {
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"run", manifest(), "--\x1b[31m"},
                                             {"run", manifest(), "--device", "\x1b[31m"},
                                             {"run", manifest(), "--shard", "\x1b[31m"},
                                             {"\x1b[31m"}}) {
    const Output output = run(command);

    EXPECT_EQ(output.exit_code, 2);
    EXPECT_FALSE(holds_control_character(output.err)) << output.err;
  }
}

TEST_F(HostilePathsTest, AManifestNamedLikeADirectoryAboveNeedsAnOutput) {
  for (const char* name : {"..yaml", "...yaml"}) {
    expect_refused({"run", small_manifest("{depth: 2, width: 4}", name)}, "name one with -o");
  }
}

TEST_F(HostilePathsTest, ADirectoryBehindALinkIsUsedAndTheLinkStays) {
  fs::create_directory(path("real"));
  fs::create_directory_symlink(path("real"), path("link"));

  expect_works({"run", manifest(), "-o", "link"}, "real");
  const std::string run_id = id_of_a_run("link");
  for (const auto& command : reading_commands("link", run_id))
    expect_works(command, "real");

  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_TRUE(fs::exists(path("real/report/index.html")));
}

TEST_F(HostilePathsTest, LinksInACircleAreRefused) {
  manifest();
  fs::create_symlink(path("b"), path("a"));
  fs::create_symlink(path("a"), path("b"));
  ASSERT_EQ(run({"run", manifest(), "-o", "results"}).exit_code, 0);
  const std::string circle = "Too many levels of symbolic links";

  for (const auto& command : reading_commands("a", "0"))
    expect_refused(command, circle);
  expect_refused({"run", manifest(), "-o", "a"}, circle);
  expect_refused({"run", manifest(), "-o", "a/below"}, circle);
  expect_refused({"run", "a"}, circle);
  expect_refused({"plan", "a"}, circle);
  expect_refused({"merge", "results", "-o", "a"}, circle);
  expect_refused({"report", "results", "-o", "a/below"}, circle);
  expect_refused({"report", "results", "-o", "a"}, "it is a symbolic link");
  expect_refused({"trace", manifest(), "-o", "a"}, "cannot write a");
}

TEST_F(HostilePathsTest, AFileInThePlaceOfADirectoryIsRefused) {
  ASSERT_EQ(run({"run", manifest(), "-o", "results"}).exit_code, 0);
  outside("file");

  for (const auto& command : reading_commands("file", "0"))
    expect_refused(command, "is not a directory");
  for (const char* name : {"file", "file/below"}) {
    expect_refused({"run", manifest(), "-o", name}, "cannot create the directory");
    expect_refused({"merge", "results", "-o", name}, name);
  }
  expect_refused({"report", "results", "-o", "file"}, "it is not a folder");
  expect_refused({"report", "results", "-o", "file/below"}, "file");
  expect_refused({"trace", manifest(), "-o", "file/below"}, "cannot write file/below");
  expect_refused({"trace", manifest(), "-o", "results"}, "cannot write results");
  expect_refused({"run", "results", "-o", "new"}, "is a directory");
}

TEST_F(HostilePathsTest, AnEmptyPathIsNoDirectory) {
  for (const auto& command : reading_commands("", "0"))
    expect_refused(command, "is not a directory");
  expect_refused({"run", ""}, "cannot be read");
}

TEST_F(HostilePathsTest, LinksInADirectoryDoNotLeadTheWriterOut) {
  const std::string victim = outside("victim");
  for (const char* name : {"runs-0.db", "runs-0.lock", "manifest.lock"}) {
    fs::remove_all(path("results"));
    fs::create_directory(path("results"));
    fs::create_symlink(victim, path("results/" + std::string(name)));

    const Output output = run({"run", manifest(), "-o", "results"});

    EXPECT_EQ(output.exit_code, 2) << name;
    EXPECT_THAT(output.err, AllOf(HasSubstr(name), HasSubstr("symbolic link"))) << name;
    EXPECT_EQ(testing::read(victim), "precious") << name;
  }
}

TEST_F(HostilePathsTest, LinksInThePlaceOfTemporaryFilesAreReplaced) {
  const std::string victim = outside("victim");
  fs::create_directory(path("results"));
  for (const char* name : {"manifest.yaml.tmp", "manifest.json.tmp"})
    fs::create_symlink(victim, path("results/" + std::string(name)));

  EXPECT_EQ(run({"run", manifest(), "-o", "results"}).exit_code, 0);

  EXPECT_EQ(testing::read(victim), "precious");
  EXPECT_FALSE(fs::is_symlink(path("results/manifest.json")));
}

TEST_F(HostilePathsTest, ALinkInThePlaceOfTheManifestIsReplaced) {
  const std::string victim = outside("victim.json");
  ASSERT_EQ(run({"run", manifest(), "-o", "results"}).exit_code, 0);
  std::ofstream(victim) << testing::read(path("results/manifest.json")) << "\n";
  const std::string content = testing::read(victim);
  fs::remove(path("results/manifest.json"));
  fs::create_symlink(victim, path("results/manifest.json"));

  EXPECT_EQ(run({"run", manifest(), "-o", "results"}).exit_code, 0);

  EXPECT_EQ(testing::read(victim), content);
  EXPECT_FALSE(fs::is_symlink(path("results/manifest.json")));
}

TEST_F(HostilePathsTest, PipesInADirectoryAreNotWaitedFor) {
  for (const char* name : {"runs-0.db", "runs-0.lock", "manifest.json"}) {
    fs::remove_all(path("results"));
    ASSERT_EQ(run({"run", manifest(), "-o", "results"}).exit_code, 0);
    const std::string file = path("results/" + std::string(name));
    fs::remove(file);
    ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);

    // Whether it can do without the file or not, it ends.
    const Output status = run({"status", "results"});
    const Output again = run({"run", manifest(), "-o", "results"});

    EXPECT_EQ(status.signal, 0) << name;
    EXPECT_NE(again.exit_code, 0) << name;
    EXPECT_THAT(again.err, HasSubstr(name));
  }
}

}  // namespace
}  // namespace vnsweep
