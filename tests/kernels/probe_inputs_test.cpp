#include "kernels/cpu/probe_inputs.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/cpu/double_passes.hpp"
#include "kernels/random/draws.hpp"

namespace vnsweep {
namespace {

/// Compares with the draws themselves, which are (samples, inputs).
void expect_inputs_of_run(const double* found, std::uint64_t run_key, int inputs, int samples) {
  const std::vector<float> drawn = draw_probe_inputs(run_key, samples, inputs);
  const int stride = cpu::padded_samples(samples);
  for (int i = 0; i < inputs; ++i) {
    const double* row = found + static_cast<std::ptrdiff_t>(i) * stride;
    for (int s = 0; s < samples; ++s)
      ASSERT_EQ(row[s], drawn[static_cast<std::size_t>(s) * inputs + i]) << run_key;
    for (int s = samples; s < stride; ++s)
      ASSERT_EQ(row[s], 0.0) << run_key;
  }
}

TEST(ProbeInputsTest, ARunHasItsOwnInputsEveryTime) {
  cpu::ProbeInputs probe_inputs(3, 13);

  for (int round = 0; round < 2; ++round) {
    for (const std::uint64_t run_key : {7U, 8U, 7U})
      expect_inputs_of_run(probe_inputs.of(run_key), run_key, 3, 13);
  }
}

TEST(ProbeInputsTest, RunsThatMemoryIsTooSmallForAreDrawnAgain) {
  constexpr int kSamples = 1 << 16;
  constexpr std::size_t kBytesOfRun = 2 * kSamples * sizeof(double);
  cpu::ProbeInputs probe_inputs(2, kSamples);

  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t run_key = 0; run_key < 7; ++run_key)
      expect_inputs_of_run(probe_inputs.of(run_key), run_key, 2, kSamples);
  }

  EXPECT_LT(cpu::ProbeInputs::bytes(2, kSamples, 7), 7 * kBytesOfRun);
}

TEST(ProbeInputsTest, MemoryIsBoundedHoweverManyRunsThereAre) {
  const std::size_t of_many = cpu::ProbeInputs::bytes(2, 256, 1'000'000);

  EXPECT_EQ(of_many, cpu::ProbeInputs::bytes(2, 256, 10'000'000));
  EXPECT_LE(of_many, (std::size_t{4} << 20) + 2 * 256 * sizeof(double));
}

TEST(ProbeInputsTest, InputsThatAreLargerThanAllThatIsKeptAreStillRight) {
  constexpr int kSamples = 1 << 19;  // 8 MiB of two inputs
  cpu::ProbeInputs probe_inputs(2, kSamples);

  for (const std::uint64_t run_key : {1U, 2U})
    expect_inputs_of_run(probe_inputs.of(run_key), run_key, 2, kSamples);
}

}  // namespace
}  // namespace vnsweep
