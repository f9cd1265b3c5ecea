#include "kernels/cpu/double_passes.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/cpu/aligned_buffer.hpp"
#include "kernels/random/draws.hpp"
#include "tests/kernels/instruction_sets.hpp"

namespace vnsweep {
namespace {

cpu::AlignedBuffer<double> aligned(const std::vector<double>& values) {
  cpu::AlignedBuffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.data());
  return buffer;
}

std::vector<double> normals(std::uint64_t key, std::int64_t count) {
  const std::vector<float> drawn = draw_normals({key, 0, Stream::generated_data}, count);
  return {drawn.begin(), drawn.end()};
}

TEST(DoubleMultiplyTest, ByHand) {
  const std::vector<double> a = {1, 2, 3, 4};  // (2, 2)
  const std::vector<double> bias = {10, 20};
  std::vector<double> x(16, 0.0);
  x[0] = 5;
  x[8] = 6;
  const auto x_aligned = aligned(x);
  cpu::AlignedBuffer<double> c(16);
  cpu::AlignedBuffer<double> of_transpose(16);

  cpu::multiply({a.data(), 2, 1}, bias.data(), x_aligned.data(), 2, 2, 8, c.data());
  cpu::multiply({a.data(), 1, 2}, nullptr, x_aligned.data(), 2, 2, 8, of_transpose.data());

  EXPECT_EQ(c.data()[0], 27.0);
  EXPECT_EQ(c.data()[8], 59.0);
  EXPECT_EQ(c.data()[1], 10.0);
  EXPECT_EQ(of_transpose.data()[0], 23.0);
  EXPECT_EQ(of_transpose.data()[8], 34.0);
}

TEST(DoubleMultiplyTest, EveryInstructionSetAgreesWithPlainLoopsForAnyShape) {
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    for (const int rows : {1, 3, 4, 8, 13}) {
      for (const int inner : {1, 2, 9}) {
        for (const int samples : {8, 16, 24, 40, 72}) {
          const auto a = normals(1, std::int64_t{1} * rows * inner);
          const auto bias = normals(2, rows);
          const auto x = aligned(normals(3, std::int64_t{1} * inner * samples));
          cpu::AlignedBuffer<double> c(static_cast<std::size_t>(rows) * samples);

          cpu::multiply({a.data(), inner, 1}, bias.data(), x.data(), rows, inner, samples,
                        c.data());

          for (int i = 0; i < rows; ++i) {
            for (int s = 0; s < samples; ++s) {
              double sum = bias[static_cast<std::size_t>(i)];
              for (int j = 0; j < inner; ++j) {
                sum += a[static_cast<std::size_t>(i) * inner + j] *
                       x.data()[static_cast<std::size_t>(j) * samples + s];
              }
              ASSERT_NEAR(c.data()[static_cast<std::size_t>(i) * samples + s], sum, 1e-13);
            }
          }
        }
      }
    }
  });
}

TEST(SumOfSquaresTest, SamplesBeyondTheCountDoNotMatter) {
  testing::on_every_instruction_set([](const char* name) {
    SCOPED_TRACE(name);
    constexpr int kStride = 80;
    for (const int count : {1, 7, 8, 9, 33, 79, 80}) {
      std::vector<double> a(2 * kStride, std::numeric_limits<double>::quiet_NaN());
      for (int s = 0; s < count; ++s) {
        a[static_cast<std::size_t>(s)] = s + 1.0;
        a[kStride + static_cast<std::size_t>(s)] = -1.0;
      }
      const auto buffer = aligned(a);

      const double sum = cpu::sum_of_squares(buffer.data(), 2, count, kStride);

      // 1 + 4 + ... + n^2, and n times 1; all of it exact.
      EXPECT_EQ(sum, count * (count + 1.0) * (2.0 * count + 1.0) / 6.0 + count);
    }
  });
}

TEST(DoubleTanhTest, EveryInstructionSetIsWithinFourUlpAndNeverBeyondOne) {
  if (std::numeric_limits<long double>::digits < 64) {
    GTEST_SKIP() << "long double has no digits to spare here";
  }
  std::vector<double> values;
  for (int k = 0; k < 200'000; ++k)
    values.push_back(1.0001e-4 * k);
  for (int k = 0; k < 400'000; ++k)  // where the numerator cancels most, just above ln(2) / 4
    values.push_back(0.17 + 1e-6 * k);
  for (double h = 1.0; h > 1e-300; h *= 0.93)  // down to where only h itself is left
    values.push_back(h);
  for (int k = 1; k <= 60; ++k) {  // where the quotient of h and ln(2) / 2 goes to the next integer
    const double edge = (k - 0.5) * 0.34657359027997264;
    values.insert(values.end(), {edge, std::nextafter(edge, 0.0), std::nextafter(edge, 99.0)});
  }
  values.insert(values.end(), {19.1, 20.0, 1e10, std::numeric_limits<double>::max(), 0.0});
  values.resize(static_cast<std::size_t>(cpu::padded_samples(static_cast<int>(values.size()))));
  const auto h = aligned(values);
  cpu::AlignedBuffer<double> x(values.size());
  cpu::AlignedBuffer<double> negative(values.size());
  cpu::AlignedBuffer<double> slope(values.size());

  testing::on_every_instruction_set([&](const char* name) {
    SCOPED_TRACE(name);
    for (std::size_t k = 0; k < values.size(); ++k)
      negative.data()[k] = -values[k];
    cpu::activate(Activation::tanh, h.data(), values.size(), x.data(), slope.data());
    cpu::activate(Activation::tanh, negative.data(), values.size(), negative.data(), nullptr);

    double worst = 0.0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const long double exact = std::tanh(static_cast<long double>(values[k]));
      const auto rounded = static_cast<double>(exact);
      const double ulp = std::max(std::nextafter(rounded, 2.0) - rounded,
                                  std::numeric_limits<double>::denorm_min());
      worst = std::max(worst, static_cast<double>(std::fabs(x.data()[k] - exact)) / ulp);
      ASSERT_LE(x.data()[k], 1.0) << values[k];
      ASSERT_GE(slope.data()[k], 0.0) << values[k];
      ASSERT_EQ(negative.data()[k], -x.data()[k]) << values[k];
    }
    EXPECT_LE(worst, 4.0);
    RecordProperty(name, std::to_string(worst));
  });
}

}  // namespace
}  // namespace vnsweep
