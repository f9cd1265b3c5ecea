#include "host/cluster/job_record.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/cluster/slurm.hpp"
#include "host/store/directory_error.hpp"
#include "host/store/write_file.hpp"

namespace vnsweep::cluster {
namespace {

constexpr const char* kShards = "shards";
constexpr const char* kMerge = "merge";

std::filesystem::path file_in(const std::filesystem::path& directory) {
  return directory / "jobs.json";
}

/// A number of shards. One with a fraction or an exponent could be larger than any integer.
/// @throws std::exception
std::size_t shard_number(const nlohmann::json& json) {
  const std::int64_t number = json.is_number_integer() ? json.get<std::int64_t>() : -1;
  if (number < 0) throw std::invalid_argument(json.dump() + " is no number of shards");
  return static_cast<std::size_t>(number);
}

SubmittedJob job_from(const nlohmann::json& json) {
  SubmittedJob job = {.id = json.at("id"),
                      .kind = json.at("kind") == kMerge ? JobKind::merge : JobKind::shards,
                      .before = shard_number(json.at("before")),
                      .array = json.at("array"),
                      .submitted_at = json.at("submitted_at")};
  if (!is_job_id(job.id)) throw std::invalid_argument("'" + job.id + "' is no job id");
  return job;
}

}  // namespace

std::vector<std::string> JobRecord::ids() const {
  std::vector<std::string> ids;
  for (const SubmittedJob& job : jobs)
    ids.push_back(job.id);
  return ids;
}

std::optional<JobRecord> read_job_record(const std::filesystem::path& directory) {
  const std::filesystem::path file = file_in(directory);
  if (!std::filesystem::exists(file)) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    JobRecord record = {
        .name = json.at("name"), .shards = shard_number(json.at("shards")), .jobs = {}};
    for (const nlohmann::json& job : json.at("jobs"))
      record.jobs.push_back(job_from(job));
    return record;
  } catch (const std::exception& e) {
    throw DirectoryError(fmt::format(
        "{} is not a record of jobs ({}); move it away and look at squeue for jobs that "
        "still run",
        file.string(), e.what()));
  }
}

void write_job_record(const std::filesystem::path& directory, const JobRecord& record) {
  nlohmann::ordered_json json = {{"name", record.name}, {"shards", record.shards}};
  json["jobs"] = nlohmann::ordered_json::array();
  for (const SubmittedJob& job : record.jobs) {
    json["jobs"].push_back({{"id", job.id},
                            {"kind", job.kind == JobKind::merge ? kMerge : kShards},
                            {"before", job.before},
                            {"array", job.array},
                            {"submitted_at", job.submitted_at}});
  }
  write_file(file_in(directory), json.dump(2) + "\n");
}

}  // namespace vnsweep::cluster
