#include "host/forecast/pilot.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "host/plan/batch.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;

TEST(PilotSequenceTest, RunsOfEqualCostAreTakenInVanDerCorputsOrder) {
  // 1/2, 1/4, 3/4, 1/8, 5/8, 3/8, 7/8 of eight runs.
  const auto runs = testing::runs_of("{depth: 3, width: 4, seed: {count: 8}}");

  EXPECT_THAT(pilot_sequence(runs, 7, PilotDesign::alone), ElementsAre(4, 2, 6, 1, 5, 3, 7));
}

TEST(PilotSequenceTest, ALongerSequenceBeginsLikeAShorterOne) {
  const auto runs = testing::runs_of("{depth: [1, 9], width: [4, 8], seed: {count: 5}}");

  const auto longer = pilot_sequence(runs, 20, PilotDesign::alone);
  const auto shorter = pilot_sequence(runs, 7, PilotDesign::alone);

  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

TEST(PilotSequenceTest, ARunsShareOfThePlacesIsThatOfItsCost) {
  const auto runs = testing::runs_of("{depth: [2, 30], width: 8, seed: {count: 3}}");
  constexpr std::size_t kPlaces = 1024;

  std::vector<double> counts(runs.size(), 0.0);
  for (const std::size_t k : pilot_sequence(runs, kPlaces, PilotDesign::alone))
    counts[k] += 1.0;

  for (std::size_t k = 0; k < runs.size(); ++k) {
    const double expected = kPlaces * predicted_cost(runs[k]) / total_cost(runs);
    EXPECT_NEAR(counts[k], expected, 2.0) << k;
  }
}

TEST(PilotSequenceTest, APairIsOfOneCell) {
  const auto runs = testing::runs_of("{depth: [3, 4], width: 4, seed: {count: 2}}");

  const auto sequence = pilot_sequence(runs, 16, PilotDesign::pairs);

  ASSERT_EQ(sequence.size(), 32U);
  for (std::size_t k = 0; k < sequence.size(); k += 2) {
    EXPECT_NE(sequence[k], sequence[k + 1]);
    EXPECT_EQ(runs[sequence[k]].depth, runs[sequence[k + 1]].depth);
  }
}

TEST(PilotSequenceTest, ARunWithoutAnotherOfItsCellIsPairedWithItself) {
  const auto runs = testing::runs_of("{depth: [3, 4], width: 4}");

  EXPECT_THAT(pilot_sequence(runs, 1, PilotDesign::pairs), ElementsAre(1, 1));
}

/// Runs that take a second each on one worker, on a clock of their own.
struct FakeRuns {
  double now = 100.0;
  std::vector<std::size_t> waves;

  RunSample sample() {
    return [this](const std::vector<std::size_t>& runs) {
      waves.push_back(runs.size());
      now += static_cast<double>(runs.size());
      return std::vector<PilotOutcome>(runs.size(), {.steps = 7, .failed = true});
    };
  }
  std::function<double()> clock() {
    return [this] { return now; };
  }
};

TEST(MakePilotTest, WavesDoubleUntilTheTimeIsUsedUp) {
  const auto runs = testing::runs_of("{depth: 3, width: 4, seed: {count: 500}}");
  FakeRuns fake;

  const auto pilot = make_pilot(runs, PilotDesign::alone, {.places = 400, .seconds = 100.0},
                                fake.sample(), fake.clock());

  EXPECT_THAT(fake.waves, ElementsAre(16, 16, 32, 36));
  ASSERT_TRUE(pilot.has_value());
  EXPECT_EQ(pilot->outcomes.size(), 100U);
  EXPECT_EQ(pilot->outcomes.front(), (PilotOutcome{.steps = 7, .failed = true}));
}

TEST(MakePilotTest, EndsAtTheNumberOfPlaces) {
  const auto runs = testing::runs_of("{depth: 3, width: 4, seed: {count: 500}}");
  FakeRuns fake;

  const auto pilot = make_pilot(runs, PilotDesign::pairs, {.places = 20, .seconds = 1e6},
                                fake.sample(), fake.clock());

  EXPECT_THAT(fake.waves, ElementsAre(32, 8));
  ASSERT_TRUE(pilot.has_value());
  EXPECT_EQ(pilot->outcomes.size(), 40U);
}

TEST(MakePilotTest, ASampleThatWasStoppedIsNoPilot) {
  const auto runs = testing::runs_of("{depth: 3, width: 4, seed: {count: 50}}");
  const RunSample stopped = [](const std::vector<std::size_t>&) { return std::nullopt; };

  EXPECT_FALSE(make_pilot(runs, PilotDesign::alone, {.places = 20, .seconds = 1e6}, stopped,
                          FakeRuns().clock())
                   .has_value());
}

TEST(SweepIdentityTest, FollowsFromTheRunsNotFromTheName) {
  const auto identity = [](const std::string& name, const std::string& depth) {
    return sweep_identity(parse_manifest("name: " + name + "\ntask: xor\ngrid: {depth: " + depth +
                                             ", width: 4}\ntrain: {lr: 0.1, steps: 9}\n"
                                             "success: {loss: 0.1}\n",
                                         "m.yaml"));
  };

  EXPECT_EQ(identity("a", "3"), identity("b", "3"));
  EXPECT_NE(identity("a", "3"), identity("a", "4"));
}

TEST(ShareSpentTest, IsTheRatioOfWeightedSums) {
  // By hand: (2/2 + 3/6) / (4/2 + 6/6) = 1.5 / 3; the residuals (2 - 0.5 * 4) / 2 and
  // (3 - 0.5 * 6) / 6 are zero.
  const Estimate share =
      share_spent(std::vector{2.0, 3.0}, std::vector{4.0, 6.0}, std::vector{2.0, 6.0});

  EXPECT_DOUBLE_EQ(share.value, 0.5);
  EXPECT_DOUBLE_EQ(share.error, 0.0);
}

TEST(ShareSpentTest, TheErrorIsThatOfSuccessiveDifferences) {
  // By hand: shares 0, 1, 0, 1 of wholes of 1: mean 1/2, residuals -+1/2, three differences of 1:
  // sqrt(4 * 3 / (2 * 3)) / 4.
  const std::vector<double> ones(4, 1.0);

  const Estimate share = share_spent(std::vector{0.0, 1.0, 0.0, 1.0}, ones, ones);

  EXPECT_DOUBLE_EQ(share.value, 0.5);
  EXPECT_DOUBLE_EQ(share.error, std::sqrt(2.0) / 4.0);
}

TEST(ShareSpentTest, ATrendAlongTheGridCountsForLittle) {
  // 0/99, 1/99, ..., 1: as independent draws the error would be 0.029, s / sqrt(n).
  std::vector<double> spent;
  for (int k = 0; k < 100; ++k)
    spent.push_back(k / 99.0);
  const std::vector<double> ones(100, 1.0);

  const Estimate share = share_spent(spent, ones, ones);

  EXPECT_NEAR(share.value, 0.5, 1e-12);
  EXPECT_LT(share.error, 0.001);
}

}  // namespace
}  // namespace vnsweep
