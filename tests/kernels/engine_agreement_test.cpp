// What every engine must compute, compared with the reference network by network.
#include <gtest/gtest.h>

#include <tuple>

#include "host/verify/compare.hpp"
#include "host/verify/verify.hpp"
#include "kernels/reference/reference_engine.hpp"
#include "tests/kernels/engines_under_test.hpp"
#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

using testing::EngineTest;
using testing::EngineUnderTest;

class EngineAgreementTest : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Candidates, EngineAgreementTest,
                         ::testing::ValuesIn(testing::candidates_under_test()),
                         testing::engine_name);

using Shape = std::tuple<EngineUnderTest, int, int, int>;  // width, networks, samples

std::string shape_name(const ::testing::TestParamInfo<Shape>& test) {
  const auto& [engine, width, networks, samples] = test.param;
  return engine.name + "_width" + std::to_string(width) + "_networks" + std::to_string(networks) +
         "_samples" + std::to_string(samples);
}

class EngineShapeTest : public ::testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, EngineShapeTest,
                         ::testing::Combine(::testing::ValuesIn(testing::candidates_under_test()),
                                            ::testing::Values(1, 3, 8, 31, 32, 33, 64, 100),
                                            ::testing::Values(1, 11), ::testing::Values(1, 4, 33)),
                         shape_name);

/// Trains both for three steps and compares every network.
void expect_agreement(const EngineUnderTest& under_test, const NetworkBatch& batch,
                      const ProbeSpec& probe) {
  const auto engine = under_test.make();
  ReferenceEngine oracle;
  // (z - y)^2 magnifies the rounding of z by 2 z / (z - y).
  const double loss_tolerance =
      under_test.loss_tolerance * (batch.objective == Objective::squared_error ? 5.0 : 1.0);

  const auto errors = compare_engines(*engine, oracle, batch, StepCount(3), probe);

  ASSERT_EQ(errors.size(), batch.networks.size());
  for (const NetworkError& error : errors) {
    EXPECT_LE(error.weights, 1e-6) << "network " << error.network.value();
    EXPECT_LE(error.loss, loss_tolerance) << "network " << error.network.value();
    EXPECT_LE(error.vni, 1e-10) << "network " << error.network.value();
    EXPECT_LE(error.spectrum, 1e-10) << "network " << error.network.value();
    EXPECT_LE(error.gradient, 1e-10) << "network " << error.network.value();
    EXPECT_LE(error.jacobian, 1e-10) << "network " << error.network.value();
    EXPECT_TRUE(error.live_nodes_agree) << "network " << error.network.value();
  }
}

/// Networks of one depth that differ in their keys.
std::vector<NetworkSpec> equal_networks(int count, int depth, double scale = 1.0,
                                        double learning_rate = 0.05) {
  std::vector<NetworkSpec> networks;
  for (int n = 0; n < count; ++n) {
    networks.push_back({.run_key = static_cast<std::uint64_t>(n),
                        .depth = depth,
                        .scale = scale,
                        .bias_scale = 0.1,
                        .learning_rate = learning_rate});
  }
  return networks;
}

TEST_P(EngineShapeTest, AgreesWithTheReferenceForEveryDepth) {
  const auto& [under_test, width, networks, samples] = GetParam();
  if (!under_test.unavailable.empty()) GTEST_SKIP() << under_test.unavailable;
  for (const int depth : {1, 2, 17}) {
    NetworkBatch batch;
    batch.width = width;
    batch.data = testing::random_data(samples, 3);
    batch.budget = StepCount(3);
    batch.networks = equal_networks(networks, depth);

    expect_agreement(under_test, batch, {.samples = 24});
  }
}

/// What outputs are for: how many, and which loss.
struct Targets {
  const char* name;
  Objective objective;
  TargetKind kind;
  int outputs;

  std::shared_ptr<const TrainingData> data(int samples) const {
    return kind == TargetKind::labels ? testing::random_data(samples, 3, outputs)
                                      : testing::random_values(samples, 3, outputs);
  }
  friend std::ostream& operator<<(std::ostream& stream, const Targets& targets) {
    return stream << targets.name;
  }
};
constexpr std::array kTargets = std::to_array<Targets>({
    {"label", Objective::cross_entropy, TargetKind::labels, 1},
    {"label_by_squares", Objective::squared_error, TargetKind::labels, 1},
    {"class_of_2", Objective::cross_entropy, TargetKind::labels, 2},
    {"class_of_3", Objective::cross_entropy, TargetKind::labels, 3},
    {"class_of_10", Objective::cross_entropy, TargetKind::labels, 10},
    {"class_of_3_by_squares", Objective::squared_error, TargetKind::labels, 3},
    {"value", Objective::squared_error, TargetKind::values, 1},
    {"two_values", Objective::squared_error, TargetKind::values, 2},
});

using Case = std::tuple<EngineUnderTest, testing::NamedActivation, Targets>;

std::string case_name(const ::testing::TestParamInfo<Case>& test) {
  const auto& [engine, activation, targets] = test.param;
  return engine.name + '_' + activation.name + '_' + targets.name;
}

class EngineFormulaTest : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Formulas, EngineFormulaTest,
                         ::testing::Combine(::testing::ValuesIn(testing::candidates_under_test()),
                                            ::testing::ValuesIn(testing::kActivations),
                                            ::testing::ValuesIn(kTargets)),
                         case_name);

TEST_P(EngineFormulaTest, AgreesWithTheReference) {
  const auto& [under_test, activation, targets] = GetParam();
  if (!under_test.unavailable.empty()) GTEST_SKIP() << under_test.unavailable;
  struct FormulaShape {
    int width;
    int depth;
    int samples;
    std::optional<int> minibatch;
    double learning_rate;  // small where deep networks would magnify rounding
  };
  for (const auto& [width, depth, samples, minibatch, learning_rate] :
       {FormulaShape{1, 2, 5, {}, 0.05}, FormulaShape{33, 3, 5, {}, 0.01},
        FormulaShape{67, 2, 5, {}, 0.01}, FormulaShape{8, 10, 13, 4, 0.001}}) {
    NetworkBatch batch;
    batch.width = width;
    batch.activation = activation.activation;
    batch.objective = targets.objective;
    batch.data = targets.data(samples);
    batch.minibatch = minibatch;
    batch.budget = StepCount(3);
    batch.networks = equal_networks(3, depth, activation.scale, learning_rate);

    SCOPED_TRACE(::testing::Message() << "width " << width << " depth " << depth);
    expect_agreement(under_test, batch, {.samples = 24, .jacobians = 2});
  }
}

TEST_P(EngineAgreementTest, EveryVerificationCaseIsWithinTolerance) {
  ReferenceEngine oracle;
  for (const VerificationCase& entry : verification_cases()) {
    for (const NetworkError& error :
         compare_engines(*engine_, oracle, entry.batch, entry.steps, {.samples = 24})) {
      EXPECT_TRUE(is_within(error, Tolerances{}))
          << entry.name << ", network " << error.network.value() << ": weights " << error.weights
          << ", loss " << error.loss << ", VNI " << error.vni;
    }
  }
}

TEST_P(EngineAgreementTest, EveryOptimizerFollowsTheReferenceOverFiftySteps) {
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam, Optimizer::rmsprop}) {
    for (const double momentum : {0.0, 0.9}) {
      if (momentum != 0.0 && optimizer != Optimizer::sgd) continue;
      NetworkBatch batch;
      batch.width = 16;
      batch.optimizer = optimizer;
      batch.data = testing::random_data(8, 3);
      batch.budget = StepCount(50);
      batch.networks = {{.run_key = 5,
                         .depth = 3,
                         .bias_scale = 0.2,
                         .learning_rate = optimizer == Optimizer::sgd ? 0.1 : 0.005,
                         .momentum = momentum}};
      ReferenceEngine oracle;

      const auto errors = compare_engines(*engine_, oracle, batch, StepCount(50), {.samples = 8});

      EXPECT_LE(errors[0].weights, 1e-5) << static_cast<int>(optimizer);
      EXPECT_LE(errors[0].loss, 1e-5) << static_cast<int>(optimizer);
    }
  }
}

TEST_P(EngineAgreementTest, JacobianMomentsOfRaggedNetworks) {
  for (const testing::NamedActivation& entry : testing::kActivations) {
    for (const int width : {1, 5, 20}) {
      NetworkBatch batch = testing::xor_batch(width, {9, 4, 1});
      batch.activation = entry.activation;
      batch.initialization = width == 5 ? Initialization::orthogonal : Initialization::gaussian;
      ReferenceEngine oracle;

      const auto errors =
          compare_engines(*engine_, oracle, batch, StepCount(2), {.samples = 12, .jacobians = 3});

      for (const NetworkError& error : errors)
        EXPECT_LE(error.jacobian, 1e-10) << entry.name << width << " " << error.network.value();
    }
  }
}

class EnginePropertyTest : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Engines, EnginePropertyTest,
                         ::testing::ValuesIn(testing::engines_under_test()), testing::engine_name);

// Each J_l of a linear network with orthogonal weights is scale^(l-1) times an orthogonal matrix,
// so m_1 = scale^(2(l-1)), m_2 = m_1^2 and the local VNI is 1 / N at every depth.
TEST_P(EnginePropertyTest, JacobianMomentsOfOrthogonalLinearNetworksInClosedForm) {
  NetworkBatch batch = testing::xor_batch(12, {6});
  batch.activation = Activation::linear;
  batch.initialization = Initialization::orthogonal;
  batch.networks[0].scale = 1.1;
  batch.probe_jacobians = 2;
  engine_->initialize(batch);

  const Probe probe =
      engine_->probe({.samples = 4, .jacobians = 2}, testing::all_networks(batch))[0];

  for (std::size_t l = 0; l < 6; ++l) {
    const double m1 = std::pow(1.1, 2.0 * static_cast<double>(l));
    const JacobianMoments& moments = probe.layers[l].jacobian.value();
    EXPECT_NEAR(moments.m1 / m1, 1.0, 1e-6);
    EXPECT_NEAR(moments.m2 / (m1 * m1), 1.0, 1e-6);
    EXPECT_NEAR(moments.local_vni, 1.0 / 12.0, 1e-7);
  }
}

TEST_P(EnginePropertyTest, SpectrumAndIndicatorAgreeBothWays) {
  NetworkBatch batch = testing::xor_batch(20, {5, 2});
  batch.activation = Activation::relu;  // with nodes that are not live
  engine_->initialize(batch);
  for (const int samples : {7, 20, 64}) {
    for (const Probe& probe : engine_->probe({.samples = samples}, testing::all_networks(batch))) {
      for (const LayerProbe& layer : probe.layers) {
        double sum = 0.0;
        double squares = 0.0;
        for (const double eigenvalue : layer.spectrum) {
          sum += eigenvalue;
          squares += eigenvalue * eigenvalue;
        }

        ASSERT_GT(layer.live, 0);
        EXPECT_EQ(layer.spectrum.size(), static_cast<std::size_t>(std::min(samples, layer.live)));
        EXPECT_NEAR(sum, layer.live, 1e-10);
        EXPECT_NEAR(squares, layer.vni * layer.live * layer.live, 1e-9);
      }
    }
  }
}

NetworkBatch mixed_batch() {
  NetworkBatch batch = testing::xor_batch(20, {9, 7, 7, 4, 1}, 60);
  batch.networks[1].scale = 1.3;
  batch.networks[4].learning_rate = 0.2;
  for (NetworkSpec& network : batch.networks)
    network.momentum = 0.5;
  return batch;
}

TEST_P(EnginePropertyTest, TwoRunsAreBitwiseEqual) {
  const NetworkBatch batch = mixed_batch();
  const auto again = make_another();
  engine_->initialize(batch);
  again->initialize(batch);

  engine_->train(StepCount(60));
  again->train(StepCount(60));

  for (const NetworkIndex n : testing::all_networks(batch))
    EXPECT_EQ(engine_->download_weights(n).weights, again->download_weights(n).weights);
}

TEST_P(EnginePropertyTest, ANetworkIsTheSameAloneAndInABatch) {
  const NetworkBatch batch = mixed_batch();
  const auto alone = make_another();
  engine_->initialize(batch);
  engine_->train(StepCount(60));

  for (std::size_t n = 0; n < batch.networks.size(); ++n) {
    NetworkBatch single = batch;
    single.networks = {batch.networks[n]};
    alone->initialize(single);
    alone->train(StepCount(60));

    const NetworkWeights a = alone->download_weights(NetworkIndex(0));
    const NetworkWeights b = engine_->download_weights(NetworkIndex(static_cast<std::uint32_t>(n)));
    if (GetParam().bits_are_its_own) {
      EXPECT_EQ(a.weights, b.weights);
      EXPECT_EQ(alone->evaluate()[0].loss, engine_->evaluate()[n].loss);
    }
    for (std::size_t l = 0; l < a.weights.size(); ++l)
      EXPECT_LE(relative_error(a.weights[l], b.weights[l]), 1e-5);
  }
}

TEST_P(EnginePropertyTest, TheLengthOfTrainCallsDoesNotMatter) {
  for (const bool minibatch : {false, true}) {
    NetworkBatch batch = mixed_batch();
    if (minibatch) batch.minibatch = 2;
    const std::vector<NetworkIndex> all = testing::all_networks(batch);
    const auto often = make_another();
    engine_->initialize(batch);
    often->initialize(batch);

    engine_->train(StepCount(60));
    for (const int steps : {1, 0, 7, 2, 30, 20}) {
      often->train(StepCount(steps));
      often->evaluate();
      often->probe({.samples = 8}, all);
    }

    for (const NetworkIndex n : all)
      EXPECT_EQ(engine_->download_weights(n).weights, often->download_weights(n).weights);
  }
}

TEST_P(EnginePropertyTest, RetiredNetworksAreGoneAndTheOthersGoOn) {
  const NetworkBatch batch = mixed_batch();
  const auto some = make_another();
  engine_->initialize(batch);
  some->initialize(batch);
  const std::vector<NetworkIndex> gone = {NetworkIndex(0), NetworkIndex(3)};

  some->train(StepCount(10));
  some->retire(gone);
  some->train(StepCount(50));
  engine_->train(StepCount(60));

  const std::vector<Evaluation> left = some->evaluate();
  ASSERT_EQ(left.size(), 3U);
  EXPECT_EQ(left[0].network, NetworkIndex(1));
  const auto a = some->download_weights(NetworkIndex(4)).weights;
  const auto b = engine_->download_weights(NetworkIndex(4)).weights;
  if (GetParam().bits_are_its_own) {
    EXPECT_EQ(a, b);
  }
  for (std::size_t l = 0; l < a.size(); ++l)
    EXPECT_LE(relative_error(a[l], b[l]), 1e-5);
}

}  // namespace
}  // namespace vnsweep
