#include "host/theory/activation_moments.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace vnsweep {
namespace {

constexpr Activation kActivations[] = {
    Activation::linear,     Activation::tanh, Activation::relu,
    Activation::hardtanh,   Activation::erf,  Activation::sigmoid,
    Activation::leaky_relu, Activation::gelu, Activation::silu};

struct Reference {
  Activation activation;
  double q;
  double square;
  double mu1;
  double mu2;
};

// mpmath 1.2.1, quadrature in 50 digits: tools/oracles/mean_field.py.
constexpr Reference kMpmath[] = {
    {Activation::linear, 0, 0.0, 1.0, 1.0},
    {Activation::linear, 1e-12, 1.0e-12, 1.0, 1.0},
    {Activation::linear, 1e-4, 1.0e-4, 1.0, 1.0},
    {Activation::linear, 0.1, 1.0e-1, 1.0, 1.0},
    {Activation::linear, 1, 1.0, 1.0, 1.0},
    {Activation::linear, 7, 7.0, 1.0, 1.0},
    {Activation::linear, 100, 1.0e+2, 1.0, 1.0},
    {Activation::linear, 1e6, 1.0e+6, 1.0, 1.0},
    {Activation::linear, 1e12, 1.0e+12, 1.0, 1.0},
    {Activation::tanh, 0, 0.0, 1.0, 1.0},
    {Activation::tanh, 1e-12, 9.99999999998e-13, 9.99999999998e-1, 9.99999999996e-1},
    {Activation::tanh, 1e-4, 9.9980005664600921e-5, 9.9980006996868339e-1, 9.9960025979751153e-1},
    {Activation::tanh, 0.1, 8.4213928421107242e-2, 8.4920706840647201e-1, 7.4978898377146705e-1},
    {Activation::tanh, 1, 3.9429449039784117e-1, 4.6440290244826824e-1, 3.4150920731666354e-1},
    {Activation::tanh, 7, 7.1428653120286126e-1, 1.9659895580550488e-1, 1.3648681696097158e-1},
    {Activation::tanh, 100, 9.2053686343051667e-1, 5.3106787748115834e-2, 3.6448871930861607e-2},
    {Activation::tanh, 1e6, 9.9920211576731373e-1, 5.3192295477144597e-4, 3.6474720191468953e-4},
    {Activation::tanh, 1e12, 9.999992021154392e-1, 5.3192304053515781e-7, 3.6474722779556971e-7},
    {Activation::relu, 1e-12, 5.0e-13, 5.0e-1, 5.0e-1},
    {Activation::relu, 1e-4, 5.0e-5, 5.0e-1, 5.0e-1},
    {Activation::relu, 0.1, 5.0e-2, 5.0e-1, 5.0e-1},
    {Activation::relu, 1, 5.0e-1, 5.0e-1, 5.0e-1},
    {Activation::relu, 7, 3.5, 5.0e-1, 5.0e-1},
    {Activation::relu, 100, 5.0e+1, 5.0e-1, 5.0e-1},
    {Activation::relu, 1e6, 5.0e+5, 5.0e-1, 5.0e-1},
    {Activation::relu, 1e12, 5.0e+11, 5.0e-1, 5.0e-1},
    {Activation::hardtanh, 0, 0.0, 1.0, 1.0},
    {Activation::hardtanh, 1e-12, 1.0e-12, 1.0, 1.0},
    {Activation::hardtanh, 1e-4, 1.0e-4, 1.0, 1.0},
    {Activation::hardtanh, 0.1, 9.9708788711698226e-2, 9.9843459774199745e-1,
     9.9843459774199745e-1},
    {Activation::hardtanh, 1, 5.160585509617133e-1, 6.826894921370859e-1, 6.826894921370859e-1},
    {Activation::hardtanh, 7, 8.0178071677070578e-1, 2.9454301388872659e-1, 2.9454301388872659e-1},
    {Activation::hardtanh, 100, 9.4686083131150302e-1, 7.9655674554057963e-2,
     7.9655674554057963e-2},
    {Activation::hardtanh, 1e6, 9.9946807701265705e-1, 7.9788442782212517e-4,
     7.9788442782212517e-4},
    {Activation::hardtanh, 1e12, 9.9999946807695946e-1, 7.9788456080273238e-7,
     7.9788456080273238e-7},
    {Activation::erf, 0, 0.0, 1.2732395447351627, 1.6211389382774043},
    {Activation::erf, 1e-12, 1.2732395447326162e-12, 1.2732395447326162, 1.6211389382709198},
    {Activation::erf, 1e-4, 1.2729849562287864e-4, 1.2729849731951325, 1.6204908715162378},
    {Activation::erf, 0.1, 1.0660075807622735e-1, 1.0760838185215222, 1.2083256223200373},
    {Activation::erf, 1, 4.6455905439753998e-1, 5.6941003473374165e-1, 5.4037964609246811e-1},
    {Activation::erf, 7, 7.6622811354091959e-1, 2.3643464783999159e-1, 2.1472509790464929e-1},
    {Activation::erf, 100, 9.3647022571942229e-1, 6.3582548662800294e-2, 5.7280127925660329e-2},
    {Activation::erf, 1e6, 9.993633803602615e-1, 6.3661969279012472e-4, 5.7315913242831161e-4},
    {Activation::erf, 1e12, 9.9999936338022763e-1, 6.3661977236750177e-7, 5.7315916825072044e-7},
    {Activation::sigmoid, 0, 2.5e-1, 6.25e-2, 3.90625e-3},
    {Activation::sigmoid, 1e-12, 2.500000000000625e-1, 6.249999999996875e-2, 3.9062499999960937e-3},
    {Activation::sigmoid, 1e-4, 2.5000624968752213e-1, 6.2496875273406905e-2,
     3.9058594384641954e-3},
    {Activation::sigmoid, 0.1, 2.559578163453264e-1, 5.9621386097093257e-2, 3.5689294481088192e-3},
    {Activation::sigmoid, 1, 2.9337903585809296e-1, 4.4836241350194372e-2, 2.285651286678948e-3},
    {Activation::sigmoid, 7, 3.7403974496760886e-1, 2.3132002533123585e-2, 1.0360604496051046e-3},
    {Activation::sigmoid, 100, 4.6074043989063592e-1, 6.6066455035341533e-3, 2.8415373499534226e-4},
    {Activation::sigmoid, 1e6, 4.9960105837583005e-1, 6.6490337185043918e-5, 2.8495869083750583e-6},
    {Activation::sigmoid, 1e12, 4.999996010577196e-1, 6.6490380066862564e-8, 2.8495877171522818e-9},
    {Activation::leaky_relu, 1e-12, 5.0005e-13, 5.0005e-1, 5.00000005e-1},
    {Activation::leaky_relu, 1e-4, 5.0005e-5, 5.0005e-1, 5.00000005e-1},
    {Activation::leaky_relu, 0.1, 5.0005e-2, 5.0005e-1, 5.00000005e-1},
    {Activation::leaky_relu, 1, 5.0005e-1, 5.0005e-1, 5.00000005e-1},
    {Activation::leaky_relu, 7, 3.50035, 5.0005e-1, 5.00000005e-1},
    {Activation::leaky_relu, 100, 5.0005e+1, 5.0005e-1, 5.00000005e-1},
    {Activation::leaky_relu, 1e6, 5.0005e+5, 5.0005e-1, 5.00000005e-1},
    {Activation::leaky_relu, 1e12, 5.0005e+11, 5.0005e-1, 5.00000005e-1},
    {Activation::gelu, 0, 0.0, 2.5e-1, 6.25e-2},
    {Activation::gelu, 1e-12, 2.5000000000047746e-13, 2.5000000000063662e-1, 6.250000000095493e-2},
    {Activation::gelu, 1e-4, 2.5004773852647996e-5, 2.5006364924733424e-1, 6.2595486021441822e-2},
    {Activation::gelu, 0.1, 2.9090462051486209e-2, 3.0301194724679015e-1, 1.4887123519601231e-1},
    {Activation::gelu, 1, 4.2522148257029867e-1, 4.5585086564928712e-1, 4.3395583885633772e-1},
    {Activation::gelu, 7, 3.4403825998640611, 5.1066025570058873e-1, 5.3291386242704063e-1},
    {Activation::gelu, 100, 4.9981482730022822e+1, 5.0539986418341693e-1, 5.1411037030103738e-1},
    {Activation::gelu, 1e6, 4.9999999981243434e+5, 5.0005626953999186e-1, 5.0014584949600707e-1},
    {Activation::gelu, 1e12, 5.0e+11, 5.0000005626976976e-1, 5.000001458499761e-1},
    {Activation::silu, 0, 0.0, 2.5e-1, 6.25e-2},
    {Activation::silu, 1e-12, 2.500000000001875e-13, 2.5000000000025e-1, 6.2500000000375e-2},
    {Activation::silu, 1e-4, 2.5001874843765493e-5, 2.5002499750029163e-1, 6.2537498124812616e-2},
    {Activation::silu, 0.1, 2.6732642963811499e-2, 2.7275732990532323e-1, 9.8023239501615333e-2},
    {Activation::silu, 1, 3.5577551981735216e-1, 3.7948235163282931e-1, 2.8658057687961481e-1},
    {Activation::silu, 7, 3.2470344629244302, 4.8816533432902564e-1, 4.9097390092255496e-1},
    {Activation::silu, 100, 4.9877173107472021e+1, 5.0715382912831717e-1, 5.1890523463739197e-1},
    {Activation::silu, 1e6, 4.9999999868754157e+5, 5.0008576231120945e-1, 5.002182837521261e-1},
    {Activation::silu, 1e12, 5.0e+11, 5.0000008576382244e-1, 5.0000021828685532e-1},
};

/// !(error <= bound), so that NaN fails.
void expect_close(double value, double expected, const Reference& r, const char* what) {
  EXPECT_LE(std::fabs(value - expected), kMomentTolerance * std::fabs(expected))
      << what << " of activation " << static_cast<int>(r.activation) << " at q = " << r.q;
}

TEST(ActivationMomentsTest, AgreeWithFiftyDigitsFromTinyToHugeQ) {
  for (const Reference& r : kMpmath) {
    const ActivationMoments moments = activation_moments(r.activation, r.q);

    expect_close(moments.square, r.square, r, "E phi^2");
    expect_close(moments.mu1, r.mu1, r, "mu_1");
    expect_close(moments.mu2, r.mu2, r, "mu_2");
  }
}

// By hand: at q = 2 the arc sine of 4/5, and exp(-2 h^2) against the density gives 1 / sqrt(9).
TEST(ActivationMomentsTest, ErfByHand) {
  const ActivationMoments moments = activation_moments(Activation::erf, 2.0);

  EXPECT_NEAR(moments.square, 2.0 / std::numbers::pi * std::asin(0.8), 1e-15);
  EXPECT_NEAR(moments.mu1, 4.0 / std::numbers::pi / 3.0, 1e-15);
  EXPECT_NEAR(moments.mu2, std::pow(4.0 / std::numbers::pi, 2) / std::sqrt(17.0), 1e-15);
}

TEST(ActivationMomentsTest, AtZeroTheyAreThoseOfTheOrigin) {
  for (const auto& [activation, value, slope] :
       {std::tuple{Activation::tanh, 0.0, 1.0},
        {Activation::hardtanh, 0.0, 1.0},
        {Activation::erf, 0.0, 2.0 / std::sqrt(std::numbers::pi)},
        {Activation::sigmoid, 0.5, 0.25},
        {Activation::gelu, 0.0, 0.5},
        {Activation::silu, 0.0, 0.5}}) {
    const ActivationMoments moments = activation_moments(activation, 0.0);

    EXPECT_NEAR(moments.square, value * value, 1e-15);
    EXPECT_NEAR(moments.mu1, slope * slope, 1e-14);
    EXPECT_NEAR(moments.mu2, std::pow(slope, 4), 1e-14);
  }
}

// Means cannot break Jensen's inequality, and q never falls as it rises: wrong pieces would.
TEST(ActivationMomentsTest, AreFiniteOrderedAndMonotoneOverTheRangeOfDouble) {
  for (const Activation activation : kActivations) {
    double below = 0.0;
    for (double exponent = -300.0; exponent <= 300.0; exponent += 0.25) {
      const double q = std::pow(10.0, exponent);
      const ActivationMoments moments = activation_moments(activation, q);

      ASSERT_TRUE(std::isfinite(moments.square) && std::isfinite(moments.mu2)) << q;
      EXPECT_GE(moments.square, below * (1.0 - 1e-12)) << static_cast<int>(activation) << ' ' << q;
      EXPECT_GT(moments.mu1, 0.0);
      EXPECT_GE(moments.mu2, moments.mu1 * moments.mu1 * (1.0 - 1e-12));
      below = moments.square;
    }
  }
}

// The number of pieces and the closed form at the seams may not show.
TEST(ActivationMomentsTest, AreSmoothWhereTheRuleChanges) {
  for (const Activation activation : {Activation::tanh, Activation::sigmoid, Activation::gelu,
                                      Activation::silu, Activation::hardtanh}) {
    for (const double seam : {1.0 / 1400.0, 1.0, 4.0, 1e40}) {
      const ActivationMoments below = activation_moments(activation, seam * (1.0 - 1e-13));
      const ActivationMoments above = activation_moments(activation, seam * (1.0 + 1e-13));

      EXPECT_NEAR(above.square / below.square, 1.0, 2e-12) << seam;
      EXPECT_NEAR(above.mu1 / below.mu1, 1.0, 2e-12) << seam;
      EXPECT_NEAR(above.mu2 / below.mu2, 1.0, 2e-12) << seam;
    }
  }
}

TEST(ActivationMomentsTest, AnImpossibleVarianceIsRefused) {
  for (const double q :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(activation_moments(Activation::tanh, q), std::invalid_argument);
  }
}

}  // namespace
}  // namespace vnsweep
