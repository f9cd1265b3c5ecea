#include "host/forecast/calibrate.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

#include "host/plan/batch_plan.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

RunClasses classes_of(const std::string& grid, std::int64_t steps = 50) {
  auto runs = testing::runs_of(grid);
  for (RunSpec& spec : runs)
    spec.steps = steps;
  return classify(plan_batches(runs, {.max_cost = 1e300, .max_runs = 1000}));
}

std::vector<std::int64_t> depths_of(const std::vector<MeasurementNeed>& needs, WorkKind kind) {
  std::vector<std::int64_t> depths;
  for (const MeasurementNeed& need : needs) {
    if (need.kind == kind) depths.push_back(need.depth);
  }
  std::sort(depths.begin(), depths.end());
  return depths;
}

/// Says what it was told to, and keeps what it was asked.
class FakeMeter final : public Meter {
 public:
  explicit FakeMeter(std::function<std::optional<double>(const RunSpec&)> answer)
      : answer_(std::move(answer)) {}
  std::optional<double> measure(WorkKind kind, std::span<const RunSpec> sample) override {
    asked.push_back(kind);
    return answer_(sample.front());
  }
  std::vector<WorkKind> asked;

 private:
  std::function<std::optional<double>(const RunSpec&)> answer_;
};

bool never() {
  return false;
}

TEST(MeasurementsNeededTest, AreOfEveryKindOfWork) {
  const auto needs = measurements_needed(classes_of("{depth: 5, width: 3}", 5), {});

  std::vector<WorkKind> kinds;
  for (const MeasurementNeed& need : needs)
    kinds.push_back(need.kind);
  EXPECT_THAT(kinds, UnorderedElementsAre(WorkKind::initialize, WorkKind::train, WorkKind::probe));
}

TEST(MeasurementsNeededTest, AreOfDepthsAtMostAFactorOfTwoApart) {
  // 8 and 64, then 24 next to their mean 22.6; 12 next to 13.9 between 8 and 24; 40 next to 39.2
  // between 24 and 64. Those left lie between neighbours that are close enough.
  const auto classes =
      classes_of("{depth: {from: 8, to: 64, step: 4}, width: 8, seed: {count: 4}}", 100000);

  EXPECT_THAT(depths_of(measurements_needed(classes, {}), WorkKind::train),
              ElementsAre(8, 12, 24, 40, 64));
}

TEST(MeasurementsNeededTest, WhatIsKnownIsNotMeasuredAgain) {
  const auto classes = classes_of("{depth: [8, 12, 16], width: 8}", 100000);
  RateTable known;
  for (const MeasurementNeed& need : measurements_needed(classes, {}))
    known.set(need.family, need.depth, 1.0);

  EXPECT_TRUE(measurements_needed(classes, known).empty());
  EXPECT_TRUE(measurements_needed(classes_of("{depth: 11, width: 8}", 100000), known).empty());
  EXPECT_THAT(
      depths_of(measurements_needed(classes_of("{depth: [16, 20], width: 8}", 100000), known),
                WorkKind::train),
      ElementsAre(20));
}

TEST(MeasurementsNeededTest, TheMostWorkComesFirst) {
  const auto needs =
      measurements_needed(classes_of("{depth: [10, 40], width: [4, 32]}", 100000), {});

  ASSERT_FALSE(needs.empty());
  EXPECT_EQ(needs.front().kind, WorkKind::train);
  EXPECT_EQ(needs.front().depth, 40);
  EXPECT_EQ(needs.front().sample.front().width, 32);
}

TEST(MeasurementsNeededTest, OneOfEachUnknownKindComesBeforeAllOthers) {
  // Nearly all work is training, of many depths: whoever stops early knows the other kinds too.
  const auto classes =
      classes_of("{depth: {from: 8, to: 64, step: 4}, width: [8, 16], seed: {count: 4}}", 100000);
  RateTable known;

  const auto needs = measurements_needed(classes, known);
  for (const MeasurementNeed& need : needs) {
    if (need.kind == WorkKind::probe) known.set(need.family, need.depth, 1.0);
  }
  const auto with_probes_known = measurements_needed(classes, known);

  ASSERT_GT(needs.size(), 5U);
  EXPECT_THAT((std::vector{needs[0].kind, needs[1].kind, needs[2].kind}),
              UnorderedElementsAre(WorkKind::initialize, WorkKind::train, WorkKind::probe));
  EXPECT_EQ(needs[3].kind, WorkKind::train);
  EXPECT_THAT((std::vector{with_probes_known[0].kind, with_probes_known[1].kind}),
              UnorderedElementsAre(WorkKind::initialize, WorkKind::train));
}

TEST(MeasurementsNeededTest, WhatHardlyCountsIsInferredFromOneMeasurement) {
  // Probes of a training of a million steps: of eight families one is measured.
  const auto needs = measurements_needed(
      classes_of("{depth: 10, width: [8, 9, 10, 11, 12, 13, 14, 15]}", 1000000), {});

  EXPECT_EQ(depths_of(needs, WorkKind::train).size(), 8U);
  EXPECT_EQ(depths_of(needs, WorkKind::probe).size(), 1U);
  EXPECT_EQ(depths_of(needs, WorkKind::initialize).size(), 1U);
}

TEST(CalibrateTest, KeepsWhatTheMeterSays) {
  const auto needs = measurements_needed(classes_of("{depth: [2, 20], width: 3}"), {});
  FakeMeter meter([](const RunSpec& spec) { return 0.5 * static_cast<double>(spec.depth); });
  RateTable rates;

  const CalibrationOutcome outcome = calibrate(needs, {&meter}, never, rates);

  EXPECT_EQ(outcome.measured, needs.size());
  EXPECT_EQ(outcome.left_out, 0U);
  EXPECT_EQ(rates.size(), needs.size());
  for (const MeasurementNeed& need : needs)
    EXPECT_EQ(rates.seconds(need.family, need.depth), 0.5 * static_cast<double>(need.depth));
}

TEST(CalibrateTest, SeveralMetersMeasureEverythingOnce) {
  const auto needs = measurements_needed(classes_of("{depth: [2, 20], width: [3, 4, 5]}"), {});
  FakeMeter first([](const RunSpec&) { return 1.0; });
  FakeMeter second([](const RunSpec&) { return 1.0; });
  RateTable rates;

  const CalibrationOutcome outcome = calibrate(needs, {&first, &second}, never, rates);

  EXPECT_EQ(outcome.measured, needs.size());
  EXPECT_EQ(first.asked.size() + second.asked.size(), needs.size());
}

TEST(CalibrateTest, BeginsNothingOnceItIsOver) {
  const auto needs = measurements_needed(classes_of("{depth: [2, 20], width: [3, 4, 5]}"), {});
  ASSERT_GT(needs.size(), 4U);
  FakeMeter meter([](const RunSpec&) { return 1.0; });
  RateTable rates;

  const CalibrationOutcome outcome = calibrate(
      needs, {&meter}, [&] { return meter.asked.size() == 4; }, rates);

  EXPECT_EQ(outcome.measured, 4U);
  EXPECT_EQ(outcome.left_out, needs.size() - 4);
  EXPECT_EQ(rates.size(), 4U);
}

TEST(CalibrateTest, TellsWhatIsTooLarge) {
  const auto needs = measurements_needed(classes_of("{depth: [2, 20], width: 3}"), {});
  FakeMeter meter([](const RunSpec& spec) {
    return spec.depth == 20 ? std::nullopt : std::optional<double>(1.0);
  });
  RateTable rates;

  const CalibrationOutcome outcome = calibrate(needs, {&meter}, never, rates);

  EXPECT_FALSE(outcome.too_large.empty());
  EXPECT_EQ(outcome.measured + outcome.too_large.size(), needs.size());
  for (const auto& [family, depth] : outcome.too_large)
    EXPECT_EQ(depth, 20);
}

TEST(CalibrateTest, PassesOnWhatAMeterThrows) {
  const auto needs = measurements_needed(classes_of("{depth: 2, width: 3}"), {});
  FakeMeter meter([](const RunSpec&) -> std::optional<double> { throw std::runtime_error("x"); });
  RateTable rates;

  EXPECT_THROW(calibrate(needs, {&meter}, never, rates), std::runtime_error);
}

}  // namespace
}  // namespace vnsweep
