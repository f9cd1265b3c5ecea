#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace vnsweep::bench {

/// A cache that holds data, of the first processor.
struct Cache {
  int level = 0;
  std::size_t bytes = 0;
  unsigned shared_by = 1;  ///< processors

  bool operator==(const Cache&) const = default;
};

struct Machine {
  std::string cpu;  ///< model, "unknown" where the system does not say
  unsigned processors = 1;
  std::string instruction_set;  ///< that the cpu engine uses
  std::vector<Cache> caches;    ///< from the smallest; empty where the system does not say
};

Machine describe_machine();

/// @param directory  such as /sys/devices/system/cpu/cpu0/cache
std::vector<Cache> read_caches(const std::filesystem::path& directory);

/// The first model name of a file such as /proc/cpuinfo.
std::string read_cpu_model(const std::filesystem::path& file);

/// How many processors a list such as "0-3,8" names; 0 if it makes no sense.
unsigned count_processors(const std::string& list);

/// Where data that a core goes through again and again can be.
struct MemoryLevel {
  std::string name;                ///< L1, L2, L3; memory
  std::size_t bytes_per_core = 0;  ///< what it holds for each thread; of memory, no limit is known
  std::size_t measured_bytes = 0;  ///< per thread: what lies in this level for certain

  bool is_memory() const { return bytes_per_core == 0; }
};

/// The machine's levels for so many threads at once, spread over its processors: each has a whole
/// cache, or an equal part of it where there are more threads than caches. Caches whose part is not
/// at least twice that of the level before cannot be told from it and are left out. Memory is last.
std::vector<MemoryLevel> memory_levels(const Machine& machine, unsigned threads);

/// The first level that holds `bytes` for each thread.
const MemoryLevel& level_that_holds(const std::vector<MemoryLevel>& levels, double bytes);

}  // namespace vnsweep::bench
