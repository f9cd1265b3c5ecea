#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/batched/training_path.hpp"
#include "kernels/network.hpp"
#include "tools/gpu/benchmark/statistics.hpp"

/// What the benchmark measures. Plain data: how it is measured is in the files named after it, how
/// it is written in report.hpp.
namespace vnsweep::benchmark {

/// What this device reaches when it does nothing else.
struct Ceilings {
  std::optional<Spread> copy;      ///< bytes read and written per second, device to device
  std::size_t copied_bytes = 0;    ///< size of one array
  std::optional<Spread> fma_fp32;  ///< flop per second; a fused multiply-add is two
  std::optional<Spread> fma_fp64;  ///< likewise
};

/// One row of the training table: `networks` of equal shape, full-batch steps of B samples.
struct TrainingCase {
  int width = 0;
  int samples = 0;  ///< B
  int networks = 0;
  int depth = 100;
  Optimizer optimizer = Optimizer::sgd;
  TrainingPath path = TrainingPath::layer_by_layer;

  bool operator==(const TrainingCase&) const = default;
};

struct TrainingResult {
  TrainingCase shape;
  std::int64_t parameters = 0;      ///< of all networks
  std::size_t memory_needed = 0;    ///< bytes, as the engine says
  double initialize_seconds = 0.0;  ///< once, not part of a step
  std::int64_t steps_timed = 0;     ///< per repetition
  Spread step_seconds;
};

struct EigenvalueResult {
  int n = 0;
  int matrices = 0;                 ///< in one call
  std::size_t workspace_bytes = 0;  ///< on the device
  int failed_matrices = 0;          ///< whose info is not 0
  double worst_trace_error = 0.0;   ///< |sum of eigenvalues - trace| / |trace|
  Spread call_seconds;
};

struct ProbeResult {
  TrainingCase shape;
  int probe_samples = 0;
  Spread probe_seconds;
  Spread step_seconds;
};

/// Something that was to be measured and is not in the tables.
struct LeftOut {
  std::string what;
  std::string reason;
};

struct DeviceFacts {
  std::string name;
  std::string uuid;
  std::string compute_capability;
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;
};

struct Measurements {
  std::string version;  ///< of vnsweep
  std::string commit;
  std::string cuda;  ///< toolkit, runtime, driver
  DeviceFacts device;
  double seconds_allowed = 0.0;
  double seconds_used = 0.0;
  Ceilings ceilings;
  std::vector<TrainingResult> training;
  std::vector<EigenvalueResult> eigenvalues;
  std::optional<ProbeResult> probe;
  std::vector<LeftOut> left_out;      ///< for want of memory or time
  std::vector<std::string> problems;  ///< wrong results and calls that failed
};

}  // namespace vnsweep::benchmark
