// The packages that ctest's package_made has made of this build, unpacked and used as after an
// installation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/temporary_directory.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;

/// The files of every package, below its prefix, sorted.
const std::vector<std::string> kCommonFiles = {
    "bin/vnsweep",
    "share/bash-completion/completions/vnsweep",
    "share/doc/vnsweep/CHANGELOG.md",
    "share/doc/vnsweep/README.md",
    "share/vnsweep/python/vnsweep.py",
    "share/vnsweep/sweeps/README.md",
    "share/vnsweep/sweeps/a-correlation.yaml",
    "share/vnsweep/sweeps/b-depth-over-width.yaml",
    "share/vnsweep/sweeps/c-effective-nodes.yaml",
    "share/vnsweep/sweeps/d-gradients-apart.yaml",
    "share/vnsweep/sweeps/data/README.md",
    "share/vnsweep/sweeps/data/digits-images.idx3-ubyte.gz",
    "share/vnsweep/sweeps/data/digits-labels.idx1-ubyte.gz",
    "share/vnsweep/sweeps/e-training.yaml",
    "share/vnsweep/sweeps/f-walking-dead.yaml",
    "share/vnsweep/sweeps/g-failure-digits.yaml",
    "share/vnsweep/sweeps/g-failure-xor.yaml",
    "share/vnsweep/sweeps/manifest.schema.json",
    "share/vnsweep/sweeps/quickstart.yaml",
};

struct Output {
  int exit_code = -1;
  std::string text;  ///< of both streams
};

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string quoted(const fs::path& path) {
  return "'" + path.string() + "'";
}

class PackageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(VNSWEEP_PACKAGES))
      GTEST_SKIP() << "there are no packages: ctest -L package makes them";
  }

  Output shell(const std::string& command) const {
    const std::string line =
        "cd " + quoted(path()) + " && { " + command + "; } >" + quoted(path("text")) + " 2>&1";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(path("text"))};
  }

  bool has(const std::string& program) const {
    return shell("command -v " + program).exit_code == 0;
  }

  /// The one package whose name ends so.
  static fs::path package(const std::string& ending) {
    for (const fs::directory_entry& entry : fs::directory_iterator(VNSWEEP_PACKAGES)) {
      if (entry.path().string().ends_with(ending)) return entry.path();
    }
    ADD_FAILURE() << "no package *" << ending << " in " << VNSWEEP_PACKAGES;
    return {};
  }

  static std::vector<std::string> files_below(const fs::path& folder) {
    std::vector<std::string> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      const bool is_leaf = !entry.is_directory() || fs::is_empty(entry.path());
      if (is_leaf) files.push_back(fs::relative(entry.path(), folder).string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  static std::vector<std::string> common_files_and(std::vector<std::string> files) {
    files.insert(files.end(), kCommonFiles.begin(), kCommonFiles.end());
    std::sort(files.begin(), files.end());
    return files;
  }

  fs::path path(const std::string& name = "") const { return directory_.path() / name; }

 private:
  testing::TemporaryDirectory directory_;
};

class DebianPackageTest : public PackageTest {
 protected:
  void SetUp() override {
    PackageTest::SetUp();
    if (IsSkipped()) return;
    package_ = package(".deb");
    const Output output = shell("dpkg-deb -x " + quoted(package_) + " unpacked");
    ASSERT_EQ(output.exit_code, 0) << output.text;
  }

  fs::path prefix() const { return path("unpacked") / "usr"; }
  fs::path sweeps() const { return prefix() / "share/vnsweep/sweeps"; }

  /// Runs the unpacked program without the user's environment.
  Output run(const std::string& arguments) const {
    return shell("env -i " + quoted(prefix() / "bin/vnsweep") + " " + arguments);
  }

  std::string field(const std::string& name) const {
    return shell("dpkg-deb -f " + quoted(package_) + " " + name).text;
  }

  fs::path package_;
};

TEST_F(DebianPackageTest, HasExactlyItsFiles) {
  std::vector<std::string> files = {
      "share/doc/vnsweep/changelog.gz",
      "share/doc/vnsweep/copyright",
      "share/man/man1/vnsweep.1.gz",
      "share/zsh/vendor-completions/_vnsweep",
  };
  // With the CUDA engine the program looks for libraries outside Debian's folders.
  if (run("--version").text.find("cuda") != std::string::npos)
    files.push_back("share/lintian/overrides/vnsweep");

  EXPECT_THAT(files_below(prefix()), ElementsAreArray(common_files_and(files)));
  EXPECT_EQ(files_below(path("unpacked")).size(), files_below(prefix()).size());
}

TEST_F(DebianPackageTest, SaysWhatItIsAndNeeds) {
  EXPECT_EQ(field("Package"), "vnsweep\n");
  EXPECT_THAT(run("--version").text, StartsWith("vnsweep " + field("Version").substr(0, 5)));
  EXPECT_THAT(field("Depends"), AllOf(HasSubstr("libc6 (>= "), HasSubstr("libsqlite3-0"),
                                      HasSubstr("libopenblas0"), HasSubstr("libyaml-cpp0")));
  EXPECT_EQ(field("Recommends"), "gnuplot-nox\n");
  EXPECT_THAT(field("Suggests"), HasSubstr("slurm-client"));
  EXPECT_THAT(field("Maintainer"), HasSubstr("<"));
}

TEST_F(DebianPackageTest, RunsAPackagedSweepWithAnEmptyEnvironment) {
  std::string manifest = read(sweeps() / "quickstart.yaml");
  const std::string seeds = "{count: 40}";
  const std::size_t place = manifest.find(seeds);
  ASSERT_NE(place, std::string::npos);
  manifest.replace(place, seeds.size(), "{count: 2}");
  std::ofstream(path("short.yaml")) << manifest;

  const Output sweep = run("run short.yaml -o results --quiet");
  const Output summary = run("summary results --format json");

  EXPECT_EQ(sweep.exit_code, 0) << sweep.text;
  EXPECT_EQ(summary.exit_code, 0) << summary.text;
  // 9 depths, 3 widths and 2 seeds.
  EXPECT_THAT(summary.text, AllOf(HasSubstr("\"quickstart\""), HasSubstr("\"runs\": 54")));
}

TEST_F(DebianPackageTest, ManifestsFindTheirData) {
  const Output output =
      run("trace " + quoted(sweeps() / "g-failure-digits.yaml") + " --device cpu -o t.safetensors");

  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_GT(fs::file_size(path("t.safetensors")), 100'000U);
}

TEST_F(DebianPackageTest, NothingNamesTheMachineThatBuiltIt) {
  for (const std::string& file : files_below(prefix())) {
    const Output content = shell("gzip -dcf " + quoted(prefix() / file));

    ASSERT_EQ(content.exit_code, 0) << file;
    EXPECT_EQ(content.text.find(VNSWEEP_SOURCE_DIR), std::string::npos) << file;
    EXPECT_EQ(content.text.find(VNSWEEP_BINARY_DIR), std::string::npos) << file;
  }
}

TEST_F(DebianPackageTest, ManualPageIsReadWithoutWarnings) {
  if (!has("man")) GTEST_SKIP() << "there is no man";
  const std::string page = quoted(prefix() / "share/man/man1/vnsweep.1.gz");

  const Output warnings =
      shell("LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z " + page + " >/dev/null");
  const Output text = shell("LC_ALL=C.UTF-8 MANWIDTH=80 man -l " + page + " | col -b");

  EXPECT_THAT(warnings.text, IsEmpty());
  EXPECT_THAT(text.text, AllOf(HasSubstr("SYNOPSIS"), HasSubstr("vnsweep run [OPTION]... MANIFEST"),
                               HasSubstr("EXIT STATUS"), HasSubstr("ENVIRONMENT")));
}

TEST_F(DebianPackageTest, CompletionOffersWhatThePackagedProgramKnows) {
  if (!has("bash")) GTEST_SKIP() << "there is no bash";
  const std::string script = quoted(prefix() / "share/bash-completion/completions/vnsweep");

  const Output syntax = shell("bash -n " + script);
  const Output offered = shell(
      "bash --norc -c 'source \"$1\"; COMP_WORDS=(vnsweep run --device \"\"); COMP_CWORD=3; "
      "_vnsweep \"$2\"; echo \"${COMPREPLY[@]}\"' bash " +
      script + " " + quoted(prefix() / "bin/vnsweep"));

  EXPECT_THAT(syntax.text, IsEmpty());
  EXPECT_THAT(offered.text, AllOf(StartsWith("auto cpu"), HasSubstr(" reference")));
}

TEST_F(DebianPackageTest, LintianFindsNothing) {
  if (!has("lintian")) GTEST_SKIP() << "there is no lintian";

  const Output output =
      shell("lintian --fail-on error,warning " + quoted(package_) + " 2>/dev/null");

  EXPECT_EQ(output.exit_code, 0) << output.text;
}

class TarballTest : public PackageTest {
 protected:
  void SetUp() override {
    PackageTest::SetUp();
    if (IsSkipped()) return;
    const Output output = shell("mkdir unpacked && tar -xzf " + quoted(package(".tar.gz")) +
                                " -C unpacked --strip-components=1");
    ASSERT_EQ(output.exit_code, 0) << output.text;
  }
};

TEST_F(TarballTest, HasExactlyItsFiles) {
  EXPECT_THAT(files_below(path("unpacked")), ElementsAreArray(common_files_and({
                                                 "share/doc/vnsweep/LICENSE",
                                                 "share/man/man1/vnsweep.1",
                                                 "share/zsh/site-functions/_vnsweep",
                                             })));
}

TEST_F(TarballTest, ProgramRunsFromWhereItWasUnpacked) {
  const Output output = shell("env -i unpacked/bin/vnsweep devices");

  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("reference"));
}

}  // namespace
}  // namespace vnsweep
