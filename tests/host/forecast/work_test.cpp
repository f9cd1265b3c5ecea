#include "host/forecast/work.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "host/plan/batch_plan.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

RunSpec spec_with(std::optional<std::int64_t> probe_every) {
  RunSpec spec = testing::runs_of("{depth: 3, width: 4}").front();
  spec.probe_every = probe_every;
  return spec;
}

RunClasses classes_of(const std::string& grid) {
  const auto runs = testing::runs_of(grid);
  return classify(plan_batches(runs, {.max_cost = 1e300, .max_runs = 1000}));
}

TEST(ProbesMadeTest, CountTheFirstTheScheduledAndTheLast) {
  EXPECT_EQ(probes_made(spec_with(std::nullopt), 0), 1);
  EXPECT_EQ(probes_made(spec_with(std::nullopt), 50), 2);
  EXPECT_EQ(probes_made(spec_with(20), 50), 4) << "0, 20, 40, 50";
  EXPECT_EQ(probes_made(spec_with(25), 50), 3) << "0, 25, 50";
  EXPECT_EQ(probes_made(spec_with(25), 10), 2) << "0, 10";
  EXPECT_EQ(probes_made(spec_with(25), 0), 1);
}

TEST(RunCostTest, AddsUpItsWork) {
  const RunCost cost{.initialize = 1.0, .step = 0.1, .probe = 10.0};
  RunSpec spec = spec_with(25);
  spec.steps = 50;

  EXPECT_DOUBLE_EQ(cost.seconds(spec, 10), 1.0 + 1.0 + 20.0);
  EXPECT_DOUBLE_EQ(cost.whole(spec), 1.0 + 5.0 + 30.0);
}

TEST(ClassifyTest, RunsOfOneDepthThatCanShareABatchAreOneClass) {
  const RunClasses classes =
      classes_of("{depth: [2, 5], width: [3, 4], scale: [1, 2], seed: {count: 6}}");

  ASSERT_EQ(classes.size(), 4U);
  for (const auto& [key, runs] : classes) {
    EXPECT_EQ(key, class_key(runs.spec()));
    EXPECT_EQ(runs.runs, 12U);
    EXPECT_EQ(runs.groups, 1U);
    EXPECT_EQ(runs.sample.size(), 12U);
    EXPECT_EQ(runs.together(), 12U);
  }
}

TEST(ClassifyTest, TheSampleIsFromAllOverTheClass) {
  const RunClasses classes =
      classes_of("{depth: 2, width: 3, scale: [1, 2, 3, 4], seed: {count: 50}}");

  ASSERT_EQ(classes.size(), 1U);
  const RunClass& runs = classes.begin()->second;
  EXPECT_EQ(runs.together(), kMostTogether);
  ASSERT_EQ(runs.sample.size(), kMostTogether);
  for (const double scale : {1.0, 2.0, 3.0, 4.0}) {
    EXPECT_EQ(std::count_if(runs.sample.begin(), runs.sample.end(),
                            [&](const RunSpec& spec) { return spec.scale == scale; }),
              4);
  }
}

TEST(ClassifyTest, RunsSpreadOverBatchesMeetFewOthers) {
  const auto runs = testing::runs_of("{depth: 2, width: 3, seed: {count: 20}}");

  const RunClasses classes = classify(plan_batches(runs, {.max_cost = 1e300, .max_runs = 5}));

  ASSERT_EQ(classes.size(), 1U);
  EXPECT_EQ(classes.begin()->second.groups, 4U);
  EXPECT_EQ(classes.begin()->second.together(), 4U);
}

TEST(WorkFamilyTest, NamesWhatTheTimeDependsOnAndNothingElse) {
  using Change = std::function<void(RunSpec&)>;
  const auto family = [](WorkKind kind, const Change& change) {
    RunSpec spec = spec_with(25);
    change(spec);
    const RunClass runs{.sample = {spec}, .runs = 1, .groups = 1};
    return work_family(kind, runs);
  };
  const Change nothing = [](RunSpec&) {};
  const std::vector<Change> of_no_account = {
      [](RunSpec& spec) { spec.learning_rate = 0.2; }, [](RunSpec& spec) { spec.scale = 2.0; },
      [](RunSpec& spec) { spec.seed = 7; }, [](RunSpec& spec) { spec.steps = 7; }};
  const std::vector<Change> of_training = {
      [](RunSpec& spec) { spec.optimizer = Optimizer::adam; },
      [](RunSpec& spec) { spec.activation = Activation::relu; },
      [](RunSpec& spec) { spec.momentum = 0.9; }, [](RunSpec& spec) { spec.minibatch = 2; },
      [](RunSpec& spec) { spec.success_every = 3; }};

  for (const WorkKind kind : kWorkKinds) {
    for (const Change& change : of_no_account)
      EXPECT_EQ(family(kind, nothing), family(kind, change));
  }
  for (std::size_t k = 0; k < of_training.size(); ++k) {
    EXPECT_NE(family(WorkKind::train, nothing), family(WorkKind::train, of_training[k])) << k;
  }
  EXPECT_NE(family(WorkKind::initialize, nothing), family(WorkKind::initialize, [](RunSpec& spec) {
              spec.initialization = Initialization::orthogonal;
            }));
  EXPECT_NE(family(WorkKind::probe, nothing), family(WorkKind::probe, of_training[1]));
  EXPECT_EQ(family(WorkKind::probe, nothing), family(WorkKind::probe, of_training[0]));
}

TEST(WorkFamilyTest, TrainingDependsOnHowManyMeet) {
  RunClass runs{.sample = {spec_with(25)}, .runs = 32, .groups = 2};
  const std::string sixteen = work_family(WorkKind::train, runs);
  runs.groups = 8;

  EXPECT_NE(work_family(WorkKind::train, runs), sixteen);
}

}  // namespace
}  // namespace vnsweep
