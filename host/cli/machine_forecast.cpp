#include "host/cli/machine_forecast.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "host/forecast/calibrate.hpp"
#include "host/forecast/meter.hpp"
#include "host/forecast/run_costs.hpp"
#include "host/forecast/run_sample.hpp"
#include "kernels/cuda/device_query.hpp"

namespace vnsweep {
namespace {

/// Measuring ends about when so much time has passed, whatever is still unknown.
constexpr double kCalibrationSeconds = 5.0;
/// A pilot that takes as long was predicted wrongly, and is given up.
constexpr auto kPilotPatience = std::chrono::seconds(30);

/// Workers that are equally fast.
struct WorkerKind {
  std::vector<Engine*> engines;
  bool is_gpu = false;
};

std::string hardware_text(const NamedEngine& named, const DeviceChoice& devices) {
  if (named.kind == "cuda") {
    const DeviceId id(std::stoi(named.device.substr(named.device.find(':') + 1)));
    return describe_cuda_device(id).name;
  }
  return fmt::format("{}, {} of {}", named.kind, devices.cpu_workers, processor_text());
}

/// Kinds of workers by what their speed depends on. Processors that work at once share caches and
/// memory, so that their number counts.
std::map<std::string, WorkerKind> worker_kinds(const std::vector<NamedEngine>& engines,
                                               const DeviceChoice& devices) {
  std::map<std::string, WorkerKind> kinds;
  for (const NamedEngine& named : engines) {
    WorkerKind& kind = kinds[hardware_text(named, devices)];
    kind.engines.push_back(named.engine.get());
    kind.is_gpu = named.kind == "cuda";
  }
  return kinds;
}

/// Measures with every worker of a kind what `rates` does not cover.
CalibrationOutcome measure_kind(const WorkerKind& kind, const RunClasses& classes,
                                const std::function<bool()>& is_over, RateTable& rates) {
  std::vector<std::unique_ptr<EngineMeter>> meters;
  std::vector<Meter*> pointers;
  for (Engine* engine : kind.engines) {
    // A processor's worker does all on its own thread; a GPU's waits.
    meters.push_back(
        std::make_unique<EngineMeter>(*engine, kind.is_gpu ? wall_clock : thread_clock));
    pointers.push_back(meters.back().get());
  }
  return calibrate(measurements_needed(classes, rates), pointers, is_over, rates);
}

std::vector<KindRates> measure_kinds(const std::map<std::string, WorkerKind>& kinds,
                                     const RunClasses& classes, Calibration& calibration,
                                     const std::stop_token& stop) {
  std::vector<KindRates> result;
  std::size_t measured = 0;
  std::size_t left_out = 0;
  const double start = wall_clock();
  for (const auto& [hardware, kind] : kinds) {
    RateTable& rates = calibration.rates[hardware];
    const double kind_start = wall_clock();
    const CalibrationOutcome outcome = measure_kind(
        kind, classes,
        [&] { return stop.stop_requested() || wall_clock() - kind_start > kCalibrationSeconds; },
        rates);
    measured += outcome.measured;
    left_out += outcome.left_out;
    result.push_back(
        {.workers = kind.engines.size(), .rates = rates, .too_large = outcome.too_large});
  }
  if (measured + left_out > 0 && !stop.stop_requested()) {
    spdlog::info("measured {} kinds of work in {:.1f} s{}", measured, wall_clock() - start,
                 left_out == 0 ? std::string()
                               : fmt::format("; {} more are inferred from these, until the next "
                                             "plan measures them",
                                             left_out));
  }
  return result;
}

/// Asks to stop when `stop` does, or after some time.
class StopInTime {
 public:
  StopInTime(const std::stop_token& stop, std::chrono::seconds patience)
      : pass_on_(stop, [this] { stop_.request_stop(); }),
        timer_([this, patience](const std::stop_token& end) {
          std::mutex mutex;
          std::condition_variable_any ended;
          std::unique_lock lock(mutex);
          ended.wait_for(lock, end, patience, [&] { return end.stop_requested(); });
          if (!end.stop_requested()) stop_.request_stop();
        }) {}

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> pass_on_;
  std::jthread timer_;  // last: it uses what is above
};

/// Makes a pilot as large as there is time for. @returns empty if there is none
std::optional<Pilot> pilot_here(const ForecastInput& input, const DeviceChoice& devices,
                                std::vector<NamedEngine> engines, const std::stop_token& stop) {
  const double whole = make_forecast(input).whole;
  if (whole == 0.0) return std::nullopt;  // nothing fits a worker
  const double seconds = pilot_seconds(whole, input.design());
  const PilotLimits limits{.places = pilot_places(input, seconds), .seconds = seconds};
  if (limits.places == 0) {
    spdlog::info("the runs are too long to try some: how early they end is not known");
    return std::nullopt;
  }
  const auto workers = make_workers(std::move(engines), devices, total_cost(input.runs));
  const double start = wall_clock();
  const StopInTime in_time(stop, kPilotPatience);
  const RunSample sample = [&](const std::vector<std::size_t>& chosen) {
    return run_sample(input.runs, chosen, workers, devices, in_time.token());
  };
  std::optional<Pilot> pilot = make_pilot(input.runs, input.design(), limits, sample, wall_clock);
  if (pilot) {
    spdlog::info("tried {} runs in {:.1f} s", pilot->outcomes.size(), wall_clock() - start);
  } else if (!stop.stop_requested()) {
    spdlog::warn("to try some runs took too long: how early they end is not known");
  }
  return pilot;
}

}  // namespace

std::optional<Forecast> forecast_here(const ForecastRequest& request,
                                      std::vector<NamedEngine> engines, Calibration& calibration,
                                      const std::stop_token& stop) {
  const std::size_t workers = engines.size();
  const RunClasses classes = classify(request.batches);
  const auto costs = run_costs(
      classes, measure_kinds(worker_kinds(engines, request.devices), classes, calibration, stop));
  if (stop.stop_requested()) return std::nullopt;

  std::string sweep = sweep_identity(request.manifest);
  if (request.shard) sweep += ", shard " + to_string(*request.shard);
  ForecastInput input{.classes = classes,
                      .costs = costs,
                      .workers = workers,
                      .runs = request.runs,
                      .pilot = calibration.find_pilot(sweep),
                      .goal = request.manifest.adaptive_seeds()};
  std::optional<Pilot> pilot;
  if (input.pilot == nullptr) {
    pilot = pilot_here(input, request.devices, std::move(engines), stop);
    if (stop.stop_requested()) return std::nullopt;
    if (pilot) {
      calibration.keep_pilot(sweep, *pilot);
      input.pilot = &*pilot;
    }
  }
  return make_forecast(input);
}

}  // namespace vnsweep
