#include "host/cluster/slurm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "host/process/run_program.hpp"

namespace vnsweep::cluster {
namespace {

/// A controller with much to do answers late; one that is down, after Slurm's own timeouts.
constexpr std::int64_t kSecondsForAnswer = 120;

/// Largest job id of Slurm has 10 digits.
constexpr std::size_t kMostDigits = 10;

constexpr const char* kQueueFormat = "%F|%K|%T|%j|%M|%R";

std::string trimmed(std::string_view text) {
  const char* const blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

[[noreturn]] void throw_problem(const std::string& program, const ProgramResult& result) {
  if (!result.started) {
    throw SlurmError(fmt::format(
        "{} not found (Slurm is not installed here); run this where jobs are submitted", program));
  }
  if (result.timed_out) {
    throw SlurmError(fmt::format(
        "{} did not answer within {} s (is the controller down?); look at squeue before you try "
        "again",
        program, kSecondsForAnswer));
  }
  throw SlurmError(fmt::format("{} failed ({})", program,
                               result.messages.empty() ? fmt::format("exit code {}", result.status)
                                                       : trimmed(result.messages)));
}

ProgramResult call(const std::string& program, const std::vector<std::string>& arguments) {
  return run_program({.program = program, .arguments = arguments, .seconds = kSecondsForAnswer});
}

std::string output_of(const std::string& program, const std::vector<std::string>& arguments) {
  ProgramResult result = call(program, arguments);
  if (!result.succeeded()) throw_problem(program, result);
  return std::move(result.output);
}

std::optional<std::size_t> number_from(std::string_view text) {
  std::size_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Splits at every separator.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string QueuedTask::id() const {
  return index ? fmt::format("{}_{}", job, *index) : job;
}

std::size_t max_array_size() {
  const std::optional<std::size_t> size =
      parse_max_array_size(output_of("scontrol", {"show", "config"}));
  if (!size || *size < 2) {
    throw SlurmError(
        "this site takes no job arrays (its MaxArraySize is below 2); run the shards as single "
        "jobs: vnsweep run MANIFEST -o DIR --shard i/n");
  }
  return *size;
}

std::string submit_job(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"--parsable"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const std::string output = output_of("sbatch", all);
  const std::optional<std::string> id = parse_job_id(output);
  if (!id) {
    throw SlurmError(
        fmt::format("sbatch gave no job id (it printed '{}'); look at squeue before you try again",
                    trimmed(output)));
  }
  return *id;
}

std::vector<QueuedTask> queued_tasks(std::span<const std::string> jobs) {
  if (jobs.empty()) return {};
  const ProgramResult result =
      call("squeue", {"--noheader", "--array", fmt::format("--jobs={}", fmt::join(jobs, ",")),
                      fmt::format("--format={}", kQueueFormat)});
  if (result.succeeded()) return parse_queue(result.output);
  // Slurm forgets jobs some minutes after their end, and then says so of a single one.
  if (result.messages.find("Invalid job id") != std::string::npos) return {};
  throw_problem("squeue", result);
}

void cancel_jobs(std::span<const std::string> jobs) {
  if (jobs.empty()) return;
  output_of("scancel", std::vector<std::string>(jobs.begin(), jobs.end()));
}

bool is_job_id(std::string_view text) {
  return !text.empty() && text.size() <= kMostDigits &&
         std::all_of(text.begin(), text.end(),
                     [](char letter) { return letter >= '0' && letter <= '9'; });
}

std::optional<std::size_t> parse_max_array_size(std::string_view text) {
  constexpr std::string_view kKey = "MaxArraySize";
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line.substr(0, equals)) != kKey) continue;
    return number_from(trimmed(line.substr(equals + 1)));
  }
  return std::nullopt;
}

std::optional<std::string> parse_job_id(std::string_view text) {
  const std::string id = trimmed(text.substr(0, text.find(';')));
  if (!is_job_id(id)) return std::nullopt;
  return id;
}

std::vector<QueuedTask> parse_queue(std::string_view text) {
  constexpr std::size_t kFields = 6;
  std::vector<QueuedTask> tasks;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> fields = split(line, '|');
    if (fields.size() != kFields || !is_job_id(fields[0])) continue;
    tasks.push_back({.job = std::string(fields[0]),
                     .index = number_from(fields[1]),
                     .state = std::string(fields[2]),
                     .name = std::string(fields[3]),
                     .elapsed = std::string(fields[4]),
                     .place = std::string(fields[5])});
  }
  return tasks;
}

}  // namespace vnsweep::cluster
