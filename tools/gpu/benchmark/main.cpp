#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "build_info.hpp"
#include "kernels/cuda/cuda_engine.hpp"
#include "kernels/cuda/device_context.hpp"
#include "kernels/cuda/device_query.hpp"
#include "tools/gpu/benchmark/ceilings.hpp"
#include "tools/gpu/benchmark/deadline.hpp"
#include "tools/gpu/benchmark/eigenvalues.hpp"
#include "tools/gpu/benchmark/plan.hpp"
#include "tools/gpu/benchmark/report.hpp"
#include "tools/gpu/benchmark/training.hpp"

namespace vnsweep::benchmark {
namespace {

constexpr int kComplete = 0;
constexpr int kUsage = 2;
constexpr int kProblem = 3;

// Shares of the time, of which the training table has the rest.
constexpr double kEigenvalueShare = 0.15;
constexpr double kProbeShare = 0.1;

struct Options {
  int device = 0;
  double seconds = 180.0;
  std::string markdown;
};

/// Runs the measurements one after the other. What fails is noted, and the next one made.
class Benchmark {
 public:
  Benchmark(DeviceId device, double seconds) : device_(device), deadline_(seconds) {
    const CudaDeviceInfo info = describe_cuda_device(device);
    measurements_.version = build::kVersion;
    measurements_.commit = build::kCommit;
    measurements_.cuda = cuda_version_text();
    measurements_.device = {
        .name = info.name,
        .uuid = info.uuid,
        .compute_capability = fmt::format("{}.{}", info.compute_major, info.compute_minor),
        .multiprocessors = info.multiprocessors,
        .memory_bytes = info.total_memory};
    measurements_.seconds_allowed = seconds;
  }

  Measurements run() {
    try {
      measure_device();
      measure_engine();
    } catch (const DeviceLost& error) {
      measurements_.problems.push_back(fmt::format("stopped: {}", error.what()));
    }
    measurements_.seconds_used = measurements_.seconds_allowed - deadline_.remaining();
    return std::move(measurements_);
  }

 private:
  void measure_device();
  void measure_engine();
  void attempt(const std::string& what, const std::function<void()>& measure);

  DeviceId device_;
  Deadline deadline_;
  Measurements measurements_;
};

/// @throws DeviceLost
void Benchmark::attempt(const std::string& what, const std::function<void()>& measure) {
  fmt::print(stderr, "{:6.1f} s left: {}\n", deadline_.remaining(), what);
  if (deadline_.remaining() <= 0.0) {
    measurements_.left_out.push_back({what, "the time is up"});
    return;
  }
  try {
    measure();
  } catch (const NotMeasured& error) {
    measurements_.left_out.push_back({what, error.what()});
  } catch (const DeviceOutOfMemory& error) {
    measurements_.left_out.push_back({what, error.what()});
  } catch (const DeviceLost&) {
    throw;
  } catch (const std::exception& error) {
    measurements_.problems.push_back(fmt::format("{}: {}", what, error.what()));
  }
}

void Benchmark::measure_device() {
  const DeviceContext context(device_);
  Ceilings& ceilings = measurements_.ceilings;
  attempt("copy", [&] {
    ceilings.copied_bytes = copy_size(context);
    ceilings.copy = measure_copy(context, ceilings.copied_bytes);
  });
  attempt("FP32 multiply-adds", [&] { ceilings.fma_fp32 = measure_fma_fp32(context); });
  attempt("FP64 multiply-adds", [&] { ceilings.fma_fp64 = measure_fma_fp64(context); });

  const auto sizes = eigenvalue_sizes();
  const double share =
      kEigenvalueShare * measurements_.seconds_allowed / static_cast<double>(sizes.size());
  for (const int n : sizes) {
    const int matrices = eigenvalue_matrices(n);
    const std::string what = fmt::format("eigenvalues of {} matrices, n {}", matrices, n);
    attempt(what, [&] {
      const EigenvalueResult result =
          measure_eigenvalues(context, n, matrices, deadline_.within(share));
      measurements_.eigenvalues.push_back(result);
      if (result.failed_matrices > 0) {
        throw std::runtime_error(
            fmt::format("info is not 0 for {} matrices", result.failed_matrices));
      }
      if (!(result.worst_trace_error <= kTraceTolerance)) {
        throw std::runtime_error(fmt::format("the sum of eigenvalues is off the trace by {:.1e}",
                                             result.worst_trace_error));
      }
    });
  }
}

void Benchmark::measure_engine() {
  // One at a time, so that each has the memory of the whole device.
  std::unique_ptr<Engine> engine;
  std::optional<TrainingPath> path;
  const auto engine_for = [&](const TrainingCase& shape) -> Engine& {
    if (engine == nullptr || path != shape.path) {
      engine.reset();
      engine = make_cuda_engine(device_, shape.path);
      path = shape.path;
    }
    return *engine;
  };

  const TrainingCase probed{
      .width = 64, .samples = 4, .networks = 100, .path = TrainingPath::in_blocks};
  constexpr int kProbeSamples = 256;
  attempt(fmt::format("probe of {}", words(probed)), [&] {
    Engine& of_its_path = engine_for(probed);
    measurements_.probe =
        measure_probe(of_its_path, probed, kProbeSamples,
                      deadline_.within(kProbeShare * measurements_.seconds_allowed));
  });

  const auto cases = training_cases();
  for (std::size_t k = 0; k < cases.size(); ++k) {
    attempt(words(cases[k]), [&] {
      Engine& of_its_path = engine_for(cases[k]);
      // What a case does not use is there for the later ones.
      const double share = seconds_for_case(deadline_.remaining(), cases.size() - k);
      measurements_.training.push_back(
          measure_training(of_its_path, cases[k], deadline_.within(share)));
    });
  }
}

/// @throws std::runtime_error if there is no such device
DeviceId find_device(int number) {
  const CudaAvailability found = query_cuda_devices();
  if (found.devices.empty()) throw std::runtime_error(found.problem);
  for (const CudaDeviceInfo& device : found.devices) {
    if (device.id.value() == number) return device.id;
  }
  throw std::runtime_error(fmt::format(
      "there is no device {} that this build has code for; choose 0 to {}, or one that `vnsweep "
      "devices` lists",
      number, found.devices.back().id.value()));
}

void write_file(const std::string& name, const std::string& text) {
  std::ofstream file(name);
  file << text;
  file.close();
  if (!file)
    throw std::runtime_error(
        fmt::format("cannot write {}; name another file with --markdown", name));
}

int run_main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Measures what a GPU reaches, and how near to that vnsweep's CUDA engine comes: copies, FP32 "
      "and\nFP64 multiply-adds, training steps, batched eigenvalues, probes.\nWrites one JSON "
      "object to standard output, progress to standard error.",
      "vnsweep_gpu_benchmark");
  app.footer(
      "Exit codes: 0 complete; 2 bad usage or no GPU; 3 a result was wrong or a call failed.\nWhat "
      "does not fit the memory or the time is listed under left_out.");
  app.add_option("--device", options.device, "CUDA device, as `vnsweep devices` numbers them")
      ->check(CLI::NonNegativeNumber.description(""))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Time for all of it, about")
      ->check(CLI::Range(1.0, 1e5).description(""))
      ->capture_default_str();
  app.add_option("--markdown", options.markdown, "File for the tables as Markdown");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kComplete : kUsage;
  }

  DeviceId device;
  try {
    device = find_device(options.device);
  } catch (const std::exception& error) {
    fmt::print(stderr, "vnsweep_gpu_benchmark: {}\n", error.what());
    return kUsage;
  }
  const Measurements measurements = Benchmark(device, options.seconds).run();
  std::cout << to_json(measurements).dump(2) << std::endl;
  if (!options.markdown.empty()) write_file(options.markdown, to_markdown(measurements));
  return measurements.problems.empty() ? kComplete : kProblem;
}

}  // namespace
}  // namespace vnsweep::benchmark

int main(int argc, char** argv) {
  try {
    return vnsweep::benchmark::run_main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vnsweep_gpu_benchmark: %s\n", error.what());
    return vnsweep::benchmark::kProblem;
  }
}
