#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vnsweep::figures {

/// How a program ended.
struct ProgramResult {
  bool started = false;    ///< false: it is not installed
  bool timed_out = false;  ///< it was ended when its time was up
  int status = -1;         ///< its exit code; -1 if a signal ended it
  std::string messages;    ///< the beginning of what it wrote to standard error
};

/// Runs a program of PATH in a directory, without a shell, with no input, no other environment
/// than PATH, LANG and HOME, and a limit of wall time.
/// @throws std::system_error if the system refuses more than the program
ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                          const std::filesystem::path& directory, std::int64_t seconds);

}  // namespace vnsweep::figures
