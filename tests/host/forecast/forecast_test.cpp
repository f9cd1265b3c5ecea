#include "host/forecast/forecast.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "host/forecast/run_costs.hpp"
#include "host/plan/batch_plan.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

/// A sweep on workers of made-up speed: nothing but steps takes time, `step_seconds` each.
struct FakeSweep {
  std::vector<RunSpec> runs;
  RunClasses classes;
  std::map<std::string, RunCost> costs;

  FakeSweep(const std::string& grid, const std::function<double(const RunSpec&)>& step_seconds)
      : runs(testing::runs_of(grid)),
        classes(classify(plan_batches(runs, {.max_cost = 1e300, .max_runs = 1000}))) {
    for (const auto& [key, entry] : classes)
      costs[key] = {.step = step_seconds(entry.spec())};
  }

  ForecastInput input(const Pilot* pilot = nullptr) const {
    return {.classes = classes, .costs = costs, .workers = 2, .runs = runs, .pilot = pilot};
  }

  /// A pilot of runs that end as `outcome` says.
  Pilot pilot(std::size_t places, PilotDesign design,
              const std::function<PilotOutcome(const RunSpec&)>& outcome) const {
    Pilot result;
    for (const std::size_t k : pilot_sequence(runs, places, design))
      result.outcomes.push_back(outcome(runs[k]));
    return result;
  }
};

double a_second(const RunSpec&) {
  return 1.0;
}

TEST(ForecastTest, WithoutAPilotEveryRunGoesToItsLastStep) {
  // 50 steps of each of 6 runs on 2 workers.
  const FakeSweep sweep("{depth: [2, 3], width: 4, seed: {count: 3}}", a_second);

  const Forecast forecast = make_forecast(sweep.input());

  EXPECT_DOUBLE_EQ(forecast.whole, 150.0);
  EXPECT_FALSE(forecast.likely.has_value());
  ASSERT_EQ(forecast.line_seconds.size(), 1U);
  EXPECT_DOUBLE_EQ(forecast.line_seconds.begin()->second, 300.0);
}

TEST(ForecastTest, APilotsShareIsTakenOfTheWhole) {
  const FakeSweep sweep("{depth: [2, 3], width: 4, seed: {count: 30}}", a_second);
  const Pilot pilot =
      sweep.pilot(16, PilotDesign::alone, [](const RunSpec&) { return PilotOutcome{.steps = 20}; });

  const Forecast forecast = make_forecast(sweep.input(&pilot));

  EXPECT_DOUBLE_EQ(forecast.whole, 1500.0);
  ASSERT_TRUE(forecast.likely.has_value());
  EXPECT_DOUBLE_EQ(*forecast.likely, 600.0);
  EXPECT_LT(forecast.low, 600.0);
  EXPECT_GT(forecast.high, 600.0);
}

TEST(ForecastTest, DeepRunsThatFailAndShallowOnesThatEndEarlyWeighAsMuchAsTheyCost) {
  // Time in proportion to depth: 30 runs of depth 40 for 50 * 40 s, 30 of depth 4 for 10 * 4 s.
  const FakeSweep sweep("{depth: [4, 40], width: 4, seed: {count: 30}}",
                        [](const RunSpec& spec) { return static_cast<double>(spec.depth); });
  const Pilot pilot = sweep.pilot(64, PilotDesign::alone, [](const RunSpec& spec) {
    return PilotOutcome{.steps = spec.depth == 40 ? 50 : 10, .failed = spec.depth == 40};
  });

  const Forecast forecast = make_forecast(sweep.input(&pilot));

  const double expected = 30.0 * (50.0 * 40.0 + 10.0 * 4.0) / 2.0;
  ASSERT_TRUE(forecast.likely.has_value());
  EXPECT_NEAR(*forecast.likely, expected, 0.02 * expected);
}

TEST(ForecastTest, EachLineHasTheShareOfItsOwnRuns) {
  const FakeSweep sweep("{depth: 4, width: 4, activation: [tanh, relu], seed: {count: 30}}",
                        a_second);
  const Pilot pilot = sweep.pilot(32, PilotDesign::alone, [](const RunSpec& spec) {
    return PilotOutcome{.steps = spec.activation == Activation::relu ? 5 : 25};
  });

  const Forecast forecast = make_forecast(sweep.input(&pilot));

  ASSERT_EQ(forecast.line_seconds.size(), 2U);
  for (const auto& [key, runs] : sweep.classes) {
    const double steps = runs.spec().activation == Activation::relu ? 5.0 : 25.0;
    EXPECT_DOUBLE_EQ(forecast.line_seconds.at(runs.line), 30.0 * steps);
  }
}

TEST(ForecastTest, SeedsThatAreAddedMakeItLonger) {
  // A goal out of reach makes every cell take four times as many.
  const FakeSweep sweep("{depth: 4, width: 4, scale: [1, 2], seed: {count: 20}}", a_second);
  const Pilot pilot =
      sweep.pilot(8, PilotDesign::pairs, [](const RunSpec&) { return PilotOutcome{.steps = 25}; });
  ForecastInput input = sweep.input();
  input.goal = {.least = 20, .most = 80, .halfwidth = 1e-4};
  input.pilot = &pilot;

  const Forecast forecast = make_forecast(input);

  EXPECT_NEAR(forecast.growth, 4.0, 1e-4);
  EXPECT_NEAR(*forecast.likely, 4.0 * 40.0 * 25.0 / 2.0, 0.1);
}

TEST(ForecastTest, TheRangeIsOfTheErrorOfSeedsThatAreAddedToo) {
  // Every run takes its whole budget, so that nothing else of the pilot is uncertain. Of 12 pairs 3
  // disagree: growth and error are those of GrowthOfPairsTest.ErrorIsTheJackknifesByHand.
  const FakeSweep sweep("{depth: 4, width: 4, scale: [1, 2, 3, 4], seed: {count: 20}}", a_second);
  const std::vector<int> failures = {0, 2, 1, 0, 2, 0, 1, 2, 0, 1, 2, 0};
  std::size_t made = 0;
  const Pilot pilot = sweep.pilot(failures.size(), PilotDesign::pairs, [&](const RunSpec&) {
    const int first = static_cast<int>(made % 2 == 0);
    const int of_pair = failures[made++ / 2];
    return PilotOutcome{.steps = 50, .failed = of_pair > 1 - first};
  });
  ForecastInput input = sweep.input();
  input.goal = {.least = 2, .most = 3, .halfwidth = 0.35};
  input.pilot = &pilot;

  const Forecast forecast = make_forecast(input);

  const double growth = 1.0 + (10.0 / 3.0) / 26.0;
  const double error = std::sqrt(11.0 / 12.0 * 2.25) / 24.0;
  constexpr double kOfCalibration = 0.15;
  const double spread = std::hypot(2.0 * error / growth, kOfCalibration);
  EXPECT_NEAR(forecast.growth, growth, 2e-3);
  EXPECT_NEAR(forecast.high / *forecast.likely, 1.0 + spread, 2e-3);
  EXPECT_NEAR(forecast.low / *forecast.likely, 1.0 - spread, 2e-3);
}

TEST(ForecastTest, WhatFitsNoWorkerTakesNoTime) {
  const FakeSweep sweep("{depth: [4, 40], width: 4, seed: {count: 10}}",
                        [](const RunSpec& spec) { return spec.depth == 40 ? std::nan("") : 1.0; });
  const Pilot pilot =
      sweep.pilot(64, PilotDesign::alone, [](const RunSpec&) { return PilotOutcome{.steps = 50}; });

  const Forecast forecast = make_forecast(sweep.input(&pilot));

  EXPECT_DOUBLE_EQ(forecast.whole, 250.0);
  EXPECT_DOUBLE_EQ(*forecast.likely, 250.0);
  EXPECT_TRUE(std::isnan(forecast.line_seconds.begin()->second));
}

TEST(PilotPlacesTest, AreAsManyAsThereIsTimeFor) {
  // Runs of 50 s on two workers: four in 100 s, of which pairs make half as many places.
  const FakeSweep sweep("{depth: 4, width: 4, seed: {count: 500}}", a_second);
  ForecastInput input = sweep.input();

  EXPECT_EQ(pilot_places(input, 1000.0), 40U);
  EXPECT_EQ(pilot_places(input, 1e9), 500U);
  EXPECT_EQ(pilot_places(input, 100.0), 0U) << "four runs say nothing";
  input.goal = {.least = 500, .most = 600, .halfwidth = 0.1};
  EXPECT_EQ(pilot_places(input, 1000.0), 20U);
}

TEST(PilotSecondsTest, AreATwentiethOfTheSweepWithinLimits) {
  EXPECT_DOUBLE_EQ(pilot_seconds(2.0, PilotDesign::alone), 1.0);
  EXPECT_DOUBLE_EQ(pilot_seconds(100.0, PilotDesign::alone), 5.0);
  EXPECT_DOUBLE_EQ(pilot_seconds(1e6, PilotDesign::alone), 10.0);
}

TEST(PilotSecondsTest, InPairsAreTwiceAsMany) {
  EXPECT_DOUBLE_EQ(pilot_seconds(2.0, PilotDesign::pairs), 2.0);
  EXPECT_DOUBLE_EQ(pilot_seconds(60.0, PilotDesign::pairs), 6.0);
  EXPECT_DOUBLE_EQ(pilot_seconds(1e6, PilotDesign::pairs), 10.0);
}

RateTable table_of(const RunClasses& classes, double seconds) {
  RateTable table;
  for (const auto& [key, runs] : classes) {
    for (const WorkKind kind : kWorkKinds)
      table.set(work_family(kind, runs), runs.spec().depth, seconds);
  }
  return table;
}

TEST(RunCostsTest, WorkersOfSeveralKindsAddTheirSpeeds) {
  // One worker at 1/s and three at 4/s: 13 in a second by four, which is 4/13 s for one of four.
  const FakeSweep sweep("{depth: 4, width: 4}", a_second);
  const std::vector<KindRates> kinds = {{.workers = 1, .rates = table_of(sweep.classes, 1.0)},
                                        {.workers = 3, .rates = table_of(sweep.classes, 0.25)}};

  const auto costs = run_costs(sweep.classes, kinds);

  ASSERT_EQ(costs.size(), 1U);
  EXPECT_DOUBLE_EQ(costs.begin()->second.initialize, 4.0 / 13.0);
  EXPECT_DOUBLE_EQ(costs.begin()->second.step, 4.0 / 13.0);
  EXPECT_DOUBLE_EQ(costs.begin()->second.probe, 4.0 / 13.0);
}

TEST(RunCostsTest, WhatWasNotMeasuredIsAsFastAsTheRest) {
  const FakeSweep sweep("{depth: 4, width: [4, 16]}", a_second);
  RateTable rates;
  constexpr double kSecondsPerOperation = 1e-9;
  for (const auto& [key, runs] : sweep.classes) {
    if (runs.spec().width != 4) continue;
    for (const WorkKind kind : kWorkKinds) {
      rates.set(work_family(kind, runs), 4,
                kSecondsPerOperation * unit_operations(kind, runs.spec()));
    }
  }

  const auto costs =
      run_costs(sweep.classes, std::vector<KindRates>{{.workers = 1, .rates = rates}});

  for (const auto& [key, runs] : sweep.classes) {
    EXPECT_NEAR(costs.at(key).step, kSecondsPerOperation * step_operations(runs.spec()), 1e-15);
    EXPECT_NEAR(costs.at(key).probe, kSecondsPerOperation * probe_operations(runs.spec()), 1e-15);
  }
}

TEST(RunCostsTest, AKindOfWorkThatWasNeverMeasuredIsAsFastAsTheOthers) {
  const FakeSweep sweep("{depth: 4, width: 4}", a_second);
  const auto& [key, runs] = *sweep.classes.begin();
  RateTable rates;
  constexpr double kSecondsPerOperation = 1e-9;
  rates.set(work_family(WorkKind::train, runs), 4,
            kSecondsPerOperation * step_operations(runs.spec()));

  const auto costs =
      run_costs(sweep.classes, std::vector<KindRates>{{.workers = 1, .rates = rates}});

  EXPECT_NEAR(costs.at(key).probe, kSecondsPerOperation * probe_operations(runs.spec()), 1e-15);
  EXPECT_NEAR(costs.at(key).initialize,
              kSecondsPerOperation * unit_operations(WorkKind::initialize, runs.spec()), 1e-15);
}

TEST(RunCostsTest, WorkersThatCannotHoldANetworkDoNotCount) {
  // Two workers, of which one can: it takes 1 s, as two would that took 2 s each.
  const FakeSweep sweep("{depth: [4, 8], width: 4}", a_second);
  const RunClass& any = sweep.classes.begin()->second;
  const KindRates large{.workers = 1, .rates = table_of(sweep.classes, 1.0)};
  KindRates small = large;
  small.too_large.emplace(work_family(WorkKind::train, any), 8);

  const auto both = run_costs(sweep.classes, std::vector{large, small});
  const auto alone = run_costs(sweep.classes, std::vector{small});

  for (const auto& [key, runs] : sweep.classes) {
    EXPECT_DOUBLE_EQ(both.at(key).step, runs.spec().depth == 8 ? 2.0 : 1.0);
    EXPECT_EQ(std::isnan(alone.at(key).step), runs.spec().depth == 8);
  }
}

}  // namespace
}  // namespace vnsweep
