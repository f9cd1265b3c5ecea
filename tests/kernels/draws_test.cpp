#include "kernels/random/draws.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/kernels/test_batches.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAreArray;

TEST(DrawsTest, NormalsHaveTheMomentsOfTheStandardNormal) {
  constexpr int kCount = 400'000;
  const std::vector<float> normals = draw_normals({7, 1, Stream::weights}, kCount);

  double mean = 0.0;
  double square = 0.0;
  double fourth = 0.0;
  for (const double x : normals) {
    mean += x / kCount;
    square += x * x / kCount;
    fourth += x * x * x * x / kCount;
  }

  // Five standard errors: 1, sqrt 2 and sqrt 96 over sqrt(count).
  const double unit = 5.0 / std::sqrt(kCount);
  EXPECT_NEAR(mean, 0.0, unit);
  EXPECT_NEAR(square, 1.0, std::sqrt(2.0) * unit);
  EXPECT_NEAR(fourth, 3.0, std::sqrt(96.0) * unit);
}

TEST(DrawsTest, ShorterSequencesArePrefixesOfLongerOnes) {
  const RandomSequence sequence{5, 2, Stream::probe_inputs};
  const std::vector<float> longer = draw_normals(sequence, 103);

  for (const int count : {1, 2, 3, 4, 5, 102}) {
    const std::vector<float> shorter = draw_normals(sequence, count);
    EXPECT_THAT(shorter, ElementsAreArray(longer.begin(), longer.begin() + count));
  }
}

TEST(DrawsTest, StreamsTensorsAndKeysDiffer) {
  std::set<float> first;
  for (const RandomSequence& sequence :
       {RandomSequence{1, 1, Stream::weights}, RandomSequence{1, 1, Stream::biases},
        RandomSequence{1, 2, Stream::weights}, RandomSequence{2, 1, Stream::weights},
        RandomSequence{1ULL << 32, 1, Stream::weights}}) {
    first.insert(draw_normals(sequence, 1)[0]);
  }

  EXPECT_EQ(first.size(), 5U);
}

TEST(DrawsTest, GaussianWeightsAreScaledNormalsOfTheLayersSequence) {
  NetworkBatch batch = testing::xor_batch(8, {3});
  NetworkSpec& network = batch.networks[0];
  network.scale = 1.5;

  const std::vector<float> weights = draw_weights(batch, network, LayerIndex(2));

  const std::vector<float> normals = draw_normals({network.run_key, 2, Stream::weights}, 64);
  ASSERT_EQ(weights.size(), 64U);
  for (std::size_t e = 0; e < 64; ++e) {
    EXPECT_EQ(weights[e], static_cast<float>(1.5 / std::sqrt(8.0) * normals[e]));
  }
}

TEST(DrawsTest, FirstAndOutputLayerStayGaussianUnderOrthogonalInitialisation) {
  NetworkBatch gaussian = testing::xor_batch(2, {3});
  NetworkBatch orthogonal = gaussian;
  orthogonal.initialization = Initialization::orthogonal;
  const NetworkSpec& network = gaussian.networks[0];

  for (const int layer : {1, 4}) {
    EXPECT_EQ(draw_weights(gaussian, network, LayerIndex(layer)),
              draw_weights(orthogonal, network, LayerIndex(layer)));
  }
  EXPECT_NE(draw_weights(gaussian, network, LayerIndex(2)),
            draw_weights(orthogonal, network, LayerIndex(2)));
}

TEST(DrawsTest, OrthogonalWeightsAreScaleTimesAnOrthogonalMatrix) {
  constexpr int kWidth = 20;
  NetworkBatch batch = testing::xor_batch(kWidth, {3});
  batch.initialization = Initialization::orthogonal;
  batch.networks[0].scale = 1.25;

  const std::vector<float> w = draw_weights(batch, batch.networks[0], LayerIndex(3));

  for (int i = 0; i < kWidth; ++i) {
    for (int j = 0; j < kWidth; ++j) {
      double dot = 0.0;
      for (int k = 0; k < kWidth; ++k) {
        dot += static_cast<double>(w[i * kWidth + k]) * w[j * kWidth + k];
      }
      EXPECT_NEAR(dot, i == j ? 1.25 * 1.25 : 0.0, 1e-6);
    }
  }
}

TEST(DrawsTest, BiasesAreZeroUnlessTheyHaveAScale) {
  NetworkBatch batch = testing::xor_batch(5, {1});
  EXPECT_EQ(draw_biases(batch, batch.networks[0], LayerIndex(1)), std::vector<float>(5, 0.0F));

  batch.networks[0].bias_scale = 0.5;
  const std::vector<float> biases = draw_biases(batch, batch.networks[0], LayerIndex(1));

  const std::vector<float> normals =
      draw_normals({batch.networks[0].run_key, 1, Stream::biases}, 5);
  for (std::size_t e = 0; e < 5; ++e)
    EXPECT_EQ(biases[e], 0.5F * normals[e]);
}

TEST(DrawsTest, EveryEpochIsAnotherPermutation) {
  const std::vector<std::int32_t> first = draw_epoch_order(3, 0, 50);
  const std::vector<std::int32_t> second = draw_epoch_order(3, 1, 50);

  EXPECT_NE(first, second);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 50U);
  EXPECT_EQ(*std::max_element(second.begin(), second.end()), 49);
}

TEST(DrawsTest, PermutationsOfThreeAreEquallyLikely) {
  std::map<std::vector<std::int32_t>, int> counts;
  constexpr int kEpochs = 6000;
  for (int epoch = 0; epoch < kEpochs; ++epoch)
    ++counts[draw_epoch_order(11, epoch, 3)];

  ASSERT_EQ(counts.size(), 6U);
  for (const auto& [order, count] : counts) {
    EXPECT_NEAR(count, kEpochs / 6.0, 5.0 * std::sqrt(kEpochs / 6.0));
  }
}

TEST(DrawsTest, MinibatchesOfAnEpochDoNotOverlapAndDropTheRest) {
  MinibatchSequence sequence(21, 10, 3);
  std::set<std::int32_t> seen;
  for (std::int64_t step = 0; step < 3; ++step) {
    const std::int32_t* indices = sequence.indices(step);
    seen.insert(indices, indices + 3);
  }
  EXPECT_EQ(seen.size(), 9U);

  const std::int32_t* next_epoch = sequence.indices(3);
  const std::vector<std::int32_t> expected = draw_epoch_order(21, 1, 10);
  EXPECT_THAT(std::vector<std::int32_t>(next_epoch, next_epoch + 3),
              ElementsAreArray(expected.begin(), expected.begin() + 3));
}

}  // namespace
}  // namespace vnsweep
