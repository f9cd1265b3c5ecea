#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

#include "build_info.hpp"
#include "host/cli/commands.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/grid.hpp"
#include "host/report/text.hpp"
#include "host/schedule/devices.hpp"
#include "host/trace/trace.hpp"
#include "host/verify/compare.hpp"
#include "host/verify/verify.hpp"
#include "kernels/cpu/training_passes.hpp"
#include "kernels/cuda/device_query.hpp"
#include "kernels/linear_algebra.hpp"
#include "kernels/numerics_version.hpp"
#include "kernels/reference/reference_engine.hpp"

namespace vnsweep {

namespace {

constexpr ProbeSpec kVerificationProbe{.samples = 40, .jacobians = 2};

/// What the reference makes of every case, on all cores of the machine.
std::vector<EngineResults> reference_results(const std::vector<VerificationCase>& cases) {
  std::vector<EngineResults> results(cases.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    ReferenceEngine oracle;
    for (std::size_t k = next++; k < cases.size(); k = next++)
      results[k] = train_and_probe(oracle, cases[k].batch, cases[k].steps, kVerificationProbe);
  };
  std::vector<std::future<void>> workers;
  for (std::size_t k = 0; k < std::max(1U, std::thread::hardware_concurrency()); ++k)
    workers.push_back(std::async(std::launch::async, work));
  for (std::future<void>& worker : workers)
    worker.get();  // throws what the worker threw
  return results;
}

/// Prints the table of one device. @returns how many cases fail
/// @param expected  of each case
std::size_t verify_engine(const NamedEngine& candidate, const std::vector<VerificationCase>& cases,
                          const std::vector<EngineResults>& expected) {
  const Tolerances tolerances;
  std::vector<std::vector<std::string>> rows = {
      {"result", "weights", "loss", "VNI", "spectrum", "gradient", "Jacobian", "case"}};
  std::size_t failures = 0;
  for (std::size_t k = 0; k < cases.size(); ++k) {
    const VerificationCase& entry = cases[k];
    NetworkError worst;
    bool passed = true;
    const EngineResults results =
        train_and_probe(*candidate.engine, entry.batch, entry.steps, kVerificationProbe);
    for (const NetworkError& error : compare_results(results, expected[k])) {
      passed = passed && is_within(error, tolerances);
      if (!(error.worst() <= worst.worst())) worst = error;
    }
    failures += passed ? 0 : 1;
    const auto text = [](double error) { return fmt::format("{:.1e}", error); };
    rows.push_back({passed ? "pass" : "FAIL", text(worst.weights), text(worst.loss),
                    text(worst.vni), text(worst.spectrum), text(worst.gradient),
                    text(worst.jacobian), entry.name});
  }
  std::cout << aligned_table(rows);
  std::cout << fmt::format(
      "\n{}: {} of {} cases pass; relative errors against the reference in double precision, of "
      "the "
      "worst\nnetwork of each case (tolerances: weights {:.0e}, loss {:.0e}, indicators {:.0e})\n",
      candidate.device, cases.size() - failures, cases.size(), tolerances.weights, tolerances.loss,
      tolerances.indicators);
  return failures;
}

}  // namespace

ExitCode trace_command(const TraceOptions& options) {
  const Manifest manifest = load_manifest(options.manifest);
  const std::vector<RunSpec> runs = expand_grid(manifest);
  if (options.index >= runs.size()) {
    throw DeviceError(fmt::format("--index {} is beyond the sweep's {} runs; give 0 to {}",
                                  options.index, runs.size(), runs.size() - 1));
  }
  const DeviceChoice device = first_of(choose_devices_here(options.device, 1));
  check_precision(device, runs);
  const NamedEngine named = std::move(make_engines(device).front());
  write_trace(runs[options.index], *named.engine, named.kind, options.output);
  spdlog::info("run {} of {} traced to {}", options.index, manifest.name, options.output.string());
  return ExitCode::complete;
}

ExitCode verify_command(const std::string& device) {
  if (device == "reference") {
    throw DeviceError("reference is what the other devices are compared with; choose another");
  }
  const DeviceChoice choice = choose_devices_here(device, 1);
  const std::vector<VerificationCase> cases = verification_cases();
  const std::vector<EngineResults> expected = reference_results(cases);
  std::size_t failures = 0;
  for (const NamedEngine& candidate : make_engines(choice))
    failures += verify_engine(candidate, cases, expected);
  // Small networks go one way on a GPU, large ones another; every case can go both.
  if (!choice.gpus.empty()) {
    for (NamedEngine& candidate :
         make_engines({.gpus = choice.gpus}, TrainingPath::layer_by_layer)) {
      candidate.device += ", layer by layer";
      failures += verify_engine(candidate, cases, expected);
    }
  }
  return failures == 0 ? ExitCode::complete : ExitCode::runs_errored;
}

ExitCode devices_command() {
  for (const DeviceDescription& device : list_devices()) {
    std::cout << fmt::format("{:<10}  {}\n", device.name, device.text);
  }
  return ExitCode::complete;
}

std::string version_text() {
  const std::string cuda = cuda_version_text();
  return fmt::format(
      "vnsweep {} (commit {})\n"
      "numerics version {}, engines: reference, cpu (Highway {}, {}){}\n"
      "built by {}, {}\n"
      "SQLite {}, {}",
      build::kVersion, build::kCommit, kNumericsVersion, build::kHighwayVersion,
      cpu::instruction_set(), cuda.empty() ? "" : fmt::format(", cuda ({})", cuda),
      build::kCompiler, build::kBuildType, sqlite3_libversion(), linear_algebra_description());
}

}  // namespace vnsweep
