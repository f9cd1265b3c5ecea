#include "host/theory/mean_field.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

#include "host/theory/critical_scale.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

NetworkPrior network(Activation activation, Initialization initialization, double scale,
                     std::int64_t width, std::int64_t depth, double bias_scale = 0.0) {
  return {.layer = {.activation = activation, .scale = scale, .bias_scale = bias_scale},
          .initialization = initialization,
          .width = width,
          .depth = depth};
}

LayerPrediction last_layer(const NetworkPrior& network, const InputPrior& inputs) {
  return MeanField().layers(network, inputs).back();
}

struct Reference {
  Activation activation;
  Initialization initialization;
  double scale;
  double bias_scale;
  std::int64_t width;
  std::int64_t depth;
  std::int64_t inputs;  ///< 0: the input with |x|^2 = d
  double q;
  double m1;
  double local_vni;
  double annealed_vni;
};

// mpmath 1.2.1, tools/oracles/mean_field.py.
constexpr Reference kMpmath[] = {
    {Activation::hardtanh, Initialization::orthogonal, 1, 0.1, 100, 8, 0, 2.439933979547e-1,
     3.886510869721e-1, 2.064021033661e-2, 2.054273353331e-2},
    {Activation::sigmoid, Initialization::gaussian, 3, 0, 64, 4, 0, 3.031272171399,
     1.482895552238e-2, 9.54854623696e-2, 9.732957879691e-2},
    {Activation::gelu, Initialization::gaussian, 2, 0, 50, 3, 0, 1.520833862017e+1, 4.137142710287,
     1.019613925658e-1, 1.029216195437e-1},
    {Activation::silu, Initialization::orthogonal, 1.5, 0.5, 20, 4, 0, 2.739635232779,
     9.881648618992e-1, 2.105291871657e-1, 1.983769882775e-1},
    {Activation::leaky_relu, Initialization::gaussian, 1.4, 0, 10, 12, 0, 1.571160687709,
     8.0161259577e-1, 2.299560087987, 9.918741403413e-1},
    {Activation::linear, Initialization::gaussian, 1, 0, 10, 30, 0, 1.0, 1.0, 3.0,
     9.994644450105e-1},
    {Activation::tanh, Initialization::gaussian, 1.3, 0.2, 32, 6, 2, 5.139217396572e-1,
     7.945991610392e-1, 2.576191282397e-1, 2.698865679963e-1},
    {Activation::erf, Initialization::orthogonal, 1.1, 0, 16, 5, 1, 2.721385571918e-1,
     1.497709822511, 1.450452152588e-1, 1.372877178129e-1},
};

TEST(MeanFieldTest, AgreesWithMpmath) {
  for (const Reference& r : kMpmath) {
    const NetworkPrior prior =
        network(r.activation, r.initialization, r.scale, r.width, r.depth, r.bias_scale);
    const InputPrior inputs =
        r.inputs > 0 ? InputPrior::probes(r.inputs)
                     : InputPrior::fixed(r.scale * r.scale + r.bias_scale * r.bias_scale);

    const LayerPrediction last = last_layer(prior, inputs);

    EXPECT_NEAR(last.q / r.q, 1.0, 1e-11) << r.scale;
    EXPECT_NEAR(last.m1() / r.m1, 1.0, 1e-11) << r.scale;
    EXPECT_NEAR(last.local_vni / r.local_vni, 1.0, 1e-11) << r.scale;
    EXPECT_NEAR(last.annealed_vni / r.annealed_vni, 1.0, 1e-11) << r.scale;
  }
}

// |x|^2 of two dimensions is exponential: E 1 / sqrt(1 + a t) = sqrt(pi / a) e^(1/a) erfc(1/sqrt
// a).
TEST(MeanFieldTest, AveragesOverProbeInputsOfTwoDimensionsByHand) {
  const double a = 4.0 * 1.5 * 1.5;
  const double m1 = 1.5 * 1.5 * 4.0 / std::numbers::pi * std::sqrt(std::numbers::pi / a) *
                    std::exp(1.0 / a) * std::erfc(1.0 / std::sqrt(a));

  const LayerPrediction last = last_layer(
      network(Activation::erf, Initialization::gaussian, 1.5, 30, 2), InputPrior::probes(2));

  EXPECT_NEAR(last.m1(), m1, 1e-11);
}

// In one dimension E 1 / sqrt(1 + a z^2) = e^x K_0(x) / sqrt(2 pi a), x = 1 / (4 a); at such scales
// the inputs near zero count most.
TEST(MeanFieldTest, AveragesOverProbeInputsOfOneDimensionAtLargeScales) {
  for (const double scale : {1.0, 10.0, 30.0}) {
    const double a = 4.0 * scale * scale;
    const double x = 1.0 / (4.0 * a);
    const double m1 = scale * scale * 4.0 / std::numbers::pi * std::exp(x) *
                      std::cyl_bessel_k(0.0, x) / std::sqrt(2.0 * std::numbers::pi * a);

    const LayerPrediction last = last_layer(
        network(Activation::erf, Initialization::gaussian, scale, 30, 2), InputPrior::probes(1));

    EXPECT_NEAR(last.m1() / m1, 1.0, 1e-9) << scale;
  }
}

TEST(MeanFieldTest, ManyDimensionsAreLikeTheMeanInput) {
  const NetworkPrior prior = network(Activation::tanh, Initialization::gaussian, 1.2, 30, 5);

  const LayerPrediction mean = last_layer(prior, InputPrior::fixed(1.44));
  const LayerPrediction many = last_layer(prior, InputPrior::probes(1'000'000));
  const LayerPrediction two = last_layer(prior, InputPrior::probes(2));

  EXPECT_NEAR(many.m1() / mean.m1(), 1.0, 1e-5);
  EXPECT_NEAR(many.local_vni / mean.local_vni, 1.0, 1e-5);
  EXPECT_GT(std::fabs(two.m1() / mean.m1() - 1.0), 0.05);
}

TEST(MeanFieldTest, OneLayerHasTheIdentityForItsJacobian) {
  for (const InputPrior& inputs : {InputPrior::fixed(0.3), InputPrior::probes(2)}) {
    const LayerPrediction last =
        last_layer(network(Activation::relu, Initialization::gaussian, 2.0, 8, 1), inputs);

    EXPECT_NEAR(last.m1(), 1.0, 1e-14);
    EXPECT_NEAR(last.local_vni, 0.125, 1e-15);
    EXPECT_NEAR(last.annealed_vni, 0.125, 1e-15);
  }
}

// Linear networks: m_1 = scale^(2L-2); orthogonal ones stay at 1/N; Gaussian ones obey
// r' = ((1 + 1/N) r + 1/N) / (1 + 2 r/N).
TEST(MeanFieldTest, LinearNetworksAreExact) {
  const double n = 16.0;
  const auto gaussian = MeanField().layers(
      network(Activation::linear, Initialization::gaussian, 1.5, 16, 40), InputPrior::fixed(1.0));
  const auto orthogonal = MeanField().layers(
      network(Activation::linear, Initialization::orthogonal, 1.5, 16, 40), InputPrior::fixed(1.0));

  double r = 1.0 / n;
  for (std::size_t l = 0; l < 40; ++l) {
    EXPECT_NEAR(gaussian[l].m1() / std::pow(1.5, 2.0 * static_cast<double>(l)), 1.0, 1e-12);
    EXPECT_NEAR(gaussian[l].annealed_vni, r, 1e-14);
    EXPECT_NEAR(gaussian[l].local_vni, static_cast<double>(l + 1) / n, 1e-13);
    EXPECT_NEAR(orthogonal[l].annealed_vni, 1.0 / n, 1e-15);
    EXPECT_NEAR(orthogonal[l].local_vni, 1.0 / n, 1e-15);
    r = ((1.0 + 1.0 / n) * r + 1.0 / n) / (1.0 + 2.0 * r / n);
  }
}

// relu: mu_2 / mu_1^2 = 2, so each layer adds 1 (orthogonal) or 2 (Gaussian) to N VNI.
TEST(MeanFieldTest, ReluByHand) {
  const double critical = critical_scale(Activation::relu);

  const LayerPrediction orthogonal =
      last_layer(network(Activation::relu, Initialization::orthogonal, critical, 200, 21),
                 InputPrior::probes(2));
  const LayerPrediction gaussian =
      last_layer(network(Activation::relu, Initialization::gaussian, critical, 200, 21),
                 InputPrior::probes(2));

  EXPECT_NEAR(orthogonal.m1(), 1.0, 1e-13);
  EXPECT_NEAR(orthogonal.local_vni, 21.0 / 200.0, 1e-14);
  EXPECT_NEAR(gaussian.local_vni, 41.0 / 200.0, 1e-14);
}

TEST(MeanFieldTest, OneNodePerLayerIsAlwaysOneNode) {
  const LayerPrediction last = last_layer(
      network(Activation::tanh, Initialization::gaussian, 1.0, 1, 30), InputPrior::probes(2));

  EXPECT_NEAR(last.annealed_vni, 1.0, 1e-13);
}

TEST(MeanFieldTest, RemembersRecursionsWithoutMixingThem) {
  MeanField shared;
  for (const std::int64_t depth : {7, 3, 12}) {
    for (const double scale : {0.9, 1.4}) {
      for (const std::int64_t inputs : {2, 5}) {
        const NetworkPrior prior =
            network(Activation::tanh, Initialization::orthogonal, scale, 20, depth);

        const auto remembered = shared.layers(prior, InputPrior::probes(inputs));
        const auto fresh = MeanField().layers(prior, InputPrior::probes(inputs));

        ASSERT_EQ(remembered.size(), static_cast<std::size_t>(depth));
        EXPECT_EQ(remembered.back().q, fresh.back().q);
        EXPECT_EQ(remembered.back().log10_m1, fresh.back().log10_m1);
      }
    }
  }
}

TEST(MeanFieldTest, DeepNetworksKeepTheLogarithmOfTheirMoment) {
  const NetworkPrior prior = network(Activation::linear, Initialization::gaussian, 0.1, 8, 501);

  const Theory theory = MeanField().predict(prior, InputPrior::probes(2));

  EXPECT_NEAR(theory.last.log10_m1, -1000.0, 1e-9);
  EXPECT_EQ(theory.last.m1(), 0.0);
  EXPECT_THAT(theory.notes, Contains(HasSubstr("m_1 leaves the range")));
}

TEST(MeanFieldTest, WhereQOverflowsThereIsNoPrediction) {
  const NetworkPrior prior = network(Activation::relu, Initialization::gaussian, 1e38, 8, 20);

  const Theory theory = MeanField().predict(prior, InputPrior::probes(2));

  EXPECT_TRUE(std::isnan(theory.last.q));
  EXPECT_TRUE(std::isnan(theory.last.m1()));
  EXPECT_THAT(theory.notes, Contains(HasSubstr("q leaves the range of double")));
}

TEST(MeanFieldTest, ExtremeScalesOfSaturatingActivationsAreFinite) {
  for (const Activation activation : {Activation::tanh, Activation::hardtanh, Activation::erf,
                                      Activation::sigmoid, Activation::gelu, Activation::silu}) {
    for (const double scale : {1e-30, 1e-3, 1e3, 1e30}) {
      const LayerPrediction last = last_layer(
          network(activation, Initialization::gaussian, scale, 8, 4), InputPrior::probes(2));

      EXPECT_TRUE(std::isfinite(last.log10_m1)) << static_cast<int>(activation) << ' ' << scale;
      EXPECT_GE(last.annealed_vni, 0.125 * (1.0 - 1e-9));
      EXPECT_LE(last.annealed_vni, 1.0 + 1e-9);
    }
  }
}

TEST(MeanFieldTest, SaysWhatDoesNotHold) {
  MeanField theory;
  const auto notes = [&](Activation activation, double scale, std::int64_t width) {
    return theory
        .predict(network(activation, Initialization::gaussian, scale, width, 10),
                 InputPrior::probes(2))
        .notes;
  };

  EXPECT_THAT(notes(Activation::linear, 0.9, 1000), ::testing::IsEmpty());
  EXPECT_THAT(notes(Activation::linear, 1.0, 1000),
              ::testing::ElementsAre(HasSubstr("every q is a fixed point"), HasSubstr("chi = 1")));
  EXPECT_THAT(notes(Activation::linear, 0.9, 8), Contains(HasSubstr("VNI_local exceeds 1")));
  EXPECT_THAT(notes(Activation::linear, 0.9, 20), Contains(HasSubstr("rough guide")));
  EXPECT_THAT(notes(Activation::relu, 1.5, 1000), Contains(HasSubstr("q grows without bound")));
  EXPECT_THAT(notes(Activation::silu, 1.6, 1000), Contains(HasSubstr("unstable fixed point")));
  EXPECT_THAT(notes(Activation::gelu, 1.3, 1000), Contains(HasSubstr("unstable fixed point")));
  EXPECT_THAT(notes(Activation::gelu, 0.5, 1000), ::testing::IsEmpty());
  EXPECT_THAT(notes(Activation::tanh, 1.3, 1000), ::testing::IsEmpty());
}

TEST(MeanFieldTest, ARunsPredictionIsThatOfItsTaskAndModel) {
  const RunSpec spec = testing::runs_of("{depth: 5, width: 16, scale: 1.2, seed: 0}").front();

  const Theory theory = MeanField().predict(network_prior(spec), probe_inputs(spec));

  const LayerPrediction expected = last_layer(
      network(Activation::tanh, Initialization::gaussian, 1.2, 16, 5), InputPrior::probes(2));
  EXPECT_EQ(theory.last.local_vni, expected.local_vni);
  EXPECT_EQ(theory.last.m1(), expected.m1());
  EXPECT_NEAR(theory.q1, 1.44, 1e-15);
}

TEST(MeanFieldTest, ImpossibleNetworksAreRefused) {
  MeanField theory;
  const InputPrior inputs = InputPrior::probes(2);
  const auto with = [](double scale, double bias_scale, std::int64_t depth) {
    return network(Activation::tanh, Initialization::gaussian, scale, 8, depth, bias_scale);
  };

  EXPECT_THROW(theory.predict(with(0.0, 0.0, 2), inputs), std::invalid_argument);
  EXPECT_THROW(theory.predict(with(NAN, 0.0, 2), inputs), std::invalid_argument);
  EXPECT_THROW(theory.predict(with(1e200, 0.0, 2), inputs), std::invalid_argument);
  EXPECT_THROW(theory.predict(with(1.0, -1.0, 2), inputs), std::invalid_argument);
  EXPECT_THROW(theory.predict(with(1.0, 0.0, 0), inputs), std::invalid_argument);
  EXPECT_THROW(theory.predict(with(1.0, 0.0, 2), InputPrior::fixed(-1.0)), std::invalid_argument);
}

}  // namespace
}  // namespace vnsweep
