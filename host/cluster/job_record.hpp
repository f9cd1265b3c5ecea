#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vnsweep::cluster {

enum class JobKind { shards, merge };

struct SubmittedJob {
  std::string id;
  JobKind kind = JobKind::shards;
  std::size_t before = 0;  ///< shards before the array's first
  std::string array;       ///< indices, as sbatch --array took them; empty for a merge
  std::string submitted_at;

  bool operator==(const SubmittedJob&) const = default;
};

/// What was submitted for a directory: DIR/jobs.json.
struct JobRecord {
  std::string name;  ///< of every job
  std::size_t shards = 1;
  std::vector<SubmittedJob> jobs;

  std::vector<std::string> ids() const;
  bool operator==(const JobRecord&) const = default;
};

/// @returns nothing if nothing was submitted @throws DirectoryError if the file is not a record
std::optional<JobRecord> read_job_record(const std::filesystem::path& directory);

/// @throws DirectoryError
void write_job_record(const std::filesystem::path& directory, const JobRecord& record);

}  // namespace vnsweep::cluster
