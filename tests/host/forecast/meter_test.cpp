#include "host/forecast/meter.hpp"

#include <gmock/gmock.h>

#include "tests/host/test_manifests.hpp"
#include "tests/kernels/delegating_engine.hpp"

namespace vnsweep {
namespace {

/// Takes times of its own on a clock of its own: 3 s to draw a network, 0.25 s for a step of one,
/// 2 s for its probe, and once 100 s more for the first steps.
class TimedEngine final : public testing::DelegatingEngine {
 public:
  void initialize(const NetworkBatch& batch) override {
    if (batch.networks.size() > largest) throw DeviceOutOfMemory("too many");
    DelegatingEngine::initialize(batch);
    networks_ = batch.networks.size();
    now += 3.0 * static_cast<double>(networks_);
  }
  void train(StepCount steps) override {
    DelegatingEngine::train(steps);
    now += 0.25 * static_cast<double>(networks_ * static_cast<std::size_t>(steps.value()));
    if (steps_trained == 0) now += 100.0;
    steps_trained += steps.value();
  }
  std::vector<Probe> probe(const ProbeSpec& spec, std::span<const NetworkIndex> networks) override {
    now += 2.0 * static_cast<double>(networks.size());
    return DelegatingEngine::probe(spec, networks);
  }

  double now = 0.0;
  std::size_t largest = 1000;
  std::int64_t steps_trained = 0;

 private:
  std::size_t networks_ = 0;
};

std::vector<RunSpec> eight_runs() {
  return testing::runs_of("{depth: 2, width: 3, seed: {count: 8}}");
}

TEST(EngineMeterTest, GivesTheTimeOfOneNetworkForOneUnit) {
  TimedEngine engine;
  EngineMeter meter(engine, [&] { return engine.now; });

  EXPECT_DOUBLE_EQ(*meter.measure(WorkKind::initialize, eight_runs()), 3.0);
  EXPECT_DOUBLE_EQ(*meter.measure(WorkKind::probe, eight_runs()), 2.0);
  EXPECT_DOUBLE_EQ(*meter.measure(WorkKind::train, eight_runs()), 0.25);
}

TEST(EngineMeterTest, SuccessDoesNotEndAMeasurement) {
  auto runs = eight_runs();
  for (RunSpec& spec : runs) {
    spec.success_accuracy.reset();
    spec.success_loss = 1e9;  // at once
  }
  TimedEngine engine;
  EngineMeter meter(engine, [&] { return engine.now; });

  EXPECT_DOUBLE_EQ(*meter.measure(WorkKind::train, runs), 0.25);
  EXPECT_GT(engine.steps_trained, 1);
}

TEST(EngineMeterTest, TrainsFromOneEvaluationToTheNext) {
  auto runs = testing::runs_of("{depth: 2, width: 3, batch: 2}");
  for (RunSpec& spec : runs)
    spec.success_every = 7;
  TimedEngine engine;
  EngineMeter meter(engine, [&] { return engine.now; });

  meter.measure(WorkKind::train, runs);

  EXPECT_GT(engine.steps_trained, 0);
  EXPECT_EQ(engine.steps_trained % 7, 0);
}

TEST(EngineMeterTest, MeasuresAsManyNetworksAsFit) {
  TimedEngine engine;
  engine.largest = 3;
  EngineMeter meter(engine, [&] { return engine.now; });

  EXPECT_DOUBLE_EQ(*meter.measure(WorkKind::train, eight_runs()), 0.25);
}

TEST(EngineMeterTest, SaysNothingOfANetworkThatDoesNotFit) {
  TimedEngine engine;
  engine.largest = 0;
  EngineMeter meter(engine, [&] { return engine.now; });

  for (const WorkKind kind : kWorkKinds)
    EXPECT_FALSE(meter.measure(kind, eight_runs()).has_value());
}

TEST(EngineMeterTest, NetworksThatDivergeHaveAFiniteTime) {
  auto runs = eight_runs();
  for (RunSpec& spec : runs) {
    spec.activation = Activation::linear;
    spec.scale = 1e20;
    spec.learning_rate = 1e20;
  }
  TimedEngine engine;
  EngineMeter meter(engine, [&] { return engine.now; });

  const auto seconds = meter.measure(WorkKind::train, runs);

  ASSERT_TRUE(seconds.has_value());
  EXPECT_GT(*seconds, 0.0);
  EXPECT_LT(*seconds, 1000.0);
}

TEST(ClocksTest, GoForward) {
  const double wall = wall_clock();
  const double thread = thread_clock();

  EXPECT_GE(wall_clock(), wall);
  EXPECT_GE(thread_clock(), thread);
}

}  // namespace
}  // namespace vnsweep
