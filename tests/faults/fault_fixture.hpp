#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "host/store/sqlite.hpp"
#include "tests/cli/program_fixture.hpp"

namespace vnsweep::testing {

/// The lines of a text.
inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

/// Runs the program, does it harm, and looks at what is left.
class FaultTest : public CliTest {
 protected:
  /// A number from the environment, for longer campaigns than the usual one.
  static long setting(const char* name, long usual) {
    const char* text = std::getenv(name);
    return text == nullptr ? usual : std::atol(text);
  }

  /// What the interposer does, see interposer.cpp.
  struct Fault {
    std::string kind;
    long at = 0;         ///< which call
    std::string folder;  ///< in the temporary directory
  };

  /// Starts the program with a fault to come.
  pid_t start_with(const Fault& fault, const std::vector<std::string>& arguments) const {
    return start_in(arguments, [&] {
      setenv("LD_PRELOAD", VNSWEEP_INTERPOSER, 1);
      setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
      setenv("VNSWEEP_FAULT", fault.kind.c_str(), 1);
      setenv("VNSWEEP_FAULT_AT", std::to_string(fault.at).c_str(), 1);
      setenv("VNSWEEP_FAULT_FOLDER", path(fault.folder).c_str(), 1);
      setenv("VNSWEEP_FAULT_COUNT", path("calls").c_str(), 1);
    });
  }

  Output run_with(const Fault& fault, const std::vector<std::string>& arguments) const {
    return wait(start_with(fault, arguments));
  }

  /// How many calls that change files under the folder the undisturbed command makes.
  long calls_of(const std::vector<std::string>& arguments, const std::string& folder) const {
    EXPECT_EQ(run_with({.folder = folder}, arguments).exit_code, 0);
    return std::stol("0" + read(path("calls")));
  }

  /// Runs that take a tenth of a second altogether, in many batches.
  std::string quick_manifest() const {
    return write_manifest("quick.yaml",
                          "name: quick\ntask: xor\n"
                          "grid: {depth: [2, 3], width: [3, 4, 5], seed: {count: 4}}\n"
                          "train: {lr: 0.1, steps: 40}\nsuccess: {loss: 0.0}\n"
                          "probe: {every: 20, samples: 16}\n");
  }

  static constexpr std::size_t kQuickRuns = 24;

  /// Runs that take a tenth of a second altogether with 1000 steps.
  std::string sweep_manifest(int steps = 1000) const {
    return write_manifest("sweep.yaml",
                          "name: sweep\ntask: xor\n"
                          "grid: {depth: [10, 20], width: 8, seed: {count: 120}}\n"
                          "train: {lr: 0.1, steps: " +
                              std::to_string(steps) +
                              "}\nsuccess: {loss: 0.0}\nprobe: {every: 500, samples: 32}\n");
  }
  static constexpr std::size_t kSweepRuns = 240;

  /// With so many steps they take two seconds, and time enough under sanitizers too.
#ifdef __SANITIZE_ADDRESS__
  static constexpr int kLongSteps = 2'000;
#else
  static constexpr int kLongSteps = 20'000;
#endif

  /// Waits until a text is in a file. @returns false if it never comes
  bool wait_for(const std::string& text, const std::string& file) const {
    for (int tries = 0; tries < 12'000; ++tries) {
      if (read(path(file)).find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  /// Runs the command to its end in a directory where it was disturbed before, and checks that it
  /// makes only what was not there, and leaves what was there as it was.
  void expect_the_rest_is_made(const std::vector<std::string>& command,
                               const std::string& directory, std::size_t runs) const {
    const std::set<std::string> before = stored_rows(directory);

    const Output output = run(command);

    EXPECT_EQ(output.exit_code, 0) << output.err;
    const Found found = found_by(output);
    EXPECT_EQ(found.stored, before.size());
    EXPECT_EQ(found.to_make, runs - before.size());
    const std::set<std::string> after = stored_rows(directory);
    EXPECT_EQ(after.size(), runs);
    EXPECT_THAT(after, ::testing::IsSupersetOf(before));
  }

  std::string database(const std::string& directory) const {
    return path(directory) + "/runs-0.db";
  }

  /// Of every stored run, the row with all that tells when and where it was made. Rolls back a
  /// commit that was interrupted.
  std::set<std::string> stored_rows(const std::string& directory) const {
    if (!std::filesystem::exists(database(directory))) return {};
    Database file(database(directory), Database::Mode::read_write);
    if (file.query_integer("SELECT count(*) FROM sqlite_schema") == 0) return {};
    Statement select = file.prepare("SELECT run_id, session, seconds, finished_at FROM runs");
    std::set<std::string> rows;
    while (select.step()) {
      rows.insert(select.text(0) + " session " + select.text(1) + " took " + select.text(2) +
                  " s until " + select.text(3));
    }
    return rows;
  }

  /// What a program said of the state in which it found the directory: runs stored already, and
  /// runs to make.
  struct Found {
    std::size_t stored = 0;
    std::size_t to_make = 0;
  };
  static Found found_by(const Output& output) {
    Found found;
    const std::size_t place = output.err.find(" runs, ");
    EXPECT_NE(place, std::string::npos) << output.err;
    if (place == std::string::npos) return found;
    EXPECT_EQ(std::sscanf(output.err.c_str() + place, " runs, %zu stored already, %zu to make",
                          &found.stored, &found.to_make),
              2)
        << output.err;
    return found;
  }
};

}  // namespace vnsweep::testing
