#include "host/schedule/devices.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/reference/reference_engine.hpp"

namespace vnsweep {
namespace {

std::size_t physical_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(pages) * static_cast<std::size_t>(page);
}

/// Physical memory, or less if this process's control group allows less.
std::size_t available_memory() {
  std::size_t limit = 0;
  std::ifstream stream("/sys/fs/cgroup/memory.max");  // holds "max" where there is no limit
  return stream >> limit ? std::min(limit, physical_memory()) : physical_memory();
}

/// Share of the machine's memory that all batches together may take.
constexpr double kMemoryShare = 0.8;

}  // namespace

unsigned available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    return std::max(1U, static_cast<unsigned>(CPU_COUNT(&set)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

std::vector<DeviceDescription> list_devices() {
  const unsigned cores = available_processors();
  return {
      {"cpu", fmt::format("float32, {} worker{}, {}, {} GiB of memory", cores,
                          cores == 1 ? "" : "s", cpu::instruction_set(), available_memory() >> 30)},
      {"reference", "float64, plain loops, for checking; slow"},
      {"cuda", "not available: this build has no CUDA engine"}};
}

std::unique_ptr<Engine> make_engine(std::string_view device, std::size_t memory_limit) {
  if (device == "auto" || device == "cpu") return std::make_unique<CpuEngine>(memory_limit);
  if (device == "reference") return std::make_unique<ReferenceEngine>();
  if (device == "cuda" || device.starts_with("cuda:")) {
    throw DeviceError(
        fmt::format("device '{}' is not available (this build has no CUDA engine); use "
                    "--device cpu",
                    device));
  }
  throw DeviceError(fmt::format("unknown device '{}'; choose auto, cpu or reference", device));
}

std::size_t memory_per_worker(std::size_t workers) {
  return static_cast<std::size_t>(kMemoryShare * static_cast<double>(available_memory()) /
                                  static_cast<double>(workers));
}

std::vector<std::unique_ptr<Worker>> make_workers(std::string_view device, unsigned threads) {
  const unsigned count = threads == 0 ? available_processors() : threads;
  const std::size_t limit = memory_per_worker(count);
  const std::string kind(device == "auto" ? "cpu" : device);
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned k = 0; k < count; ++k) {
    workers.push_back(std::make_unique<EngineWorker>(make_engine(device, limit), kind,
                                                     fmt::format("{}:{}", kind, k)));
  }
  return workers;
}

}  // namespace vnsweep
