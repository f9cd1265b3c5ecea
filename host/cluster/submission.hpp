#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/cluster/job_arrays.hpp"
#include "host/cluster/job_record.hpp"
#include "host/cluster/slurm.hpp"

namespace vnsweep::cluster {

/// Where a directory keeps scripts and logs of its jobs.
std::filesystem::path job_folder(const std::filesystem::path& directory);
std::filesystem::path shard_script_file(const std::filesystem::path& directory);
std::filesystem::path merge_script_file(const std::filesystem::path& directory);
/// The manifest as the tasks read it: an edit of the user's file must not reach shards that start
/// later, because the split depends on the manifest.
std::filesystem::path manifest_file(const std::filesystem::path& directory);

/// What every job of a directory is submitted with.
struct SubmissionOptions {
  std::filesystem::path directory;  ///< absolute
  std::string name;                 ///< of the jobs
  std::vector<std::string> common;  ///< options of sbatch for every job
  std::vector<std::string> tasks;   ///< options of sbatch for shards alone
};

/// Arguments of sbatch for an array of shards. Options that submission depends on come last, where
/// they win over the user's.
/// @param after  id of the array that has to end first; empty: none
std::vector<std::string> array_arguments(const SubmissionOptions& options, const JobArray& array,
                                         const std::string& after);

/// Arguments of sbatch for the merge. @param after  ids of arrays that have to end first, in
/// whatever way: shards that failed or never ran must not keep the others' results apart.
std::vector<std::string> merge_arguments(const SubmissionOptions& options,
                                         std::span<const std::string> after);

/// Recorded jobs that Slurm has not finished with.
struct LiveJobs {
  std::vector<QueuedTask> tasks;     ///< of all jobs
  std::set<std::size_t> shards;      ///< that have a task
  std::vector<SubmittedJob> arrays;  ///< with such tasks
  std::vector<SubmittedJob> merges;  ///< pending or running
  std::vector<SubmittedJob> all() const;
};

/// Jobs with a recorded id but another name are strangers: Slurm counts from 1 again when its state
/// is lost.
/// @param queue  what Slurm says of the recorded ids
LiveJobs live_jobs(const JobRecord& record, std::span<const QueuedTask> queue);

/// The jobs in words, for `status`; at most some lines.
std::string describe_jobs(const JobRecord& record, const LiveJobs& live);

}  // namespace vnsweep::cluster
