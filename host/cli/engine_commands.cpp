#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <iostream>
#include <utility>

#include "build_info.hpp"
#include "host/cli/commands.hpp"
#include "host/manifest/manifest.hpp"
#include "host/plan/grid.hpp"
#include "host/report/text.hpp"
#include "host/schedule/devices.hpp"
#include "host/trace/trace.hpp"
#include "host/verify/verify.hpp"
#include "kernels/cpu/training_passes.hpp"
#include "kernels/cuda/device_query.hpp"
#include "kernels/linear_algebra.hpp"
#include "kernels/numerics_version.hpp"
#include "kernels/reference/reference_engine.hpp"

namespace vnsweep {

namespace {

/// Prints the table of one device. @returns how many cases fail
std::size_t verify_engine(const NamedEngine& candidate) {
  ReferenceEngine oracle;
  const Tolerances tolerances;
  std::vector<std::vector<std::string>> rows = {
      {"result", "weights", "loss", "VNI", "spectrum", "gradient", "Jacobian", "case"}};
  std::size_t failures = 0;
  const auto cases = verification_cases();
  for (const VerificationCase& entry : cases) {
    const ProbeSpec probe{.samples = 40, .jacobians = 2};
    NetworkError worst;
    bool passed = true;
    for (const NetworkError& error :
         compare_engines(*candidate.engine, oracle, entry.batch, entry.steps, probe)) {
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
  std::size_t failures = 0;
  for (const NamedEngine& candidate : make_engines(choice))
    failures += verify_engine(candidate);
  // Small networks go one way on a GPU, large ones another; every case can go both.
  if (!choice.gpus.empty()) {
    for (NamedEngine& candidate :
         make_engines({.gpus = choice.gpus}, TrainingPath::layer_by_layer)) {
      candidate.device += ", layer by layer";
      failures += verify_engine(candidate);
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
