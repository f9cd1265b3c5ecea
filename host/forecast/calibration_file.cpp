#include "host/forecast/calibration_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "kernels/cpu/training_passes.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Raised when the form of the file changes; a file of another format is made anew.
constexpr int kFormat = 1;
constexpr std::size_t kMostPilots = 100;

json pilot_to_json(const Calibration::SweepPilot& entry) {
  json outcomes = json::array();
  for (const PilotOutcome& outcome : entry.pilot.outcomes)
    outcomes.push_back({outcome.steps, outcome.failed});
  return {{"sweep", entry.sweep}, {"outcomes", std::move(outcomes)}};
}

/// @throws std::exception if it is not of the form
Calibration::SweepPilot pilot_from_json(const json& entry) {
  Calibration::SweepPilot result{.sweep = entry.at("sweep").get<std::string>(), .pilot = {}};
  for (const json& outcome : entry.at("outcomes")) {
    // A number with a fraction or an exponent may be larger than any integer.
    const auto steps = outcome.at(0).is_number_integer() ? outcome.at(0).get<std::int64_t>() : -1;
    if (steps < 0) throw std::runtime_error("a pilot has a number of steps that is none");
    result.pilot.outcomes.push_back({.steps = steps, .failed = outcome.at(1).get<bool>()});
  }
  if (result.pilot.outcomes.empty()) throw std::runtime_error("a pilot has no runs");
  return result;
}

/// @throws std::exception if it is not of the form
Calibration calibration_from_json(const json& document) {
  Calibration calibration;
  for (const auto& [processor, rates] : document.at("rates").items())
    calibration.rates.emplace(processor, RateTable::from_json(rates));
  for (const json& entry : document.at("pilots"))
    calibration.pilots.push_back(pilot_from_json(entry));
  return calibration;
}

/// @throws std::runtime_error
void write_in_one_go(const fs::path& file, const std::string& text) {
  if (file.has_parent_path()) fs::create_directories(file.parent_path());
  // Each process writes a file of its own: the last one to rename it wins.
  const fs::path temporary = fmt::format("{}.{}.tmp", file.string(), getpid());
  std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  std::error_code status;
  if (stream) fs::rename(temporary, file, status);
  if (!stream || status) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw std::runtime_error(status ? status.message() : "writing failed");
  }
}

}  // namespace

const Pilot* Calibration::find_pilot(const std::string& sweep) const {
  const auto found = std::find_if(pilots.begin(), pilots.end(),
                                  [&](const SweepPilot& entry) { return entry.sweep == sweep; });
  return found == pilots.end() ? nullptr : &found->pilot;
}

void Calibration::keep_pilot(const std::string& sweep, Pilot pilot) {
  std::erase_if(pilots, [&](const SweepPilot& entry) { return entry.sweep == sweep; });
  pilots.push_back({.sweep = sweep, .pilot = std::move(pilot)});
  if (pilots.size() > kMostPilots) pilots.erase(pilots.begin());
}

CalibrationFile::CalibrationFile(fs::path file, std::string program)
    : file_(std::move(file)), program_(std::move(program)) {}

Calibration CalibrationFile::load() const {
  if (file_.empty() || !fs::exists(file_)) return {};
  try {
    std::ifstream stream(file_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const json document = json::parse(text);
    if (document.at("format") != kFormat || document.at("program") != program_) return {};
    return calibration_from_json(document);
  } catch (const std::exception& e) {
    spdlog::warn("the calibration {} cannot be used ({}); measuring again", file_.string(),
                 e.what());
    return {};
  }
}

bool CalibrationFile::save(const Calibration& calibration) const {
  if (file_.empty()) return false;
  json document = {{"format", kFormat},
                   {"program", program_},
                   {"rates", json::object()},
                   {"pilots", json::array()}};
  for (const auto& [processor, rates] : calibration.rates)
    document["rates"][processor] = rates.to_json();
  for (const Calibration::SweepPilot& entry : calibration.pilots)
    document["pilots"].push_back(pilot_to_json(entry));
  try {
    write_in_one_go(file_, document.dump(1) + "\n");
    return true;
  } catch (const std::exception& e) {
    spdlog::warn(
        "the calibration {} cannot be written ({}); choose another file with --calibration, or it "
        "will be measured every time",
        file_.string(), e.what());
    return false;
  }
}

fs::path CalibrationFile::default_path() {
  // Relative paths are to be ignored (XDG Base Directory Specification).
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return fs::path(cache) / "vnsweep" / "calibration.json";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return fs::path(home) / ".cache" / "vnsweep" / "calibration.json";
  }
  return {};
}

std::string program_identity(const std::string& otherwise) {
  std::ifstream stream("/proc/self/exe", std::ios::binary);
  const std::string program{std::istreambuf_iterator<char>(stream), {}};
  if (!stream || program.empty()) return otherwise;
  const XXH128_hash_t hash = XXH3_128bits(program.data(), program.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string processor_text() {
  std::ifstream stream("/proc/cpuinfo");
  std::string model = "unknown processor";
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(": ");
    if (!line.starts_with("model name") || colon == std::string::npos) continue;
    model = line.substr(colon + 2);
    break;
  }
  return fmt::format("{}, {}", model, cpu::instruction_set());
}

}  // namespace vnsweep
