#pragma once

namespace vnsweep {

/// Exit codes of the program. Source: DESIGN.md section 3.
enum class ExitCode : int {
  complete = 0,
  usage = 2,         ///< bad usage, manifest, directory or device
  runs_errored = 3,  ///< some runs could not be made, or a check did not pass
  interrupted = 75,  ///< run the same command again to go on
};

}  // namespace vnsweep
