#include "host/theory/critical_scale.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/theory/fixed_point.hpp"

namespace vnsweep {
namespace {

/// chi without biases at q.
double chi(Activation activation, double q) {
  const double scale = critical_scale(activation);
  return scale * scale * activation_moments(activation, q).mu1;
}

/// q after a layer without biases.
double mapped(Activation activation, double q) {
  return next_q({.activation = activation, .scale = critical_scale(activation)},
                activation_moments(activation, q));
}

TEST(CriticalScaleTest, OldOnesAreTheSameBits) {
  EXPECT_EQ(critical_scale(Activation::linear), 1.0);
  EXPECT_EQ(critical_scale(Activation::tanh), 1.0);
  EXPECT_EQ(critical_scale(Activation::hardtanh), 1.0);
  EXPECT_EQ(critical_scale(Activation::relu), 1.4142135623730951);
}

TEST(CriticalScaleTest, ChiIsOneAtTheFixedPointZero) {
  for (const Activation activation : {Activation::linear, Activation::tanh, Activation::hardtanh,
                                      Activation::erf, Activation::gelu, Activation::silu}) {
    EXPECT_NEAR(chi(activation, 0.0), 1.0, 1e-13);
    EXPECT_EQ(mapped(activation, 0.0), 0.0);
  }
}

TEST(CriticalScaleTest, EveryVarianceOfReluAndLeakyReluIsFixedAndCritical) {
  for (const Activation activation : {Activation::relu, Activation::leaky_relu}) {
    for (const double q : {1e-9, 0.3, 40.0}) {
      EXPECT_NEAR(chi(activation, q), 1.0, 1e-15);
      EXPECT_NEAR(mapped(activation, q) / q, 1.0, 1e-15);
    }
  }
}

// q from mpmath 1.2.1, tools/oracles/mean_field.py.
TEST(CriticalScaleTest, ChiOfTheSigmoidIsOneAtItsFixedPoint) {
  constexpr double kQ = 45.624277797379713;

  EXPECT_NEAR(mapped(Activation::sigmoid, kQ), kQ, 1e-11);
  EXPECT_NEAR(chi(Activation::sigmoid, kQ), 1.0, 1e-13);
}

// Why theirs is the fixed point zero: scale^2 = q / E phi^2 and scale^2 = 1 / E phi'^2 never meet.
TEST(CriticalScaleTest, GeluAndSiluHaveNoCriticalFixedPointBeyondZero) {
  for (const Activation activation : {Activation::gelu, Activation::silu}) {
    for (double exponent = -4.0; exponent <= 9.0; exponent += 0.125) {
      const double q = std::pow(10.0, exponent);
      const ActivationMoments moments = activation_moments(activation, q);

      EXPECT_LT(moments.square, q * moments.mu1 * (1.0 - 1e-6)) << q;
    }
  }
}

}  // namespace
}  // namespace vnsweep
