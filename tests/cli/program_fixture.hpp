#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/host/test_manifests.hpp"

namespace vnsweep::testing {

/// What a program left when it ended.
struct Output {
  int exit_code = -1;
  int signal = 0;
  std::string out;
  std::string err;
};

inline std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Runs the program in a temporary directory of its own.
class CliTest : public ::testing::Test {
 protected:
  /// Starts the program with its streams in files of the temporary directory.
  pid_t start(const std::vector<std::string>& arguments, int ignored_signal = 0) const {
    return start_in(arguments, [=] {
      if (ignored_signal != 0) ::signal(ignored_signal, SIG_IGN);
    });
  }

  /// @param prepare  changes the circumstances of the program: called in its process, before it
  pid_t start_in(const std::vector<std::string>& arguments,
                 const std::function<void()>& prepare) const {
    std::vector<char*> argv;
    std::string program = VNSWEEP_EXECUTABLE;
    std::vector<std::string> copies = arguments;
    argv.push_back(program.data());
    for (std::string& argument : copies)
      argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      // Whatever started the tests may have had signals ignored.
      for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        ::signal(signal, SIG_DFL);
      setenv("XDG_CACHE_HOME", path("cache").c_str(), 1);
      if (chdir(path("").c_str()) != 0 || freopen("out", "w", stdout) == nullptr ||
          freopen("err", "w", stderr) == nullptr) {
        _exit(99);
      }
      prepare();
      execv(program.c_str(), argv.data());
      _exit(98);
    }
    return child;
  }

  Output wait(pid_t child) const {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    Output output;
    if (WIFEXITED(status)) output.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) output.signal = WTERMSIG(status);
    output.out = read(path("out"));
    output.err = read(path("err"));
    return output;
  }

  Output run(const std::vector<std::string>& arguments) const { return wait(start(arguments)); }

  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  std::string write_manifest(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

  /// Runs that take a few seconds altogether.
  std::string long_manifest() const {
    return write_manifest("long.yaml",
                          "name: long\ntask: xor\n"
                          "grid: {depth: [30, 40], width: 16, seed: {count: 60}}\n"
                          "train: {lr: 0.1, steps: 3000}\nsuccess: {loss: 0.0}\n"
                          "probe: {every: 1500, samples: 64}\n");
  }

  std::string small_manifest(const std::string& grid,
                             const std::string& name = "small.yaml") const {
    return write_manifest(name, manifest_text(grid));
  }

  std::string exported(const std::string& directory) const {
    return run({"export", path(directory), "--table", "runs"}).out +
           run({"export", path(directory), "--table", "probes"}).out;
  }

  /// Waits until the program has stored more than there is now. @returns false if it ended before
  bool wait_for_results(pid_t child, const std::string& directory,
                        const std::string& database = "runs-0.db") const {
    const std::string file = path(directory) + "/" + database;
    const std::size_t before = read(file).size();
    for (int tries = 0; tries < 12'000; ++tries) {
      int status = 0;
      if (waitpid(child, &status, WNOHANG) != 0) return false;
      if (read(file).size() > before + 100'000) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  /// Waits until the program has written something into a file. @returns false if it ended before
  bool wait_for_file(pid_t child, const std::string& file) const {
    for (int tries = 0; tries < 12'000; ++tries) {
      int status = 0;
      if (!read(path(file)).empty()) return true;
      if (waitpid(child, &status, WNOHANG) != 0) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  TemporaryDirectory directory_;
};

}  // namespace vnsweep::testing
