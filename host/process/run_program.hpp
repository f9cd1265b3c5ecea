#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vnsweep {

/// Variables that a program sees: those of this process, or only what it cannot do without (PATH,
/// HOME and LANG=C.UTF-8), so that none of the user's settings changes what it makes.
enum class ProgramEnvironment { inherited, plain };

/// A program of PATH and its arguments, which no shell ever sees.
struct ProgramCall {
  std::string program;
  std::vector<std::string> arguments;
  std::filesystem::path directory;  ///< where it runs; empty: here
  ProgramEnvironment environment = ProgramEnvironment::inherited;
  std::int64_t seconds = 60;  ///< of wall time; then it is killed
};

/// How a program ended.
struct ProgramResult {
  bool started = false;    ///< false: it is not installed
  bool timed_out = false;  ///< it was killed when its time was up
  int status = -1;         ///< its exit code; -1 if a signal ended it
  std::string output;      ///< what it wrote to standard output
  std::string messages;    ///< the beginning of what it wrote to standard error

  bool succeeded() const { return started && !timed_out && status == 0; }
};

/// Runs a program with no input and waits for its end.
/// @throws std::system_error if the system refuses more than the program
ProgramResult run_program(const ProgramCall& call);

}  // namespace vnsweep
