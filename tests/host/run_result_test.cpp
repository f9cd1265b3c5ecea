#include "host/schedule/run_result.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vnsweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Probe probe_of(double first_gradient, double last_gradient, double vni) {
  Probe probe;
  probe.layers.resize(3);
  probe.layers.front().gradient_rms = first_gradient;
  probe.layers.back().gradient_rms = last_gradient;
  probe.layers.back().vni = vni;
  return probe;
}

FailureCause cause_of(const Probe& probe, double loss = 0.7) {
  Evaluation last;
  last.status = TrainingStatus::exhausted;
  last.loss = loss;
  return diagnose(RunSpec{}, last, probe);
}

TEST(DiagnosisTest, RatioOfGradientsBeyondAThousandIsExplodingOrVanishing) {
  EXPECT_EQ(cause_of(probe_of(1001.0, 1.0, 0.95)), FailureCause::exploding);
  EXPECT_EQ(cause_of(probe_of(1.0, 1001.0, 0.95)), FailureCause::vanishing);
  EXPECT_EQ(cause_of(probe_of(999.0, 1.0, 0.95)), FailureCause::walking_dead);
  EXPECT_EQ(cause_of(probe_of(0.0, 1.0, 0.5)), FailureCause::vanishing);
}

TEST(DiagnosisTest, HighIndicatorWithHealthyGradientsIsWalkingDead) {
  EXPECT_EQ(cause_of(probe_of(1.0, 1.0, 0.9)), FailureCause::walking_dead);
  EXPECT_EQ(cause_of(probe_of(1.0, 1.0, 0.89)), FailureCause::unconverged);
}

TEST(DiagnosisTest, AnythingNonFiniteIsExploding) {
  Probe weights = probe_of(1.0, 1.0, 0.5);
  weights.weights_finite = false;
  Probe gradients = probe_of(1.0, 1.0, 0.5);
  gradients.gradients_finite = false;

  EXPECT_EQ(cause_of(weights), FailureCause::exploding);
  EXPECT_EQ(cause_of(gradients), FailureCause::exploding);
  EXPECT_EQ(cause_of(probe_of(1.0, 1.0, 0.5), kInfinity), FailureCause::exploding);
}

TEST(DiagnosisTest, ADeadNetworkWithoutAnyGradientIsUnconverged) {
  EXPECT_EQ(cause_of(probe_of(0.0, 0.0, std::nan(""))), FailureCause::unconverged);
}

TEST(DiagnosisTest, ThresholdsAreThoseOfTheManifest) {
  RunSpec spec;
  spec.diagnosis_gradient_ratio = 1.0;
  spec.diagnosis_vni = 0.5;
  Evaluation last;

  EXPECT_EQ(diagnose(spec, last, probe_of(11.0, 1.0, 0.6)), FailureCause::exploding);
  EXPECT_EQ(diagnose(spec, last, probe_of(1.0, 1.0, 0.6)), FailureCause::walking_dead);
}

}  // namespace
}  // namespace vnsweep
