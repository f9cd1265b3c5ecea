#pragma once

#include <filesystem>
#include <string>

namespace vnsweep::cluster {

/// How the jobs of a directory stand.
struct JobStatus {
  std::string text;       ///< lines for `status`; empty if nothing was submitted
  bool in_queue = false;  ///< some of them are not finished
};

/// Asks Slurm; if it does not answer, the text says so. @throws DirectoryError
JobStatus job_status(const std::filesystem::path& directory);

}  // namespace vnsweep::cluster
