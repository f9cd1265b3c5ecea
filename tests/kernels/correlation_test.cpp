#include "kernels/reference/reference_statistics.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "kernels/cpu/correlation.hpp"

namespace vnsweep {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

/// Both implementations on the same outputs, given as (nodes, probes).
std::vector<LayerProbe> statistics_of(const std::vector<std::vector<double>>& nodes) {
  const std::size_t probes = nodes[0].size();
  reference::Matrix by_probe(probes, reference::Vector(nodes.size()));
  std::vector<double> flat;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (std::size_t p = 0; p < probes; ++p)
      by_probe[p][i] = nodes[i][p];
    flat.insert(flat.end(), nodes[i].begin(), nodes[i].end());
  }
  LayerProbe fast;
  cpu::CorrelationWorkspace workspace;
  cpu::correlation_statistics(flat.data(), static_cast<int>(nodes.size()), static_cast<int>(probes),
                              probes, workspace, fast);
  return {reference::correlation_statistics(by_probe), fast};
}

// Correlations 1, -1/sqrt 5, -1/sqrt 5 by hand: VNI = (3 + 2 (1 + 2/5)) / 9 = 29/45.
// Spectrum and effective rank: NumPy 2.4.6, corrcoef and eigvalsh.
TEST(CorrelationTest, ThreeNodesByHand) {
  for (const LayerProbe& probe : statistics_of({{1, 2, 3, 4}, {2, 4, 6, 8}, {1, -1, 1, -1}})) {
    EXPECT_EQ(probe.live, 3);
    EXPECT_NEAR(probe.vni, 29.0 / 45.0, 1e-15);
    EXPECT_NEAR(probe.n_eff, 45.0 / 29.0, 1e-14);
    EXPECT_THAT(probe.spectrum,
                ElementsAre(DoubleNear(2.306225774829855, 1e-14),
                            DoubleNear(0.693774225170145, 1e-14), DoubleNear(0.0, 1e-14)));
    EXPECT_NEAR(probe.effective_rank, 1.717366520639171, 1e-12);
  }
}

TEST(CorrelationTest, DeadNodesAreLeftOut) {
  for (const LayerProbe& probe : statistics_of({{5, 5, 5, 5}, {1, 2, 3, 4}, {0, 0, 0, 0}})) {
    EXPECT_EQ(probe.live, 1);
    EXPECT_DOUBLE_EQ(probe.vni, 1.0);
    EXPECT_DOUBLE_EQ(probe.n_eff, 1.0);
  }
}

TEST(CorrelationTest, VariationOfRoundingSizeIsNotLive) {
  for (const LayerProbe& probe :
       statistics_of({{1.0, 1.0 + 2e-16, 1.0, 1.0}, {1, 1 + 1e-9, 1 - 1e-9, 1}})) {
    EXPECT_EQ(probe.live, 1);
  }
}

TEST(CorrelationTest, NoLiveNodeHasNoIndicator) {
  for (const LayerProbe& probe : statistics_of({{2, 2}, {0, 0}})) {
    EXPECT_EQ(probe.live, 0);
    EXPECT_TRUE(std::isnan(probe.vni));
    EXPECT_EQ(probe.n_eff, 0.0);
    EXPECT_EQ(probe.effective_rank, 0.0);
    EXPECT_TRUE(probe.spectrum.empty());
  }
}

TEST(CorrelationTest, NonFiniteNodesAreNotLive) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const LayerProbe& probe :
       statistics_of({{1, infinity, 2, 3}, {1, std::nan(""), 2, 3}, {1, 2, 3, 5}})) {
    EXPECT_EQ(probe.live, 1);
    EXPECT_DOUBLE_EQ(probe.vni, 1.0);
  }
}

TEST(CorrelationTest, IndicatorDoesNotDependOnTheSizeOfTheSignal) {
  for (const double size : {1e-300, 1.0, 1e150}) {
    for (const LayerProbe& probe : statistics_of({{1 * size, 2 * size, 3 * size, 4 * size},
                                                  {1 * size, -1 * size, 1 * size, -1 * size}})) {
      EXPECT_EQ(probe.live, 2);
      EXPECT_NEAR(probe.vni, (2.0 + 2.0 / 5.0) / 4.0, 1e-15);
    }
  }
}

TEST(CorrelationTest, CopiesOfOneNodeHaveIndicatorOne) {
  for (const LayerProbe& probe : statistics_of({{1, 2, 4}, {-2, -4, -8}, {10, 20, 40}})) {
    EXPECT_NEAR(probe.vni, 1.0, 1e-15);
    EXPECT_NEAR(probe.n_eff, 1.0, 1e-15);
  }
}

TEST(CorrelationTest, UncorrelatedNodesReachTheLowerBound) {
  for (const LayerProbe& probe : statistics_of({{1, 1, -1, -1}, {1, -1, 1, -1}})) {
    EXPECT_NEAR(probe.vni, 0.5, 1e-15);
    EXPECT_NEAR(probe.effective_rank, 2.0, 1e-14);
  }
}

TEST(CorrelationTest, SpectrumAgreesWithTheIndicatorWithFewerProbesThanNodes) {
  std::vector<std::vector<double>> nodes(30, std::vector<double>(7));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (std::size_t p = 0; p < 7; ++p)
      nodes[i][p] = std::sin(1.0 + 3.0 * i + 0.7 * p * p + i * p);
  }
  for (const LayerProbe& probe : statistics_of(nodes)) {
    double sum = 0.0;
    double squares = 0.0;
    for (const double eigenvalue : probe.spectrum) {
      sum += eigenvalue;
      squares += eigenvalue * eigenvalue;
    }

    EXPECT_EQ(probe.live, 30);
    EXPECT_EQ(probe.spectrum.size(), 7U);
    EXPECT_NEAR(sum, 30.0, 1e-12);
    EXPECT_NEAR(squares, 30.0 * 30.0 * probe.vni, 1e-11);
  }
}

}  // namespace
}  // namespace vnsweep
