// What the GPU benchmark computes and writes, without a GPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "kernels/cpu/cpu_engine.hpp"
#include "tools/gpu/benchmark/cost.hpp"
#include "tools/gpu/benchmark/plan.hpp"
#include "tools/gpu/benchmark/report.hpp"
#include "tools/gpu/benchmark/statistics.hpp"
#include "tools/gpu/benchmark/training.hpp"

namespace vnsweep::benchmark {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Width 1, depth 1, 16 inputs, 1 output: 16 weights and a bias, then 1 weight and a bias.
constexpr int kSmallestNetwork = 19;

/// 1000 such networks, a step of which takes 1 ms.
TrainingResult small_result(Optimizer optimizer) {
  const TrainingCase shape{
      .width = 1, .samples = 4, .networks = 1000, .depth = 1, .optimizer = optimizer};
  return {.shape = shape,
          .parameters = parameters_of(shape),
          .memory_needed = 1024,
          .initialize_seconds = 0.5,
          .steps_timed = 10,
          .step_seconds = {.minimum = 5e-4, .median = 1e-3, .maximum = 2e-3, .repetitions = 5}};
}

Measurements small_measurements() {
  Measurements measurements;
  measurements.version = "0.0.0";
  measurements.commit = "abc";
  measurements.cuda = "toolkit 13.0";
  measurements.device.name = "Some GPU";
  measurements.seconds_allowed = 180.0;
  measurements.ceilings.copy = Spread{2e12, 3e12, 4e12, 15};
  measurements.training.push_back(small_result(Optimizer::sgd));
  measurements.eigenvalues.push_back({.n = 16,
                                      .matrices = 100,
                                      .worst_trace_error = 1e-15,
                                      .call_seconds = {1e-3, 2e-3, 4e-3, 5}});
  measurements.probe = ProbeResult{.shape = {.width = 64, .samples = 4, .networks = 100},
                                   .probe_samples = 256,
                                   .probe_seconds = {0.1, 0.2, 0.3, 5},
                                   .step_seconds = {1e-3, 2e-3, 3e-3, 5}};
  return measurements;
}

TEST(BenchmarkStatisticsTest, MedianOfAnOddNumberIsTheMiddleOne) {
  const Spread spread = spread_of({5.0, 1.0, 3.0});

  EXPECT_EQ(spread.minimum, 1.0);
  EXPECT_EQ(spread.median, 3.0);
  EXPECT_EQ(spread.maximum, 5.0);
  EXPECT_EQ(spread.repetitions, 3);
}

TEST(BenchmarkStatisticsTest, MedianOfAnEvenNumberIsBetweenTheMiddleTwo) {
  EXPECT_EQ(spread_of({8.0, 1.0, 4.0, 2.0}).median, 3.0);
}

TEST(BenchmarkStatisticsTest, ThereIsNoSpreadOfNothing) {
  EXPECT_THROW(spread_of({}), std::invalid_argument);
}

TEST(BenchmarkStatisticsTest, TheLongestTimeIsTheLeastRate) {
  const Spread per_second = rate(8.0, {.minimum = 1.0, .median = 2.0, .maximum = 4.0});

  EXPECT_EQ(per_second.minimum, 2.0);
  EXPECT_EQ(per_second.median, 4.0);
  EXPECT_EQ(per_second.maximum, 8.0);
}

TEST(BenchmarkCostTest, ParametersAreThoseOfAllNetworks) {
  // Width 2, depth 2: 2 * 16 + 2, 2 * 2 + 2, 2 + 1.
  EXPECT_EQ(parameters_of({.width = 2, .networks = 1, .depth = 2}), 43);
  EXPECT_EQ(parameters_of({.width = 1, .networks = 1000, .depth = 1}), 1000 * kSmallestNetwork);
}

TEST(BenchmarkCostTest, ParametersOfTheLargestCaseDoNotOverflow) {
  // 512 * 17 + 99 * 512 * 513 + 513 = 26012161 a network: more than 2^31 in all.
  EXPECT_EQ(parameters_of({.width = 512, .networks = 1000, .depth = 100}), 26'012'161'000);
}

TEST(BenchmarkCostTest, CountsPerParameterAreThoseOfTheDesign) {
  EXPECT_EQ(flop_per_parameter(Optimizer::sgd, 4), 26.0);
  EXPECT_EQ(flop_per_parameter(Optimizer::adam, 128), 782.0);
  EXPECT_EQ(bytes_per_parameter(Optimizer::sgd, TrainingPath::layer_by_layer), 16.0);
  EXPECT_EQ(bytes_per_parameter(Optimizer::adam, TrainingPath::layer_by_layer), 40.0);
  EXPECT_FALSE(bytes_per_parameter(Optimizer::adam, TrainingPath::in_blocks));
  EXPECT_THROW(flop_per_parameter(Optimizer::rmsprop, 4), std::invalid_argument);
  EXPECT_THROW(bytes_per_parameter(Optimizer::rmsprop, TrainingPath::layer_by_layer),
               std::invalid_argument);
}

TEST(BenchmarkCostTest, RatesFollowFromTheTimeOfAStep) {
  const TrainingResult result = small_result(Optimizer::sgd);

  // 19000 parameters in 0.5, 1 and 2 ms.
  EXPECT_DOUBLE_EQ(updates_per_second(result).median, 1.9e7);
  EXPECT_DOUBLE_EQ(updates_per_second(result).minimum, 0.95e7);
  EXPECT_DOUBLE_EQ(updates_per_second(result).maximum, 3.8e7);
  EXPECT_DOUBLE_EQ(flop_rate(result).median, 26 * 1.9e7);
  EXPECT_DOUBLE_EQ(byte_rate(result)->median, 16 * 1.9e7);
}

TEST(BenchmarkCostTest, SpeedUpIsOfTheSameCaseInTheOtherPath) {
  const TrainingResult by_layer = small_result(Optimizer::sgd);
  TrainingResult in_blocks = by_layer;
  in_blocks.shape.path = TrainingPath::in_blocks;
  in_blocks.step_seconds.median = 2.5e-4;

  EXPECT_DOUBLE_EQ(*speed_up(in_blocks, {small_result(Optimizer::adam), in_blocks, by_layer}), 4.0);
  EXPECT_FALSE(speed_up(in_blocks, {small_result(Optimizer::adam), in_blocks}));
  EXPECT_FALSE(speed_up(by_layer, {by_layer, in_blocks}));
}

TEST(BenchmarkCostTest, ShareIsOfTheMediansAndNothingWithoutACeiling) {
  EXPECT_DOUBLE_EQ(*share_of(Spread{1.0, 3.0, 5.0, 3}, Spread{11.0, 12.0, 13.0, 3}), 0.25);
  EXPECT_FALSE(share_of(Spread{1.0, 3.0, 5.0, 3}, std::nullopt));
}

TEST(BenchmarkPlanTest, EveryCombinationIsMeasuredOnceAndTheMostTellingFirst) {
  const auto cases = training_cases();

  std::set<std::string> names;
  for (const TrainingCase& shape : cases)
    names.insert(words(shape));
  // 5 widths, 2 optimizers, 2 B, 2 numbers of networks, layer by layer. In blocks, of 2 numbers of
  // networks: widths 16, 32 and 64 at B 4 with SGD, 16 and 32 with Adam; width 16 at B 128 with
  // either.
  EXPECT_EQ(cases.size(), 40U + 2 * (3 + 2 + 1 + 1));
  EXPECT_EQ(names.size(), cases.size());
  EXPECT_EQ(words(cases[0]), "width 16, B 4, 100 networks, depth 100, sgd, in blocks");
  EXPECT_EQ(words(cases[1]), "width 16, B 4, 100 networks, depth 100, sgd, layer by layer");
  EXPECT_EQ(words(cases[8]), "width 16, B 4, 1000 networks, depth 100, sgd, in blocks");
  EXPECT_EQ(words(cases.back()),
            "width 512, B 128, 1000 networks, depth 100, adam, layer by layer");
}

TEST(BenchmarkPlanTest, CaseThatDoesNotFitInBlocksIsNotOne) {
  const auto in_blocks = [](int width, int samples) {
    return is_trained_as_named(
        {.width = width, .samples = samples, .networks = 1000, .path = TrainingPath::in_blocks});
  };

  // Three slots of 64 (68 + 1) + 4 * 64 floats, two planes of 4 * 64, 64 (20 + 1) + 4 * 64 for the
  // first layer, 68 for the last, 16 for its deltas: 69 KB.
  EXPECT_TRUE(in_blocks(64, 4));
  // Three slots of 32 (36 + 1) + 128 * 32 floats, two planes of 128 * 32 and more: more than 96
  // KiB.
  EXPECT_FALSE(in_blocks(32, 128));
  EXPECT_FALSE(in_blocks(256, 4));
  EXPECT_TRUE(is_trained_as_named({.width = 256, .samples = 4, .networks = 1000}));
}

TEST(BenchmarkPlanTest, CaseHasItsShareOfTheTimeButEnoughToBeMeasured) {
  EXPECT_DOUBLE_EQ(seconds_for_case(120.0, 60), 2.0);
  EXPECT_DOUBLE_EQ(seconds_for_case(6.0, 60), 0.5);
  EXPECT_DOUBLE_EQ(seconds_for_case(0.25, 60), 0.25);
}

TEST(BenchmarkPlanTest, MatricesOfACallAreBoundedInNumberAndMemory) {
  EXPECT_EQ(eigenvalue_matrices(16), 4096);
  EXPECT_EQ(eigenvalue_matrices(64), 4096);
  EXPECT_EQ(eigenvalue_matrices(128), 1024);
  EXPECT_EQ(eigenvalue_matrices(512), 64);
  EXPECT_EQ(eigenvalue_matrices(100000), 1);
}

TEST(BenchmarkPlanTest, RepetitionsFitTheTimeButThereIsOne) {
  EXPECT_EQ(repetitions_within(1.0, 5.5, 9), 5);
  EXPECT_EQ(repetitions_within(1.0, 100.0, 9), 9);
  EXPECT_EQ(repetitions_within(1.0, -1.0, 9), 1);
  EXPECT_EQ(repetitions_within(0.0, 1.0, 9), 9);
}

/// A case that any engine trains in no time.
constexpr TrainingCase kTinyCase{.width = 3, .samples = 4, .networks = 2, .depth = 2};

TEST(BenchmarkTrainingTest, NothingEndsTheTrainingOfABatch) {
  const NetworkBatch batch = training_batch(kTinyCase);
  CpuEngine engine;

  engine.initialize(batch);
  engine.train(StepCount(500));
  const auto evaluations = engine.evaluate();

  ASSERT_EQ(evaluations.size(), 2U);
  for (const Evaluation& evaluation : evaluations) {
    EXPECT_EQ(evaluation.status, TrainingStatus::training);
    EXPECT_EQ(evaluation.step, StepCount(500));
  }
  EXPECT_FALSE(batch.success.is_met(0.0, 1.0));
  EXPECT_EQ(batch.data->input.size(), 4U * kInputs);
}

TEST(BenchmarkTrainingTest, BatchThatDoesNotFitTheMemoryIsNotMeasured) {
  CpuEngine engine(1);

  try {
    measure_training(engine, kTinyCase, Deadline(60.0));
    FAIL() << "measured without memory";
  } catch (const NotMeasured& error) {
    EXPECT_THAT(error.what(), HasSubstr("GiB that are free"));
  }
}

TEST(BenchmarkTrainingTest, BatchThatDoesNotFitTheTimeIsNotMeasured) {
  CpuEngine engine;

  EXPECT_THROW(measure_training(engine, kTinyCase, Deadline(0.0)), NotMeasured);
}

TEST(BenchmarkReportTest, JsonHoldsTheMeasurementsInSiUnits) {
  const auto json = nlohmann::json::parse(to_json(small_measurements()).dump());

  EXPECT_EQ(json.at("device").at("name"), "Some GPU");
  EXPECT_EQ(json.at("ceilings").at("copy_bytes_per_second").at("median"), 3e12);
  const auto& row = json.at("training").at(0);
  EXPECT_EQ(row.at("parameters"), 19000);
  EXPECT_EQ(row.at("optimizer"), "sgd");
  EXPECT_EQ(row.at("path"), "layer by layer");
  EXPECT_TRUE(row.at("times_layer_by_layer").is_null());
  EXPECT_EQ(row.at("step_seconds").at("max"), 2e-3);
  EXPECT_DOUBLE_EQ(row.at("share_of_copy"), 16 * 1.9e7 / 3e12);
  EXPECT_DOUBLE_EQ(json.at("eigenvalues").at(0).at("matrices_per_second").at("median"), 5e4);
  EXPECT_DOUBLE_EQ(json.at("probe").at("probe_in_steps"), 100.0);
}

TEST(BenchmarkReportTest, WhatWasNotMeasuredIsNull) {
  const auto json = nlohmann::json::parse(to_json(small_measurements()).dump());
  const auto empty = nlohmann::json::parse(to_json(Measurements{}).dump());

  EXPECT_TRUE(json.at("ceilings").at("fma_fp32_flop_per_second").is_null());
  EXPECT_TRUE(json.at("training").at(0).at("share_of_fma_fp32").is_null());
  EXPECT_TRUE(empty.at("probe").is_null());
  EXPECT_TRUE(empty.at("training").is_array());
}

TEST(BenchmarkReportTest, MarkdownHasARowForEachMeasurement) {
  const std::string text = to_markdown(small_measurements());

  EXPECT_THAT(
      text,
      AllOf(HasSubstr("| copy on the device, read + written | 3 (2 to 4) | TB/s |"),
            HasSubstr("| FP32 multiply-adds | not measured |"),
            HasSubstr("| 1 | 4 | 1000 | 1 | sgd | layer by layer | 1 (0.5 to 2) |  | 1.9e+07 |"),
            HasSubstr("| 16 | 100 | 2 (1 to 4) | 20 | 5e+04 |"),
            HasSubstr("| 256 | 200 (100 to 300) | 2 | 100.0 |"), Not(HasSubstr("## Left out")),
            Not(HasSubstr("## Problems"))));
}

TEST(BenchmarkReportTest, BothPathsHaveARowAndTheOneInBlocksTheSpeedUp) {
  Measurements measurements = small_measurements();
  TrainingResult in_blocks = measurements.training.front();
  in_blocks.shape.path = TrainingPath::in_blocks;
  in_blocks.step_seconds = {.minimum = 1e-4, .median = 2e-4, .maximum = 4e-4, .repetitions = 5};
  measurements.training.push_back(in_blocks);

  const std::string text = to_markdown(measurements);
  const auto json = to_json(measurements);

  EXPECT_THAT(text, HasSubstr("| sgd | in blocks | 0.2 (0.1 to 0.4) | 5 |"));
  EXPECT_DOUBLE_EQ(json.at("training").at(1).at("times_layer_by_layer"), 5.0);
}

TEST(BenchmarkReportTest, WhatIsLeftOutAndWhatWentWrongIsListedWithItsReason) {
  Measurements measurements = small_measurements();
  measurements.left_out.push_back({"width 512", "needs 100 GiB"});
  measurements.problems.push_back("eigenvalues:\ninfo is not 0");

  const std::string text = to_markdown(measurements);
  const auto json = to_json(measurements);

  EXPECT_THAT(text, AllOf(HasSubstr("## Left out\n\n- width 512: needs 100 GiB\n"),
                          HasSubstr("## Problems\n\n- eigenvalues: info is not 0\n")));
  EXPECT_EQ(json.at("left_out").at(0).at("reason"), "needs 100 GiB");
  EXPECT_EQ(json.at("problems").size(), 1U);
}

}  // namespace
}  // namespace vnsweep::benchmark
