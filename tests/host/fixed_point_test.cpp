#include "host/theory/fixed_point.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/theory/critical_scale.hpp"

namespace vnsweep {
namespace {

LayerPrior prior(Activation activation, double scale, double bias_scale = 0.0) {
  return {.activation = activation, .scale = scale, .bias_scale = bias_scale};
}

double iterate(const LayerPrior& layer, double q, int layers) {
  for (int l = 0; l < layers; ++l)
    q = next_q(layer, activation_moments(layer.activation, q));
  return q;
}

// q = scale^2 q / 2 + bias^2 by hand: 0.5 q + 0.09 at scale 1.
TEST(FixedPointTest, OfReluByHand) {
  const FixedPoint fixed = find_fixed_point(prior(Activation::relu, 1.0, 0.3), 5.0);

  EXPECT_EQ(fixed.limit, QLimit::approached);
  EXPECT_NEAR(fixed.q, 0.18, 1e-15);
  EXPECT_NEAR(fixed.chi, 0.5, 1e-15);
  EXPECT_NEAR(fixed.depth_scale, 1.0 / std::log(2.0), 1e-14);
}

TEST(FixedPointTest, HomogeneousActivationsAtCriticalityKeepEveryQ) {
  for (const Activation activation :
       {Activation::linear, Activation::relu, Activation::leaky_relu}) {
    const FixedPoint fixed = find_fixed_point(prior(activation, critical_scale(activation)), 0.7);

    EXPECT_EQ(fixed.limit, QLimit::every);
    EXPECT_EQ(fixed.q, 0.7);
    EXPECT_EQ(fixed.depth_scale, INFINITY);
  }
}

TEST(FixedPointTest, AwayFromCriticalityReluGrowsOrVanishes) {
  const FixedPoint above = find_fixed_point(prior(Activation::relu, 1.5), 1.0);
  const FixedPoint below = find_fixed_point(prior(Activation::relu, 1.4), 1.0);
  const FixedPoint biased =
      find_fixed_point(prior(Activation::relu, critical_scale(Activation::relu), 0.1), 1.0);

  EXPECT_EQ(above.limit, QLimit::grows);
  EXPECT_EQ(above.q, INFINITY);
  EXPECT_NEAR(above.chi, 1.125, 1e-15);
  EXPECT_LT(above.depth_scale, 0.0);
  EXPECT_EQ(below.limit, QLimit::approached);
  EXPECT_EQ(below.q, 0.0);
  EXPECT_GT(below.depth_scale, 0.0);
  EXPECT_EQ(biased.limit, QLimit::grows);  // by bias^2 a layer
}

TEST(FixedPointTest, SaturatingActivationsReachZeroUpToCriticality) {
  for (const Activation activation : {Activation::tanh, Activation::hardtanh, Activation::erf}) {
    for (const double factor : {1e-10, 0.1, 0.5, 1.0}) {
      const LayerPrior layer = prior(activation, factor * critical_scale(activation));

      const FixedPoint fixed = find_fixed_point(layer, layer.scale * layer.scale);

      EXPECT_EQ(fixed.limit, QLimit::approached);
      EXPECT_NEAR(fixed.q, 0.0, 1e-9) << static_cast<int>(activation) << ' ' << factor;
      EXPECT_NEAR(fixed.chi, factor * factor, 1e-9);
    }
  }
}

// Small q of tanh: q' = scale^2 (q - 2 q^2), so q* = (1 - scale^-2) / 2 in first order.
TEST(FixedPointTest, OfTanhJustAboveCriticality) {
  const double excess = 1e-6;

  const FixedPoint fixed = find_fixed_point(prior(Activation::tanh, 1.0 + excess), 1.0);

  EXPECT_NEAR(fixed.q, excess, 1e-10);
  EXPECT_NEAR(fixed.chi, 1.0 - 2.0 * excess + 2.0 * excess, 1e-9);
}

TEST(FixedPointTest, IsWhereTheRecursionEnds) {
  for (const LayerPrior& layer :
       {prior(Activation::tanh, 1.5), prior(Activation::tanh, 0.9, 0.4),
        prior(Activation::hardtanh, 2.0), prior(Activation::erf, 3.0, 0.1),
        prior(Activation::sigmoid, 4.0), prior(Activation::sigmoid, 30.0),
        prior(Activation::gelu, 1.3, 0.5), prior(Activation::silu, 1.2, 1e-4),
        prior(Activation::tanh, 1e6), prior(Activation::tanh, 0.5, 1e-9)}) {
    for (const double q1 : {1e-3, 0.5, 20.0}) {
      const FixedPoint fixed = find_fixed_point(layer, q1);

      ASSERT_EQ(fixed.limit, QLimit::approached);
      EXPECT_NEAR(fixed.q / iterate(layer, q1, 500), 1.0, 1e-10) << layer.scale << ' ' << q1;
    }
  }
}

// At scale 1.6 silu has one fixed point between 0 and infinity, where scale^2 E phi^2 = q: from
// there q runs to either side.
TEST(FixedPointTest, SiluVanishesOrGrowsByWhereItStarts) {
  const LayerPrior layer = prior(Activation::silu, 1.6);

  const FixedPoint from_below = find_fixed_point(layer, 1.0);
  const FixedPoint from_above = find_fixed_point(layer, 4.0);

  EXPECT_EQ(from_below.limit, QLimit::approached);
  EXPECT_EQ(from_below.q, 0.0);
  EXPECT_NEAR(from_below.chi, 0.64, 1e-12);
  EXPECT_LT(iterate(layer, 1.0, 100), 1e-6);
  EXPECT_EQ(from_above.limit, QLimit::grows);
  EXPECT_NEAR(from_above.chi, 1.28, 1e-12);
  EXPECT_GT(iterate(layer, 4.0, 100), 1e6);
}

TEST(FixedPointTest, GeluAtItsCriticalScaleGrows) {
  const FixedPoint fixed = find_fixed_point(prior(Activation::gelu, 2.0), 4.0);

  EXPECT_EQ(fixed.limit, QLimit::grows);
  EXPECT_NEAR(fixed.chi, 2.0, 1e-12);
}

TEST(FixedPointTest, OfTheSigmoidAtItsCriticalScaleHasNoDepthScale) {
  const LayerPrior layer = prior(Activation::sigmoid, critical_scale(Activation::sigmoid));

  const FixedPoint fixed = find_fixed_point(layer, 100.0);

  EXPECT_NEAR(fixed.q, 45.624277797379713, 1e-10);  // mpmath 1.2.1
  EXPECT_NEAR(fixed.chi, 1.0, 1e-13);
  EXPECT_EQ(fixed.depth_scale, INFINITY);
}

}  // namespace
}  // namespace vnsweep
