#include "host/cluster/submission.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace vnsweep::cluster {
namespace {

namespace fs = std::filesystem;

/// Option for the log of a job. Slurm makes the name from a pattern, in which %% is a percent sign;
/// so it does with a relative name and the path before it.
std::string output_option(const SubmissionOptions& options, const std::string& pattern) {
  std::string text = "--output=";
  for (const char letter : job_folder(options.directory).string())
    text += letter == '%' ? "%%" : std::string(1, letter);
  return text + '/' + pattern;
}

/// One log for each shard, to which all its attempts append.
std::string log_of(const JobArray& array) {
  return array.before == 0 ? "shard-%a.log" : fmt::format("shard-{}+%a.log", array.before);
}

/// What submission depends on, for any job.
void append_fixed(std::vector<std::string>& arguments, const SubmissionOptions& options) {
  arguments.push_back("--job-name=" + options.name);
  arguments.push_back("--chdir=" + job_folder(options.directory).string());
}

}  // namespace

fs::path job_folder(const fs::path& directory) {
  return directory / "slurm";
}

fs::path shard_script_file(const fs::path& directory) {
  return job_folder(directory) / "shard.sh";
}

fs::path merge_script_file(const fs::path& directory) {
  return job_folder(directory) / "merge.sh";
}

fs::path manifest_file(const fs::path& directory) {
  return job_folder(directory) / "manifest.json";
}

std::vector<std::string> array_arguments(const SubmissionOptions& options, const JobArray& array,
                                         const std::string& after) {
  std::vector<std::string> arguments = {output_option(options, log_of(array))};
  arguments.insert(arguments.end(), options.common.begin(), options.common.end());
  arguments.insert(arguments.end(), options.tasks.begin(), options.tasks.end());
  append_fixed(arguments, options);
  arguments.push_back("--array=" + array_text(array));
  if (!after.empty()) arguments.push_back("--dependency=afterany:" + after);
  arguments.push_back(shard_script_file(options.directory).string());
  arguments.push_back(std::to_string(array.before));
  return arguments;
}

std::vector<std::string> merge_arguments(const SubmissionOptions& options,
                                         std::span<const std::string> after) {
  std::vector<std::string> arguments = {output_option(options, "merge.log")};
  arguments.insert(arguments.end(), options.common.begin(), options.common.end());
  append_fixed(arguments, options);
  if (!after.empty())
    arguments.push_back(fmt::format("--dependency=afterany:{}", fmt::join(after, ":")));
  arguments.push_back(merge_script_file(options.directory).string());
  return arguments;
}

std::vector<SubmittedJob> LiveJobs::all() const {
  std::vector<SubmittedJob> jobs = arrays;
  jobs.insert(jobs.end(), merges.begin(), merges.end());
  return jobs;
}

LiveJobs live_jobs(const JobRecord& record, std::span<const QueuedTask> queue) {
  LiveJobs live;
  for (const SubmittedJob& job : record.jobs) {
    bool is_live = false;
    for (const QueuedTask& task : queue) {
      if (task.job != job.id || task.name != record.name) continue;
      is_live = true;
      live.tasks.push_back(task);
      if (job.kind == JobKind::shards && task.index) live.shards.insert(job.before + *task.index);
    }
    if (is_live) (job.kind == JobKind::merge ? live.merges : live.arrays).push_back(job);
  }
  return live;
}

std::string describe_jobs(const JobRecord& record, const LiveJobs& live) {
  constexpr std::size_t kMostLines = 10;
  if (live.tasks.empty()) return "jobs     none in the queue\n";
  std::map<std::string, std::size_t> counts;
  for (const QueuedTask& task : live.tasks)
    ++counts[task.state];
  std::vector<std::string> words;
  for (const auto& [state, count] : counts)
    words.push_back(fmt::format("{} {}", count, state));
  std::string text = fmt::format("jobs     {} of {} shards in the queue; {}\n", live.shards.size(),
                                 record.shards, fmt::join(words, ", "));
  // What runs says more than what waits.
  std::vector<QueuedTask> tasks = live.tasks;
  std::stable_partition(tasks.begin(), tasks.end(),
                        [](const QueuedTask& task) { return task.state != "PENDING"; });
  for (std::size_t k = 0; k < std::min(tasks.size(), kMostLines); ++k) {
    const QueuedTask& task = tasks[k];
    text += fmt::format("job      {} {} {} {}\n", task.id(), task.state, task.elapsed, task.place);
  }
  if (tasks.size() > kMostLines)
    text += fmt::format("job      and {} more\n", tasks.size() - kMostLines);
  return text;
}

}  // namespace vnsweep::cluster
