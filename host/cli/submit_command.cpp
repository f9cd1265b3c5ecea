#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <unordered_map>

#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/cluster/batch_script.hpp"
#include "host/cluster/shell_quoting.hpp"
#include "host/cluster/submission.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/plan/run_table.hpp"
#include "host/plan/shard.hpp"
#include "host/plan/sweep_progress.hpp"
#include "host/store/run_directory.hpp"
#include "host/store/stored_sweep.hpp"
#include "host/store/write_file.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;
using cluster::JobArray;
using cluster::JobKind;
using cluster::JobRecord;
using cluster::LiveJobs;

/// The manifest as tasks read it. @throws DirectoryError
std::string manifest_text(const Manifest& manifest) {
  std::string text = manifest.resolved.dump(2) + "\n";
  if (text.size() > kMaxManifestBytes) {
    throw DirectoryError(
        fmt::format("{} is longer than {} bytes with its anchors written out (tasks cannot read "
                    "that); split it "
                    "or use ranges in place of lists",
                    manifest.file, kMaxManifestBytes));
  }
  return text;
}

/// A sweep and what is to be submitted of it.
struct Request {
  Manifest manifest;
  std::string manifest_text;
  RunTable runs;
  cluster::SubmissionOptions submission;
  cluster::ShardTask task;
  std::size_t max_array_size = 2;           ///< the site's
  std::optional<std::size_t> max_parallel;  ///< tasks at the same time
};

/// The site's MaxArraySize, or Slurm's default where a dry run cannot ask.
std::size_t likely_array_size() {
  constexpr std::size_t kDefault = 1001;
  try {
    return cluster::max_array_size();
  } catch (const cluster::SlurmError& e) {
    spdlog::warn("{}; shown is what a site with MaxArraySize {} would get", e.what(), kDefault);
    return kDefault;
  }
}

std::vector<JobArray> arrays_for(const Request& request, const std::set<std::size_t>& shards) {
  const std::vector<std::size_t> list(shards.begin(), shards.end());
  return cluster::plan_arrays(list, request.max_array_size, request.max_parallel);
}

fs::path this_program() {
  std::error_code status;
  fs::path program = fs::read_symlink("/proc/self/exe", status);
  if (status || !fs::exists(program)) {
    throw cluster::SlurmError(
        "cannot tell where this program is (it was replaced while it ran); run the command again");
  }
  return program;
}

std::string device_of(const SubmitOptions& options) {
  if (!options.device.empty()) return options.device;
  // A task that asked for a GPU must not train on a processor where the GPU is broken.
  return options.gpus_per_task.empty() ? "auto" : "cuda";
}

Request make_request(const SubmitOptions& options, std::size_t shards) {
  const fs::path directory = fs::absolute(options.directory);
  if (directory.string().find('\\') != std::string::npos) {
    throw DirectoryError(fmt::format(
        "{} has a backslash (Slurm cannot write a log there); choose another directory with -o",
        directory.string()));
  }
  Request request{.manifest = load_manifest(options.manifest),
                  .manifest_text = {},
                  .runs = {},
                  .submission = {.directory = directory, .name = {}, .common = {}, .tasks = {}},
                  .task = {.program = this_program(),
                           .directory = directory,
                           .manifest = cluster::manifest_file(directory),
                           .shards = shards,
                           .device = device_of(options),
                           .threads = options.threads}};
  request.manifest_text = manifest_text(request.manifest);
  request.runs = expand_runs(request.manifest);
  request.max_parallel = options.max_parallel;
  request.submission.name =
      cluster::job_name(request.manifest.name, fs::weakly_canonical(directory));
  auto& common = request.submission.common;
  if (!options.partition.empty()) common.push_back("--partition=" + options.partition);
  if (!options.time.empty()) common.push_back("--time=" + options.time);
  common.insert(common.end(), options.sbatch_options.begin(), options.sbatch_options.end());
  if (!options.gpus_per_task.empty())
    request.submission.tasks.push_back("--gpus-per-task=" + options.gpus_per_task);
  return request;
}

/// Shards with runs that are still to be made; those that errored are to be tried again.
std::set<std::size_t> unfinished_shards(const Request& request, std::vector<Store>& stores) {
  std::unordered_map<std::string, KnownOutcome> outcomes = stored_outcomes(stores);
  std::erase_if(outcomes, [](const auto& entry) { return entry.second == KnownOutcome::error; });
  SweepProgress progress(request.manifest, request.runs);
  progress.learn(outcomes);
  const ShardPlan plan =
      plan_shards(request.runs, request.task.shards, cell_split(request.manifest));
  const RunTable missing = progress.missing_runs();
  std::set<std::size_t> shards;
  for (std::size_t k = 0; k < missing.size(); ++k) {
    const std::size_t place = progress.runs().find(binary_run_id(missing[k])).value();
    shards.insert(plan.shard_of_run[place] + 1);
  }
  return shards;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Tasks of another split or manifest would make other runs than they are counted for.
void refuse_other_submission(const Request& request, const JobRecord& record,
                             const LiveJobs& live) {
  if (live.arrays.empty()) return;
  const fs::path& directory = request.submission.directory;
  const char* const advice = "wait for them to end, or end them with vnsweep cancel";
  if (record.shards != request.task.shards) {
    throw DirectoryError(fmt::format("jobs of {} shards are in the queue for {}, not of {}; {}",
                                     record.shards, directory.string(), request.task.shards,
                                     advice));
  }
  if (text_of(cluster::manifest_file(directory)) != request.manifest_text) {
    throw DirectoryError(
        fmt::format("jobs of another manifest are in the queue for {} (was it edited since they "
                    "were submitted?); {}",
                    directory.string(), advice));
  }
}

/// Keeps other submissions for the directory away.
WriterLock lock_submission(const fs::path& directory) {
  const fs::path folder = cluster::job_folder(directory);
  std::error_code status;
  fs::create_directories(folder, status);
  if (status) {
    throw DirectoryError(fmt::format("cannot create {} ({}); choose another directory with -o",
                                     folder.string(), status.message()));
  }
  return WriterLock(folder / "submit.lock");
}

/// Records the manifest, and writes what the tasks read.
void prepare_directory(const Request& request) {
  const fs::path& directory = request.submission.directory;
  RunDirectory(directory).open_for_writing(request.manifest);
  write_file(cluster::manifest_file(directory), request.manifest_text);
  write_file(cluster::shard_script_file(directory), cluster::shard_script(request.task));
  write_file(cluster::merge_script_file(directory), cluster::merge_script(request.task));
}

/// Submits and records at once, so that no job is forgotten if a later one is refused.
std::string submit_and_record(JobRecord& record, const fs::path& directory, JobKind kind,
                              const JobArray& array, const std::vector<std::string>& arguments) {
  const std::string id = cluster::submit_job(arguments);
  record.jobs.push_back({.id = id,
                         .kind = kind,
                         .before = array.before,
                         .array = kind == JobKind::merge ? "" : cluster::array_text(array),
                         .submitted_at = utc_now()});
  cluster::write_job_record(directory, record);
  return id;
}

/// Puts a merge behind every array that is in the queue, in place of an earlier one that waits.
void submit_merge(const Request& request, JobRecord& record, const LiveJobs& live,
                  std::vector<std::string> arrays) {
  std::vector<std::string> waiting;
  for (const cluster::QueuedTask& task : live.tasks) {
    const bool is_merge = std::any_of(live.merges.begin(), live.merges.end(),
                                      [&](const auto& job) { return job.id == task.job; });
    if (is_merge && task.state == "PENDING") waiting.push_back(task.job);
  }
  for (const cluster::SubmittedJob& job : live.arrays)
    arrays.push_back(job.id);
  const std::string id = submit_and_record(record, request.submission.directory, JobKind::merge, {},
                                           cluster::merge_arguments(request.submission, arrays));
  spdlog::info("job {}: merge, when the shards have ended", id);
  cluster::cancel_jobs(waiting);
  std::erase_if(record.jobs, [&](const cluster::SubmittedJob& job) {
    return std::find(waiting.begin(), waiting.end(), job.id) != waiting.end();
  });
  cluster::write_job_record(request.submission.directory, record);
}

/// @returns ids of the arrays
std::vector<std::string> submit_arrays(const Request& request, JobRecord& record,
                                       const std::vector<JobArray>& arrays) {
  std::vector<std::string> ids;
  for (const JobArray& array : arrays) {
    const std::string after = array.after ? ids[*array.after] : "";
    ids.push_back(submit_and_record(record, request.submission.directory, JobKind::shards, array,
                                    cluster::array_arguments(request.submission, array, after)));
    spdlog::info("job {}: {} shard{} of {}", ids.back(), array.indices.size(),
                 array.indices.size() == 1 ? "" : "s", request.task.shards);
  }
  return ids;
}

/// What would be submitted, with ids still unknown.
ExitCode print_submission(const Request& request, const std::vector<JobArray>& arrays) {
  const auto print = [](const std::vector<std::string>& arguments) {
    std::cout << "sbatch --parsable";
    for (const std::string& argument : arguments)
      std::cout << ' ' << cluster::shell_quoted(argument);
    std::cout << '\n';
  };
  std::vector<std::string> ids;
  for (const JobArray& array : arrays) {
    print(
        cluster::array_arguments(request.submission, array, array.after ? ids[*array.after] : ""));
    ids.push_back(fmt::format("<id {}>", ids.size() + 1));
  }
  if (!arrays.empty()) print(cluster::merge_arguments(request.submission, ids));
  const fs::path& directory = request.submission.directory;
  std::cout << "\n# " << cluster::shell_quoted(cluster::shard_script_file(directory).string())
            << '\n'
            << cluster::shard_script(request.task) << "\n# "
            << cluster::shell_quoted(cluster::merge_script_file(directory).string()) << '\n'
            << cluster::merge_script(request.task);
  check_output();
  return ExitCode::complete;
}

std::vector<Store> stores_if_any(const fs::path& path) {
  const RunDirectory directory(path);
  if (!fs::is_directory(path) || directory.databases().empty()) return {};
  return directory.open_for_reading();
}

std::size_t shards_of(const SubmitOptions& options, const std::optional<JobRecord>& record) {
  if (options.shards > 0) return options.shards;
  if (record) return record->shards;
  throw DirectoryError(
      fmt::format("how many shards? (nothing was submitted for {} yet); give "
                  "--shards n",
                  options.directory.string()));
}

/// Whether a merge has something to join.
bool has_shard_files(const fs::path& directory) {
  for (const fs::path& file : RunDirectory(directory).databases()) {
    if (file.filename() != "runs-0.db") return true;
  }
  return false;
}

ExitCode submit_missing(const Request& request, JobRecord record, const LiveJobs& live,
                        std::set<std::size_t> unfinished) {
  const fs::path& directory = request.submission.directory;
  const bool is_complete = unfinished.empty();
  for (const std::size_t shard : live.shards)
    unfinished.erase(shard);
  // Jobs that have ended are no longer anybody's concern.
  record = {.name = request.submission.name, .shards = request.task.shards, .jobs = live.all()};
  const std::vector<std::string> arrays =
      submit_arrays(request, record, arrays_for(request, unfinished));
  const bool to_merge = !arrays.empty() || !live.arrays.empty() || has_shard_files(directory);
  const bool is_merged_later = arrays.empty() && !live.merges.empty();
  if (to_merge && !is_merged_later) submit_merge(request, record, live, arrays);
  if (is_complete) {
    spdlog::info("complete; see vnsweep summary {}", directory.string());
  } else if (arrays.empty()) {
    spdlog::info(
        "nothing to submit: every shard with missing runs is in the queue already; see "
        "vnsweep status {}",
        directory.string());
  }
  return ExitCode::complete;
}

}  // namespace

ExitCode submit_command(const SubmitOptions& options) {
  const fs::path path = fs::absolute(options.directory);
  // Mistakes, and a site without Slurm, are found before anything is created.
  Request request = make_request(options, shards_of(options, cluster::read_job_record(path)));
  request.max_array_size = options.dry_run ? likely_array_size() : cluster::max_array_size();
  if (options.dry_run) {
    std::vector<Store> stores = stores_if_any(path);
    return print_submission(request, arrays_for(request, unfinished_shards(request, stores)));
  }
  const WriterLock lock = lock_submission(path);
  const std::optional<JobRecord> earlier = cluster::read_job_record(path);
  request.task.shards = shards_of(options, earlier);
  const JobRecord record = earlier.value_or(JobRecord{.name = request.submission.name, .jobs = {}});
  const LiveJobs live = cluster::live_jobs(record, cluster::queued_tasks(record.ids()));
  refuse_other_submission(request, record, live);
  // Jobs of a directory are known by one name.
  if (!live.tasks.empty()) request.submission.name = record.name;
  prepare_directory(request);
  std::vector<Store> stores = RunDirectory(path).open_for_reading();
  return submit_missing(request, record, live, unfinished_shards(request, stores));
}

ExitCode cancel_command(const fs::path& path) {
  const fs::path directory = fs::absolute(path);
  const std::optional<JobRecord> record = cluster::read_job_record(directory);
  if (!record) {
    throw DirectoryError(fmt::format(
        "{} has no jobs (no jobs.json); give the directory of a vnsweep submit", path.string()));
  }
  const LiveJobs live = cluster::live_jobs(*record, cluster::queued_tasks(record->ids()));
  std::vector<std::string> ids;
  for (const cluster::SubmittedJob& job : live.all())
    ids.push_back(job.id);
  cluster::cancel_jobs(ids);
  if (ids.empty()) {
    spdlog::info("no job of {} is in the queue", path.string());
  } else {
    spdlog::info("ended job{} {}; what is stored stays, and vnsweep submit goes on",
                 ids.size() == 1 ? "" : "s", fmt::join(ids, ", "));
  }
  return ExitCode::complete;
}

}  // namespace vnsweep
