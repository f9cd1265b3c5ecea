#include "kernels/math/philox.hpp"

#include <gmock/gmock.h>

#include <array>

namespace vnsweep {
namespace {

using ::testing::ElementsAre;

// Known answers of philox4x32-10 from Random123 1.14, tests/kat_vectors.
TEST(PhiloxTest, ReproducesRandom123ForZeroKeyAndCounter) {
  const RandomSequence sequence{0, 0, Stream::weights};

  const auto words = sequence.block(0);

  EXPECT_THAT((std::array{words[0], words[1], words[2], words[3]}),
              ElementsAre(0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U));
}

TEST(PhiloxTest, PutsKeyAndCounterWordsInDocumentedOrder) {
  // Counter 243f6a88 85a308d3 13198a2e 03707344 and key a4093822 299f31d0, the digits of pi.
  const RandomSequence sequence{0x299f31d0a4093822ULL, 0x13198a2eU,
                                static_cast<Stream>(0x03707344U)};

  const auto words = sequence.block(0x85a308d3243f6a88ULL);

  EXPECT_THAT((std::array{words[0], words[1], words[2], words[3]}),
              ElementsAre(0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U));
}

// NumPy 2.4.6: r = sqrt(-2 log((w0 + .5) / 2**32)), r cos and r sin of 2 pi (w1 + .5) / 2**32.
TEST(PhiloxTest, BoxMullerAgreesWithNumpy) {
  const NormalPair pair = box_muller(0x6627e8d5U, 0xe169c58dU);

  EXPECT_FLOAT_EQ(pair.first, 0.991137683391571F);
  EXPECT_FLOAT_EQ(pair.second, -0.9246625900268555F);
}

TEST(PhiloxTest, BoxMullerIsFiniteForExtremeWords) {
  EXPECT_TRUE(std::isfinite(box_muller(0U, 0U).first));
  EXPECT_TRUE(std::isfinite(box_muller(0xffffffffU, 0xffffffffU).second));
}

}  // namespace
}  // namespace vnsweep
