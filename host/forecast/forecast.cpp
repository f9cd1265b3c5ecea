#include "host/forecast/forecast.hpp"

#include <algorithm>
#include <cmath>

#include "host/stats/expected_trials.hpp"

namespace vnsweep {
namespace {

/// Relative error of times predicted from short measurements, about what repeated calibrations of a
/// machine in use differ by.
constexpr double kCalibrationError = 0.15;

/// Runs of the pilot, with their times.
struct Sample {
  std::vector<double> spent;
  std::vector<double> whole;
  std::vector<double> operations;

  Estimate share() const { return share_spent(spent, whole, operations); }
};

/// One run of the pilot.
struct PilotRun {
  std::size_t run = 0;  ///< index in the grid's order
  PilotOutcome outcome;
};

double whole_seconds(const RunClass& runs, const RunCost& cost) {
  return cost.whole(runs.spec()) * static_cast<double>(runs.runs);
}

/// Outcomes of the pilot with the runs that they are of, in the pilot's order.
std::vector<PilotRun> pilot_runs(const ForecastInput& input) {
  const std::vector<PilotOutcome>& outcomes = input.pilot->outcomes;
  const std::size_t places = input.goal ? outcomes.size() / 2 : outcomes.size();
  const auto sequence = pilot_sequence(input.runs, places, input.design());
  std::vector<PilotRun> runs;
  for (std::size_t k = 0; k < sequence.size(); ++k)
    runs.push_back({.run = sequence[k], .outcome = outcomes[k]});
  return runs;
}

/// Failures of each pair of the pilot.
std::vector<int> failures_of_pairs(const Pilot& pilot) {
  std::vector<int> failures;
  for (std::size_t k = 1; k < pilot.outcomes.size(); k += 2) {
    failures.push_back((pilot.outcomes[k - 1].failed ? 1 : 0) + (pilot.outcomes[k].failed ? 1 : 0));
  }
  return failures;
}

/// Times of a pilot's runs, as far as they fit a worker.
struct PilotTimes {
  Sample all;
  Sample of_outcome[2];  ///< succeeded, failed
  std::map<std::string, Sample> lines;

  PilotTimes(const ForecastInput& input, std::vector<PilotRun> runs) {
    std::stable_sort(runs.begin(), runs.end(),
                     [](const PilotRun& a, const PilotRun& b) { return a.run < b.run; });
    for (const auto& [run, outcome] : runs) {
      const RunSpec& spec = input.runs[run];
      const std::string key = class_key(spec);
      const RunCost& cost = input.costs.at(key);
      if (std::isnan(cost.whole(spec))) continue;
      Sample& line = lines[input.classes.at(key).line];
      for (Sample* sample : {&all, &of_outcome[outcome.failed ? 1 : 0], &line}) {
        sample->spent.push_back(cost.seconds(spec, outcome.steps));
        sample->whole.push_back(cost.whole(spec));
        sample->operations.push_back(predicted_cost(spec));
      }
    }
  }

  /// Mean share of runs with this outcome; whole if there is none.
  double share_of(bool failed) const {
    const Sample& sample = of_outcome[failed ? 1 : 0];
    return sample.spent.empty() ? 1.0 : sample.share().value;
  }
};

}  // namespace

Forecast make_forecast(const ForecastInput& input) {
  Forecast forecast;
  double whole = 0.0;
  for (const auto& [key, runs] : input.classes) {
    const double seconds = whole_seconds(runs, input.costs.at(key));
    forecast.line_seconds[runs.line] += seconds;
    if (!std::isnan(seconds)) whole += seconds;
  }
  const auto workers = static_cast<double>(input.workers);
  forecast.whole = whole / workers;
  if (input.pilot == nullptr) return forecast;

  const PilotTimes times(input, pilot_runs(input));
  if (times.all.spent.empty()) return forecast;
  const Estimate share = times.all.share();
  for (auto& [line, seconds] : forecast.line_seconds) {
    const auto found = times.lines.find(line);
    seconds *= found == times.lines.end() ? share.value : found->second.share().value;
  }
  GrowthEstimate growth{.value = 1.0, .error = 0.0};
  if (input.goal) {
    growth = growth_of_pairs(*input.goal, failures_of_pairs(*input.pilot), times.share_of(true),
                             times.share_of(false));
  }
  forecast.growth = growth.value;
  forecast.likely = forecast.whole * share.value * growth.value;
  const double spread = std::hypot(2.0 * share.error / std::max(share.value, 1e-9),
                                   2.0 * growth.error / growth.value, kCalibrationError);
  forecast.low = *forecast.likely * std::max(0.0, 1.0 - spread);
  forecast.high = *forecast.likely * (1.0 + spread);
  return forecast;
}

std::size_t pilot_places(const ForecastInput& input, double seconds) {
  constexpr std::size_t kFewest = 8;
  constexpr double kMost = 1000.0;
  // A place falls on a run with a chance in proportion to its predicted operations.
  double operations = 0.0;
  double weighted = 0.0;
  for (const auto& [key, runs] : input.classes) {
    const double whole = whole_seconds(runs, input.costs.at(key));
    if (std::isnan(whole)) continue;
    operations += predicted_cost(runs.spec()) * static_cast<double>(runs.runs);
    weighted += predicted_cost(runs.spec()) * whole;
  }
  if (!(weighted > 0.0)) return 0;
  const double mean_seconds = weighted / operations * (input.goal ? 2.0 : 1.0);
  const double places = seconds * static_cast<double>(input.workers) / mean_seconds;
  const double most = std::min(kMost, static_cast<double>(input.runs.size()));
  if (places < static_cast<double>(std::min(kFewest, input.runs.size()))) return 0;
  return static_cast<std::size_t>(std::min(places, most));
}

double pilot_seconds(double whole, PilotDesign design) {
  constexpr double kShare = 0.05;
  constexpr double kLeast = 1.0;
  constexpr double kMost = 10.0;
  const double runs_per_place = design == PilotDesign::pairs ? 2.0 : 1.0;
  return std::min(kMost, runs_per_place * std::max(kLeast, kShare * whole));
}

}  // namespace vnsweep
