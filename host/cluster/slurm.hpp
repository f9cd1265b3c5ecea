#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vnsweep::cluster {

/// Slurm is not there or refused something; what() says what it said.
class SlurmError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A task of an array, or a job that is none, which Slurm has not finished with.
struct QueuedTask {
  std::string job;                   ///< id of the array or job
  std::optional<std::size_t> index;  ///< in the array
  std::string state;                 ///< such as PENDING or RUNNING
  std::string name;
  std::string elapsed;  ///< such as 1:02
  std::string place;    ///< its node, or in brackets why it has none

  /// "12_3".
  std::string id() const;
};

/// The site's MaxArraySize: indices of arrays are below it. @throws SlurmError
std::size_t max_array_size();

/// Submits a job. @param arguments  of sbatch @returns its id @throws SlurmError
std::string submit_job(const std::vector<std::string>& arguments);

/// Those of the jobs that are pending, running or just ending. @throws SlurmError
std::vector<QueuedTask> queued_tasks(std::span<const std::string> jobs);

/// Ends jobs. @throws SlurmError
void cancel_jobs(std::span<const std::string> jobs);

/// Ids are digits; anything else never reaches Slurm.
bool is_job_id(std::string_view text);

// What the programs print.

/// From `scontrol show config`; nothing if it says nothing of arrays.
std::optional<std::size_t> parse_max_array_size(std::string_view text);
/// From `sbatch --parsable`: "12" or "12;cluster".
std::optional<std::string> parse_job_id(std::string_view text);
/// From `squeue` with the format that queued_tasks() asks for; lines of other forms are left out.
std::vector<QueuedTask> parse_queue(std::string_view text);

}  // namespace vnsweep::cluster
