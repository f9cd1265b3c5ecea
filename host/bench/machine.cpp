#include "host/bench/machine.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "host/schedule/devices.hpp"
#include "kernels/cpu/machine_peak.hpp"
#include "kernels/cpu/training_passes.hpp"

namespace vnsweep::bench {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

/// "48K" and "32M", as Linux writes sizes of caches; 0 if it makes no sense.
std::size_t parse_size(const std::string& text) {
  std::size_t size = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, size);
  if (error != std::errc()) return 0;
  const std::string unit(rest, end);
  if (unit == "K") return size << 10;
  if (unit == "M") return size << 20;
  return unit.empty() ? size : 0;
}

}  // namespace

unsigned count_processors(const std::string& list) {
  unsigned count = 0;
  std::istringstream stream(list);
  for (std::string range; std::getline(stream, range, ',');) {
    unsigned first = 0;
    unsigned last = 0;
    const char* end = range.data() + range.size();
    const auto [after_first, error] = std::from_chars(range.data(), end, first);
    if (error != std::errc()) return 0;
    last = first;
    if (after_first != end) {
      const auto [after_last, problem] = std::from_chars(after_first + 1, end, last);
      if (*after_first != '-' || problem != std::errc() || after_last != end || last < first)
        return 0;
    }
    count += last - first + 1;
  }
  return count;
}

std::vector<Cache> read_caches(const fs::path& directory) {
  std::vector<Cache> caches;
  for (int index = 0; fs::exists(directory / ("index" + std::to_string(index))); ++index) {
    const fs::path entry = directory / ("index" + std::to_string(index));
    if (first_line(entry / "type") == "Instruction") continue;
    const Cache cache{
        .level = static_cast<int>(parse_size(first_line(entry / "level"))),
        .bytes = parse_size(first_line(entry / "size")),
        .shared_by = std::max(1U, count_processors(first_line(entry / "shared_cpu_list")))};
    if (cache.level > 0 && cache.bytes > 0) caches.push_back(cache);
  }
  std::sort(caches.begin(), caches.end(),
            [](const Cache& a, const Cache& b) { return a.level < b.level; });
  return caches;
}

std::string read_cpu_model(const fs::path& file) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

Machine describe_machine() {
  return {.cpu = read_cpu_model("/proc/cpuinfo"),
          .processors = available_processors(),
          .instruction_set = cpu::instruction_set(),
          .caches = read_caches("/sys/devices/system/cpu/cpu0/cache")};
}

std::vector<MemoryLevel> memory_levels(const Machine& machine, unsigned threads) {
  constexpr std::size_t kGroup = cpu::kNegateGroup * sizeof(float);
  constexpr std::size_t kLeastOfMemory = std::size_t{64} << 20;  // of all threads
  std::vector<MemoryLevel> levels;
  std::size_t largest = 0;
  for (const Cache& cache : machine.caches) {
    const unsigned caches = std::max(1U, machine.processors / cache.shared_by);
    const unsigned sharers = (threads + caches - 1) / caches;
    const std::size_t part = cache.bytes / sharers;
    if (part < 2 * largest || part < 2 * kGroup) continue;
    largest = part;
    // Half of it, since other data are in it too.
    levels.push_back({.name = "L" + std::to_string(cache.level),
                      .bytes_per_core = part,
                      .measured_bytes = part / 2 / kGroup * kGroup});
  }
  const std::size_t beyond_caches = std::max(kLeastOfMemory / threads, 4 * largest);
  levels.push_back({.name = "memory", .measured_bytes = beyond_caches / kGroup * kGroup});
  return levels;
}

const MemoryLevel& level_that_holds(const std::vector<MemoryLevel>& levels, double bytes) {
  return *std::find_if(levels.begin(), levels.end() - 1, [&](const MemoryLevel& level) {
    return bytes <= static_cast<double>(level.bytes_per_core);
  });
}

}  // namespace vnsweep::bench
