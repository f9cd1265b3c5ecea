#include "host/schedule/batch_sizes.hpp"

#include <algorithm>
#include <limits>

namespace vnsweep {

double cpu_share(const DeviceChoice& choice, double total_cost) {
  // Small enough that the last batches end close together, large enough to be worth queueing.
  constexpr double kBatchesPerWorker = 32.0;
  return total_cost / (kBatchesPerWorker * static_cast<double>(choice.workers()));
}

BatchLimits batch_limits(const DeviceChoice& choice, double total_cost) {
  constexpr std::size_t kMostRunsOfCpu = 256;
  if (choice.gpus.empty()) {
    // A vector holds up to so many networks; those that are left out of it cost as much as if they
    // were not. Batches may be larger for that: small ones, which come last, still even out the
    // end.
    constexpr std::size_t kNetworksOfVector = 16;
    constexpr double kLargestShare = 8.0;
    const double share = cpu_share(choice, total_cost);
    return {.max_cost = share,
            .max_runs = kMostRunsOfCpu,
            .together = kNetworksOfVector,
            .max_cost_together = kLargestShare * share};
  }
  // Some times what the largest GPU trains at once; a worker takes what fits its memory.
  constexpr std::size_t kMostRunsOfGpu = 16'384;
  if (choice.workers() == 1) {
    return {.max_cost = std::numeric_limits<double>::infinity(), .max_runs = kMostRunsOfGpu};
  }
  constexpr unsigned kLeastBatchesPerGpu = 4;
  const auto batches = static_cast<double>(choice.gpus.size()) *
                       std::max(kLeastBatchesPerGpu, choice.workers_per_gpu);
  return {.max_cost = total_cost / batches, .max_runs = kMostRunsOfGpu};
}

}  // namespace vnsweep
