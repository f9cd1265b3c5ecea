#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "host/bench/bench_report.hpp"
#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/manifest/diagnostics.hpp"
#include "host/manifest/field.hpp"

namespace vnsweep {
namespace {

using bench::BenchResult;
using bench::Crew;
using bench::MachineLimits;
using bench::MemoryLevel;
using bench::PeakMeter;
using bench::TrainingCase;
using bench::TrainingSpeed;

/// The value that a manifest's word stands for.
RunSpec spec_of_word(const char* option, const char* section, const char* name,
                     const std::string& word) {
  const Field& field = *find_field(section, name);
  const std::string problem = check_value(field, Value(word));
  if (!problem.empty()) {
    throw std::runtime_error(
        fmt::format("{}: {}{}", option, problem, did_you_mean(word, field.words)));
  }
  RunSpec spec;
  field.set(spec, Value(word));
  return spec;
}

std::vector<Optimizer> optimizers(const BenchOptions& options) {
  std::vector<Optimizer> result;
  for (const std::string& word : options.optimizers) {
    result.push_back(spec_of_word("--optimizer", "train", "optimizer", word).optimizer);
    if (result.back() == Optimizer::rmsprop) {
      throw std::runtime_error(
          "--optimizer: rmsprop has no count of operations to compare with the peak; choose sgd or "
          "adam");
    }
  }
  return result;
}

/// All points for one number of threads, widths varying fastest.
std::vector<TrainingCase> cases(const BenchOptions& options, unsigned threads) {
  const Activation activation =
      spec_of_word("--activation", "model", "activation", options.activation).activation;
  std::vector<TrainingCase> result;
  for (const Optimizer optimizer : optimizers(options)) {
    for (const int samples : options.batches) {
      for (const int depth : options.depths) {
        for (const int width : options.widths) {
          result.push_back({.width = width,
                            .depth = depth,
                            .samples = samples,
                            .optimizer = optimizer,
                            .activation = activation,
                            .threads = threads});
        }
      }
    }
  }
  return result;
}

/// One device of one kind: shares of a peak have no meaning for a mixture.
DeviceChoice choose_one_kind(const std::string& device, unsigned threads) {
  const DeviceChoice choice = choose_devices_here(device, threads);
  if (choice.gpus.size() > 1 || (!choice.gpus.empty() && choice.cpu_workers > 0)) {
    throw DeviceError(fmt::format(
        "device '{}' is more than one; bench measures one GPU, such as cuda:0, or cpu", device));
  }
  return choice;
}

/// One thread, and all of them; a GPU has one engine.
std::vector<unsigned> thread_counts(const BenchOptions& options) {
  if (!choose_one_kind(options.device, 1).gpus.empty()) return {1};
  if (!options.threads.empty()) return options.threads;
  const unsigned all = available_processors();
  return all == 1 ? std::vector<unsigned>{1} : std::vector<unsigned>{1, all};
}

MachineLimits measure_limits(const bench::Machine& machine, unsigned threads, PeakMeter& meter) {
  constexpr int kRepetitions = 5;
  MachineLimits limits{.threads = threads, .levels = bench::memory_levels(machine, threads)};
  limits.byte_rates.resize(limits.levels.size());
  for (int k = 0; k < kRepetitions; ++k) {
    limits.flop_rate = std::max(limits.flop_rate, meter.multiply_adds());
    for (std::size_t level = 0; level < limits.levels.size(); ++level) {
      limits.byte_rates[level] =
          std::max(limits.byte_rates[level], meter.bandwidth(limits.levels[level].measured_bytes));
    }
  }
  return limits;
}

/// Adds what so many threads reach to the result.
void measure_threads(const BenchOptions& options, unsigned threads, BenchResult& result) {
  std::vector<NamedEngine> engines = make_engines(choose_one_kind(options.device, threads));
  Crew crew(static_cast<unsigned>(engines.size()));
  PeakMeter meter(crew);
  if (engines.front().kind == "cpu")
    result.limits.push_back(measure_limits(result.machine, crew.size(), meter));
  for (const TrainingCase& shape : cases(options, crew.size())) {
    try {
      result.points.push_back(
          bench::measure_training(shape, {.seconds = options.seconds, .networks = options.networks},
                                  engines, result.machine, crew, meter));
      const TrainingSpeed& point = result.points.back();
      const auto share = point.share_of_flop_rate();
      spdlog::info("{}: {:.3g} G updates/s{}", words(shape), 1e-9 * point.update_rate,
                   share ? fmt::format(", {:.1f} % of FMA peak", 100.0 * *share) : "");
    } catch (const bench::NotMeasured& problem) {
      result.left_out.push_back({shape, problem.what()});
    } catch (const DeviceOutOfMemory& problem) {
      result.left_out.push_back({shape, problem.what()});
    }
  }
}

void describe_device(const BenchOptions& options, BenchResult& result) {
  const DeviceChoice choice = choose_one_kind(options.device, 1);
  result.device = choice.reference ? "reference" : "cpu";
  if (!choice.gpus.empty()) result.device = fmt::format("cuda:{}", choice.gpus.front().value());
  for (const DeviceDescription& device : list_devices()) {
    if (device.name == result.device) result.device_description = device.text;
  }
}

}  // namespace

ExitCode bench_command(const BenchOptions& options) {
  BenchResult result{.machine = bench::describe_machine(), .seconds = options.seconds};
  describe_device(options, result);
  cases(options, 1);  // says what is wrong before anything is measured
  for (const unsigned threads : thread_counts(options))
    measure_threads(options, threads, result);
  if (options.format == TableFormat::json) {
    std::cout << to_json(result).dump(2) << '\n';
  } else {
    std::cout << to_table(result);
  }
  check_output();
  return ExitCode::complete;
}

}  // namespace vnsweep
