#pragma once

#include <array>

namespace vnsweep {

/// Exit codes of the program. Source: DESIGN.md section 3.
enum class ExitCode : int {
  complete = 0,
  usage = 2,
  runs_errored = 3,
  interrupted = 75,
};

struct ExitCodeMeaning {
  ExitCode code;
  const char* meaning;
};

/// What help and manual page say of them.
inline constexpr std::array<ExitCodeMeaning, 4> kExitCodes = {{
    {ExitCode::complete, "complete"},
    {ExitCode::usage, "bad usage, manifest, directory or device"},
    {ExitCode::runs_errored, "some runs could not be made, or a check did not pass"},
    {ExitCode::interrupted,
     "interrupted, or no room to write; run the same command again to go on"},
}};

}  // namespace vnsweep
