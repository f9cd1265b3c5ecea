#include "host/task/normalize.hpp"

#include <gmock/gmock.h>

#include "host/task/targets.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

/// Features 1, 2, 3, 6 and the constant 10; sample 4 has values that no other has.
FileData table() {
  return {.samples = 5,
          .inputs = 2,
          .features = std::vector<double>{1, 10, 2, 10, 3, 10, 6, 10, 1000, -1000}};
}

const std::vector<std::int32_t> kFirstFour = {0, 1, 2, 3};

TEST(NormalizeTest, FeaturesGetMeanZeroAndVarianceOneAndConstantsBecomeZero) {
  // Mean 3, variance 3.5: -2, -1, 0, 3 over sqrt(3.5).
  EXPECT_THAT(normalized_features(table(), kFirstFour, Normalization::feature),
              ElementsAre(FloatEq(-1.06904497F), 0, FloatEq(-0.534522484F), 0, 0, 0,
                          FloatEq(1.60356745F), 0));
}

TEST(NormalizeTest, GlobalTakesOneMeanAndVarianceOfAll) {
  FileData data{.samples = 2, .inputs = 2, .features = std::vector<double>{1, 3, 5, 7}};

  // Mean 4, variance 5.
  EXPECT_THAT(normalized_features(data, std::vector<std::int32_t>{0, 1}, Normalization::global),
              ElementsAre(FloatEq(-1.34164079F), FloatEq(-0.447213595F), FloatEq(0.447213595F),
                          FloatEq(1.34164079F)));
}

TEST(NormalizeTest, UnitMapsTheLeastToZeroAndTheGreatestToOne) {
  FileData data{.samples = 2, .inputs = 2};
  data.features = std::vector<std::uint8_t>{50, 100, 75, 150};

  EXPECT_THAT(normalized_features(data, std::vector<std::int32_t>{0, 1}, Normalization::unit),
              ElementsAre(0, 0.5, 0.25, 1));
}

TEST(NormalizeTest, NoneKeepsTheValuesInTheOrderOfTheRows) {
  EXPECT_THAT(normalized_features(table(), std::vector<std::int32_t>{3, 0}, Normalization::none),
              ElementsAre(6, 10, 1, 10));
}

TEST(NormalizeTest, AConstantWhoseMeanIsRoundedStaysConstant) {
  FileData data{.samples = 3, .inputs = 1, .features = std::vector<double>{0.1, 0.1, 0.1}};
  const std::vector<std::int32_t> all = {0, 1, 2};

  for (const auto normalization :
       {Normalization::feature, Normalization::global, Normalization::unit}) {
    EXPECT_THAT(normalized_features(data, all, normalization), ElementsAre(0, 0, 0));
  }
}

TEST(NormalizeTest, WhatVariesTooLittleToHaveAVarianceBecomesZero) {
  // Squares of 5e-201 are 0 in double.
  FileData data{.samples = 2, .inputs = 1, .features = std::vector<double>{1e-200, 2e-200}};
  const std::vector<std::int32_t> all = {0, 1};

  EXPECT_THAT(normalized_features(data, all, Normalization::feature), ElementsAre(0, 0));
  EXPECT_THAT(normalized_features(data, all, Normalization::global), ElementsAre(0, 0));
  EXPECT_THAT(normalized_features(data, all, Normalization::unit), ElementsAre(0, 1));
}

TEST(NormalizeTest, TheGreatestFloatsStayFinite) {
  FileData data{.samples = 2, .inputs = 1, .features = std::vector<double>{-3.4e38, 3.4e38}};
  const std::vector<std::int32_t> all = {0, 1};

  EXPECT_THAT(normalized_features(data, all, Normalization::feature), ElementsAre(-1, 1));
  EXPECT_THAT(normalized_features(data, all, Normalization::global), ElementsAre(-1, 1));
  EXPECT_THAT(normalized_features(data, all, Normalization::unit), ElementsAre(0, 1));
  EXPECT_THAT(normalized_features(data, all, Normalization::none), ElementsAre(-3.4e38F, 3.4e38F));
}

TEST(StandardizeTest, EveryOutputIsScaledByItself) {
  // Outputs 1, 3 and 7, 7 and 1e-200, 2e-200: the second is constant, the third has no variance in
  // double.
  std::vector<double> values = {1, 7, 1e-200, 3, 7, 2e-200};

  standardize(values, 3);

  EXPECT_THAT(values, ElementsAre(-1, 0, 0, 1, 0, 0));
}

}  // namespace
}  // namespace vnsweep
