#include "host/forecast/meter.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "host/task/task.hpp"

namespace vnsweep {
namespace {

/// One measurement takes about this long, and no longer than needed for a single piece of work.
constexpr double kEnoughSeconds = 0.02;
constexpr std::size_t kFewestTimes = 3;
constexpr std::size_t kMostTimes = 200;

/// Steps that a sweep takes between two probes, about, and seconds that are not spent on them.
constexpr double kUsualSteps = 100.0;
constexpr double kLongestCall = 0.1;

/// Networks whose step takes more than this many operations are not trained side by side.
constexpr double kOperationsSideBySide = 1e8;
/// More than this is not trained for the sake of an evaluation that belongs to it.
constexpr double kAffordableOperations = 5e9;
/// Probes and initializations take as long for one network as for the next.
constexpr std::size_t kNetworksProbed = 2;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// One time that was taken.
struct Timing {
  double per_unit = 0.0;  ///< seconds of one network for one unit of work
  double seconds = 0.0;   ///< in all
};

/// Median over repetitions of `work`, until they took long enough or there is nothing to time.
/// @returns `otherwise` if there was nothing at all
double repeat(const std::function<std::optional<Timing>()>& work, double otherwise) {
  std::vector<double> times;
  double total = 0.0;
  while (times.size() < kMostTimes) {
    const std::optional<Timing> timing = work();
    if (!timing) break;
    times.push_back(timing->per_unit);
    total += timing->seconds;
    const bool few = times.size() < kFewestTimes && total < 10.0 * kEnoughSeconds;
    if (!few && total >= kEnoughSeconds) break;
  }
  return times.empty() ? otherwise : median(std::move(times));
}

std::size_t networks_measured(WorkKind kind, std::span<const RunSpec> sample) {
  if (kind != WorkKind::train) return std::min(kNetworksProbed, sample.size());
  const auto affordable =
      static_cast<std::size_t>(kOperationsSideBySide / step_operations(sample.front()));
  return std::clamp<std::size_t>(affordable, 1, sample.size());
}

/// Networks that go on for as long as they are trained.
NetworkBatch endless_batch(std::vector<RunSpec> runs) {
  auto data = make_training_data(runs.front());
  NetworkBatch batch = make_batch(std::move(runs), std::move(data)).networks;
  batch.success.accuracy.reset();
  batch.success.loss = -1.0;  // no loss is so small
  batch.budget = StepCount(std::int64_t{1} << 30);
  return batch;
}

std::int64_t steps_made(const std::vector<Evaluation>& evaluations) {
  std::int64_t steps = 0;
  for (const Evaluation& evaluation : evaluations)
    steps += evaluation.step.value();
  return steps;
}

}  // namespace

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double thread_clock() {
  struct timespec now {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

EngineMeter::EngineMeter(Engine& engine, SecondsClock clock)
    : engine_(engine), clock_(std::move(clock)) {}

double EngineMeter::time_of(const std::function<void()>& work) const {
  const double start = clock_();
  work();
  return std::max(clock_() - start, 1e-9);
}

std::optional<double> EngineMeter::measure(WorkKind kind, std::span<const RunSpec> sample) {
  for (std::size_t networks = networks_measured(kind, sample); networks > 0; networks /= 2) {
    const NetworkBatch batch =
        endless_batch({sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(networks)});
    try {
      switch (kind) {
        case WorkKind::initialize:
          return measure_initialization(batch);
        case WorkKind::train:
          return measure_training(batch, step_operations(sample.front()));
        case WorkKind::probe:
          return measure_probing(batch, probe_spec(sample.front()));
      }
    } catch (const DeviceOutOfMemory&) {
      // Half as many may fit.
    }
  }
  return std::nullopt;
}

double EngineMeter::measure_initialization(const NetworkBatch& batch) {
  const auto networks = static_cast<double>(batch.networks.size());
  return repeat(
      [&] {
        const double seconds = time_of([&] { engine_.initialize(batch); });
        return Timing{seconds / networks, seconds};
      },
      0.0);
}

double EngineMeter::measure_training(const NetworkBatch& batch, double operations_per_step) {
  engine_.initialize(batch);
  const auto affordable = static_cast<std::int64_t>(kAffordableOperations / operations_per_step);
  // From one evaluation to the next, where that is not too long.
  const std::int64_t every = batch.success.every.value();
  const std::int64_t period = std::clamp<std::int64_t>(affordable, 1, every);
  const auto train = [&](std::int64_t steps) {
    return time_of([&] {
      engine_.train(StepCount(steps));
      engine_.finished();  // devices are known to be done only now
    });
  };
  // The first steps fetch the weights; the second say how many make a measurement of some length.
  // A sweep trains many at a time, so that moving networks in and out hardly counts.
  const double first = train(period) + train(period);
  const double again = train(period);
  const double wanted = kEnoughSeconds / static_cast<double>(kFewestTimes) / again;
  const double usual = kUsualSteps / static_cast<double>(period);
  const double longest = std::max(1.0, kLongestCall / again);
  const auto periods = static_cast<std::int64_t>(
      std::clamp(std::max(wanted, usual), 1.0, std::min(longest, 10'000.0)));
  const std::int64_t steps = period * periods;
  const std::vector<Evaluation> diverged = engine_.finished();
  double per_step = repeat(
      [&]() -> std::optional<Timing> {
        const std::size_t live = batch.networks.size() - engine_.finished().size();
        if (live == 0) return std::nullopt;
        const double seconds = train(steps);
        return Timing{seconds / static_cast<double>(steps * static_cast<std::int64_t>(live)),
                      seconds};
      },
      first / static_cast<double>(std::max<std::int64_t>(1, steps_made(diverged))));
  if (period < every && batch.minibatch) {
    per_step += time_of([&] { engine_.evaluate(); }) /
                static_cast<double>(every * static_cast<std::int64_t>(batch.networks.size()));
  }
  return per_step;
}

double EngineMeter::measure_probing(const NetworkBatch& batch, const ProbeSpec& spec) {
  engine_.initialize(batch);
  std::vector<NetworkIndex> networks;
  for (std::size_t n = 0; n < batch.networks.size(); ++n)
    networks.emplace_back(static_cast<std::uint32_t>(n));
  return repeat(
      [&] {
        const double seconds = time_of([&] { engine_.probe(spec, networks); });
        return Timing{seconds / static_cast<double>(networks.size()), seconds};
      },
      0.0);
}

}  // namespace vnsweep
