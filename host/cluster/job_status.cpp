#include "host/cluster/job_status.hpp"

#include <fmt/format.h>

#include "host/cluster/submission.hpp"

namespace vnsweep::cluster {

JobStatus job_status(const std::filesystem::path& directory) {
  const std::optional<JobRecord> record = read_job_record(directory);
  if (!record) return {};
  try {
    const LiveJobs live = live_jobs(*record, queued_tasks(record->ids()));
    return {describe_jobs(*record, live), !live.tasks.empty()};
  } catch (const SlurmError& e) {
    return {fmt::format("jobs     unknown: {}\n", e.what())};
  }
}

}  // namespace vnsweep::cluster
