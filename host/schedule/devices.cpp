#include "host/schedule/devices.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <thread>

#include "host/schedule/batch_sizes.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/cuda/cuda_engine.hpp"
#include "kernels/cuda/device_query.hpp"
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

std::size_t memory_per_cpu_worker(unsigned workers) {
  return static_cast<std::size_t>(kMemoryShare * static_cast<double>(available_memory()) / workers);
}

/// A GPU that cannot be used is a wrong choice of device, and nothing has been lost yet.
std::unique_ptr<Engine> make_gpu_engine(DeviceId id, TrainingPath path, unsigned sharers) {
  try {
    return make_cuda_engine(id, path, sharers);
  } catch (const std::exception& e) {
    throw DeviceError(
        fmt::format("device 'cuda:{}' cannot be used ({}); is another process using "
                    "it? Choose another with --device",
                    id.value(), e.what()));
  }
}

/// "cuda:0 GPU-...": a batch system gives every task a GPU 0, and results are to tell which it was.
std::string gpu_name(DeviceId id) {
  return fmt::format("cuda:{} {}", id.value(), describe_cuda_device(id).uuid);
}

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
  std::vector<DeviceDescription> devices = {
      {"cpu", fmt::format("float32, {} worker{}, {}, {} GiB of memory", cores,
                          cores == 1 ? "" : "s", cpu::instruction_set(), available_memory() >> 30)},
      {"reference", "float64, plain loops, for checking; slow"}};
  const CudaAvailability cuda = query_cuda_devices();
  for (const CudaDeviceInfo& device : cuda.devices) {
    devices.push_back({fmt::format("cuda:{}", device.id.value()),
                       fmt::format("float32, {}, {} multiprocessors, compute capability {}.{}, {} "
                                   "GiB of memory",
                                   device.name, device.multiprocessors, device.compute_major,
                                   device.compute_minor, device.total_memory >> 30)});
  }
  if (cuda.devices.empty()) devices.push_back({"cuda", "not available: " + cuda.problem});
  return devices;
}

DeviceChoice choose_devices_here(const std::string& device, unsigned threads,
                                 unsigned workers_per_gpu) {
  const unsigned workers = threads == 0 ? available_processors() : threads;
  DeviceChoice choice = choose_devices(device, workers, query_cuda_devices());
  if (!choice.gpus.empty()) choice.workers_per_gpu = workers_per_gpu;
  return choice;
}

std::vector<NamedEngine> make_engines(const DeviceChoice& choice, TrainingPath path) {
  std::vector<NamedEngine> engines;
  for (const DeviceId id : choice.gpus) {
    for (unsigned k = 0; k < choice.workers_per_gpu; ++k) {
      engines.push_back({make_gpu_engine(id, path, choice.workers_per_gpu), "cuda", gpu_name(id)});
    }
  }
  for (unsigned k = 0; k < choice.cpu_workers; ++k) {
    if (choice.reference) {
      engines.push_back(
          {std::make_unique<ReferenceEngine>(), "reference", fmt::format("reference:{}", k)});
    } else {
      engines.push_back({std::make_unique<CpuEngine>(memory_per_cpu_worker(choice.cpu_workers)),
                         "cpu", fmt::format("cpu:{}", k)});
    }
  }
  return engines;
}

std::vector<std::shared_ptr<Worker>> make_workers(std::vector<NamedEngine> engines,
                                                  const DeviceChoice& choice, double total_cost) {
  constexpr double kAny = std::numeric_limits<double>::infinity();
  std::vector<std::shared_ptr<Worker>> workers;
  for (NamedEngine& named : engines) {
    const bool beside_gpus = named.kind == "cpu" && !choice.gpus.empty();
    workers.push_back(
        std::make_shared<EngineWorker>(std::move(named.engine), named.kind, named.device,
                                       beside_gpus ? cpu_share(choice, total_cost) : kAny));
  }
  return workers;
}

void check_precision(const DeviceChoice& choice, std::span<const RunSpec> runs) {
  const bool asked = std::any_of(runs.begin(), runs.end(), [](const RunSpec& spec) {
    return spec.precision == Precision::tf32;
  });
  if (asked && choice.cpu_workers > 0) {
    throw DeviceError(
        "the manifest asks for precision tf32, which only GPUs have; use --device cuda, or "
        "precision fp32");
  }
  const bool asks_for_accuracy = std::any_of(runs.begin(), runs.end(), [](const RunSpec& spec) {
    return spec.activation_accuracy == ActivationAccuracy::accurate;
  });
  if (asks_for_accuracy && !choice.gpus.empty()) {
    throw DeviceError(
        "the manifest asks for activation_accuracy accurate, which GPUs do not have; use --device "
        "cpu, or activation_accuracy fast");
  }
}

}  // namespace vnsweep
