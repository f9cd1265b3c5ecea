// `vnsweep bench`: which points it measures, what it writes of them, and what it refuses.
#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "host/cli/commands.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// The smallest networks, for as short as can be.
BenchOptions tiny_options() {
  BenchOptions options;
  options.threads = {1};
  options.widths = {4};
  options.depths = {2};
  options.batches = {3};
  options.optimizers = {"sgd"};
  options.seconds = 0.005;
  options.networks = 2;
  return options;
}

std::string output_of(const BenchOptions& options) {
  // Progress goes to standard error only where main() has said so.
  spdlog::set_level(spdlog::level::warn);
  ::testing::internal::CaptureStdout();
  const ExitCode code = bench_command(options);
  EXPECT_EQ(code, ExitCode::complete);
  return ::testing::internal::GetCapturedStdout();
}

nlohmann::json json_of(BenchOptions options) {
  options.format = TableFormat::json;
  return nlohmann::json::parse(output_of(options));
}

std::string refusal(const BenchOptions& options) {
  try {
    bench_command(options);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST(BenchCommandTest, ListsMakeAGridWithWidthFastestAndThreadsSlowest) {
  BenchOptions options = tiny_options();
  options.threads = {1, 2};
  options.widths = {4, 17};
  options.optimizers = {"adam", "sgd"};

  const auto points = json_of(options)["points"];

  ASSERT_EQ(points.size(), 8U);
  EXPECT_EQ(points[0]["width"], 4);
  EXPECT_EQ(points[1]["width"], 17);
  EXPECT_EQ(points[1]["optimizer"], "adam");
  EXPECT_EQ(points[2]["optimizer"], "sgd");
  EXPECT_EQ(points[3]["threads"], 1);
  EXPECT_EQ(points[4]["threads"], 2);
  EXPECT_EQ(points[7]["networks_per_engine"], 2);
  // Two inputs, one output: 17 * 3 + 17 * 18 + 18.
  EXPECT_EQ(points[7]["parameters_per_network"], 375);
}

TEST(BenchCommandTest, NumbersOfAPointAgreeWithEachOther) {
  const auto json = json_of(tiny_options());
  const auto& point = json["points"][0];
  const auto value = [&](const char* field) { return point[field].get<double>(); };

  EXPECT_GT(value("updates_per_second"), 0.0);
  EXPECT_GE(value("updates_per_second"), value("updates_per_second_median"));
  EXPECT_DOUBLE_EQ(value("flop_per_second"), 20.0 * value("updates_per_second"));
  EXPECT_DOUBLE_EQ(value("share_of_fma_peak"),
                   value("flop_per_second") / value("fma_peak_flop_per_second"));
  EXPECT_DOUBLE_EQ(value("parameter_bytes_per_second"), 12.0 * value("updates_per_second"));
  EXPECT_DOUBLE_EQ(value("share_of_bandwidth"),
                   value("parameter_bytes_per_second") / value("bandwidth_bytes_per_second"));
  EXPECT_GT(value("steps"), 0.0);
  EXPECT_GT(value("cpu_seconds"), 0.0);
}

TEST(BenchCommandTest, LimitsHaveEveryLevelUpToMemory) {
  const auto json = json_of(tiny_options());
  const auto& limits = json["limits"][0];

  EXPECT_EQ(limits["threads"], 1);
  EXPECT_GT(limits["fma_peak_flop_per_second"].get<double>(), 0.0);
  EXPECT_EQ(limits["bandwidth"].back()["level"], "memory");
  for (const auto& level : limits["bandwidth"])
    EXPECT_GT(level["bytes_per_second"].get<double>(), 0.0) << level;
}

TEST(BenchCommandTest, TheReferenceIsNotSetBesideThePeakOfFloat32) {
  BenchOptions options = tiny_options();
  options.device = "reference";

  const auto json = json_of(options);

  EXPECT_EQ(json["device"], "reference");
  EXPECT_TRUE(json["limits"].empty());
  EXPECT_GT(json["points"][0]["updates_per_second"].get<double>(), 0.0);
  EXPECT_TRUE(json["points"][0]["share_of_fma_peak"].is_null());
}

TEST(BenchCommandTest, WhatDoesNotFitIsLeftOutAndTheRestMeasured) {
  BenchOptions options = tiny_options();
  options.widths = {1 << 15, 4};
  options.depths = {10'000};
  options.networks = 1;

  const auto json = json_of(options);

  ASSERT_EQ(json["left_out"].size(), 1U);
  EXPECT_EQ(json["left_out"][0]["width"], 1 << 15);
  EXPECT_THAT(json["left_out"][0]["reason"].get<std::string>(), HasSubstr("MiB"));
  ASSERT_EQ(json["points"].size(), 1U);
  EXPECT_EQ(json["points"][0]["width"], 4);
}

TEST(BenchCommandTest, TableHasARowForEachPoint) {
  const std::string table = output_of(tiny_options());

  EXPECT_THAT(table, AllOf(HasSubstr("G updates/s"), HasSubstr("of FMA peak"), HasSubstr("L1"),
                           HasSubstr("1 thread: ")));
}

TEST(BenchCommandTest, WordsThatMeanNothingAreRefusedBeforeAnythingIsMeasured) {
  BenchOptions options = tiny_options();
  options.activation = "tan";
  EXPECT_THAT(refusal(options), HasSubstr("did you mean 'tanh'?"));

  options = tiny_options();
  options.optimizers = {"sgd", "adan"};
  EXPECT_THAT(refusal(options), HasSubstr("did you mean 'adam'?"));

  options.optimizers = {"rmsprop"};
  EXPECT_THAT(refusal(options), HasSubstr("choose sgd or adam"));

  options = tiny_options();
  options.device = "tpu";
  EXPECT_THAT(refusal(options), HasSubstr("unknown device 'tpu'"));
}

}  // namespace
}  // namespace vnsweep
