#include "host/schedule/batch_runner.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "host/plan/run_identity.hpp"
#include "host/task/task.hpp"
#include "kernels/cpu/cpu_engine.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/host/test_manifests.hpp"
#include "tests/kernels/delegating_engine.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;

std::vector<RunResult> run_all(Engine& engine, const std::vector<RunSpec>& runs) {
  std::vector<RunResult> results(runs.size());
  const PlannedBatch batch = make_batch(runs, make_training_data(runs[0]));
  run_batch(engine, batch,
            [&](RunResult result) {
              const auto at = std::find(runs.begin(), runs.end(), result.spec) - runs.begin();
              results[static_cast<std::size_t>(at)] = std::move(result);
            },
            {});
  return results;
}

std::vector<std::int64_t> probe_steps(const RunResult& result) {
  std::vector<std::int64_t> steps;
  for (const Probe& probe : result.probes)
    steps.push_back(probe.step.value());
  return steps;
}

RunSpec slow_spec() {
  RunSpec spec = testing::runs_of("{depth: 2, width: 4}")[0];
  spec.success_loss = 0.0;  // never
  return spec;
}

TEST(BatchRunnerTest, ProbesAtTheStartOnScheduleAndAtTheEndWithoutRepeats) {
  RunSpec spec = slow_spec();
  spec.steps = 50;
  CpuEngine engine;

  spec.probe_every = 20;
  EXPECT_THAT(probe_steps(run_all(engine, {spec})[0]), ElementsAre(0, 20, 40, 50));
  spec.probe_every = 25;
  EXPECT_THAT(probe_steps(run_all(engine, {spec})[0]), ElementsAre(0, 25, 50));
  spec.probe_every.reset();
  EXPECT_THAT(probe_steps(run_all(engine, {spec})[0]), ElementsAre(0, 50));
}

/// Says that networks are done only when it has been asked four times, as the runner itself may
/// wait.
class LateEngine final : public testing::DelegatingEngine {
 public:
  std::vector<Evaluation> finished() override {
    constexpr int kPatience = 4;
    return ++asked_ < kPatience ? std::vector<Evaluation>() : DelegatingEngine::finished();
  }

 private:
  int asked_ = 0;
};

TEST(BatchRunnerTest, ARunThatIsReportedLateHasNoProbeTwice) {
  RunSpec spec = testing::runs_of("{depth: 2, width: 4}")[0];
  spec.success_accuracy.reset();
  spec.success_loss = 1e9;  // at once
  spec.steps = 10;
  spec.probe_every = 1;
  LateEngine engine;

  const RunResult result = run_all(engine, {spec})[0];

  EXPECT_EQ(result.status, RunStatus::succeeded);
  EXPECT_THAT(probe_steps(result), ElementsAre(0));
}

TEST(BatchRunnerTest, ASuccessfulRunEndsWithAProbeWhereItStopped) {
  RunSpec spec = testing::runs_of("{depth: 3, width: 16}")[0];
  spec.steps = 1000;
  spec.probe_every = 100;
  CpuEngine engine;

  const RunResult result = run_all(engine, {spec})[0];

  EXPECT_EQ(result.status, RunStatus::succeeded);
  EXPECT_FALSE(result.cause);
  EXPECT_LT(result.steps, StepCount(1000));
  EXPECT_EQ(result.probes.back().step, result.steps);
  EXPECT_LE(result.loss, 0.1);
}

TEST(BatchRunnerTest, ARunThatIsSuccessfulAtOnceHasOneProbe) {
  RunSpec spec = slow_spec();
  spec.success_loss = 1e6;
  spec.success_accuracy.reset();
  CpuEngine engine;

  const RunResult result = run_all(engine, {spec})[0];

  EXPECT_EQ(result.steps, StepCount(0));
  EXPECT_THAT(probe_steps(result), ElementsAre(0));
}

TEST(BatchRunnerTest, ADivergedRunHasFailedByExplosion) {
  RunSpec spec = slow_spec();
  spec.activation = Activation::linear;
  spec.objective = Objective::squared_error;
  spec.learning_rate = 1e20;
  CpuEngine engine;

  const RunResult result = run_all(engine, {spec})[0];

  EXPECT_EQ(result.status, RunStatus::failed);
  EXPECT_EQ(result.cause, FailureCause::exploding);
}

TEST(BatchRunnerTest, DeepNarrowNetworksFailWithVanishedNodesAndShallowOnesSucceed) {
  std::vector<RunSpec> runs = testing::runs_of("{depth: [60, 2], width: 8, seed: {count: 10}}");
  for (RunSpec& spec : runs)
    spec.steps = 1000;
  CpuEngine engine;
  double deep_nodes = 0.0;  // N_eff, which is 0 where no node is live
  double shallow_nodes = 0.0;

  for (const RunResult& result : run_all(engine, runs)) {
    const bool deep = result.spec.depth == 60;
    EXPECT_EQ(result.status, deep ? RunStatus::failed : RunStatus::succeeded);
    (deep ? deep_nodes : shallow_nodes) += result.probes.back().layers.back().n_eff / 10.0;
  }

  EXPECT_LT(deep_nodes, 1.25);
  EXPECT_GT(shallow_nodes, 1.67);
}

TEST(BatchRunnerTest, BothEnginesReachTheSameOutcomes) {
  std::vector<RunSpec> runs = testing::runs_of("{depth: [1, 4], width: 6, seed: {count: 5}}");
  for (RunSpec& spec : runs)
    spec.steps = 60;
  CpuEngine engine;
  ReferenceEngine oracle;

  const auto results = run_all(engine, runs);
  const auto expected = run_all(oracle, runs);

  for (std::size_t k = 0; k < runs.size(); ++k) {
    EXPECT_EQ(results[k].status, expected[k].status);
    EXPECT_EQ(results[k].steps, expected[k].steps);
    EXPECT_NEAR(results[k].loss, expected[k].loss, 1e-4);
  }
}

TEST(BatchRunnerTest, JacobiansAreMeasuredWhereTheManifestAsksForThem) {
  RunSpec spec = testing::runs_of("{depth: 1, width: 4}")[0];
  ReferenceEngine engine;

  const RunResult without = run_all(engine, {spec})[0];
  spec.probe_jacobians = 3;
  const RunResult with = run_all(engine, {spec})[0];

  EXPECT_FALSE(without.probes.front().layers[0].jacobian);
  ASSERT_TRUE(with.probes.front().layers[0].jacobian);
  // J_1 is the identity: m_1 = m_2 = 1.
  EXPECT_EQ(with.probes.front().layers[0].jacobian->m1, 1.0);
  EXPECT_EQ(with.probes.back().layers[0].jacobian->local_vni, 0.25);
}

TEST(BatchRunnerTest, ABatchWithTheSizesOfItsDataIsTrainedOnTheData) {
  RunSpec spec = testing::runs_of("{depth: 2, width: 4}")[0];
  spec.task = TaskKind::parity;
  spec.bits = 3;
  const PlannedBatch planned = make_batch({spec}, training_data_sizes(spec));
  CpuEngine engine;
  std::vector<RunResult> results;

  run_batch(engine, planned, [&](RunResult result) { results.push_back(std::move(result)); }, {});

  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].loss, run_all(engine, {spec})[0].loss);
  EXPECT_EQ(planned.networks.data->input.size(), 0U);
  EXPECT_EQ(engine.memory_needed(planned.networks),
            engine.memory_needed(make_batch({spec}, make_training_data(spec)).networks));
}

TEST(BatchRunnerTest, AStopLeavesUnfinishedRunsOut) {
  RunSpec spec = slow_spec();
  spec.steps = 1'000'000'000;
  CpuEngine engine;
  std::stop_source stop;
  stop.request_stop();
  int reported = 0;

  const BatchStatus status = run_batch(
      engine, make_batch({spec}, make_training_data(spec)), [&](const RunResult&) { ++reported; },
      stop.get_token());

  EXPECT_EQ(status, BatchStatus::interrupted);
  EXPECT_EQ(reported, 0);
}

}  // namespace
}  // namespace vnsweep
