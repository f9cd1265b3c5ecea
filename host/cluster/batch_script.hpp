#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace vnsweep::cluster {

/// What the tasks of a sweep have in common.
struct ShardTask {
  std::filesystem::path program;    ///< vnsweep, as nodes see it
  std::filesystem::path directory;  ///< of results
  std::filesystem::path manifest;
  std::size_t shards = 1;
  std::string device;    ///< as for `vnsweep run`
  unsigned threads = 0;  ///< 0: the processors that Slurm gives a task
};

/// Batch script of one shard. It takes the number of shards before the array's first as its
/// argument. Slurm's warning (USR1) makes it stop the run, which commits, and put the task back
/// into the queue; SIGTERM (scancel, the end of the time) makes it stop the run only. A task that
/// was put back three times without storing anything gives up. Ends with the exit codes of `vnsweep
/// run`. Paths and options are quoted, so that no shell interprets them.
std::string shard_script(const ShardTask& task);

/// Batch script that joins what the shards wrote, as much as there is.
std::string merge_script(const ShardTask& task);

/// Name of a directory's jobs: vnsweep, the sweep's name as far as it is plain, and a hash of the
/// directory, which tells its jobs from all others.
std::string job_name(std::string_view sweep, const std::filesystem::path& directory);

}  // namespace vnsweep::cluster
