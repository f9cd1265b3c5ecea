// What `vnsweep bench` counts, reads of the machine and writes. Nothing here depends on a time.
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/bench/bench_report.hpp"
#include "host/bench/crew.hpp"
#include "host/bench/machine.hpp"
#include "host/bench/training_cost.hpp"
#include "host/bench/training_speed.hpp"
#include "tests/temporary_directory.hpp"

namespace vnsweep::bench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

/// Two cores with a cache of the first two levels each, and one cache of the third.
Machine two_cores() {
  return {.cpu = "Some CPU",
          .processors = 2,
          .instruction_set = "AVX2",
          .caches = {{1, 32 * kKiB, 1}, {2, kMiB, 1}, {3, 16 * kMiB, 2}}};
}

TEST(BenchCostTest, CountsPerParameterAreThoseOfTheDesign) {
  EXPECT_EQ(flop_per_parameter(Optimizer::sgd, 4), 26.0);
  EXPECT_EQ(flop_per_parameter(Optimizer::adam, 128), 782.0);
  EXPECT_EQ(bytes_per_parameter(Optimizer::sgd), 12.0);
  EXPECT_EQ(bytes_per_parameter(Optimizer::adam), 28.0);
  EXPECT_THROW(flop_per_parameter(Optimizer::rmsprop, 4), std::invalid_argument);
  EXPECT_THROW(bytes_per_parameter(Optimizer::rmsprop), std::invalid_argument);
}

TEST(BenchCostTest, WorkingSetIsWeightsStateOutputsAndDerivatives) {
  // Width 2, depth 2, two inputs, one output: 2 * 2 + 2, 2 * 2 + 2, 2 + 1 parameters.
  const TrainingCase shape{.width = 2, .depth = 2, .samples = 4};
  TrainingCase with_adam = shape;
  with_adam.optimizer = Optimizer::adam;

  EXPECT_EQ(parameters_of(shape), 15);
  EXPECT_EQ(working_set_bytes(shape), 4.0 * (15 + 2 * 2 * 2 * 4));
  EXPECT_EQ(working_set_bytes(with_adam), 4.0 * (3 * 15 + 2 * 2 * 2 * 4));
}

TEST(BenchCostTest, NetworksAreThePowerOfTwoThatEveryBoundAllows) {
  const TrainingCase shape{.width = 2, .depth = 2, .samples = 4};  // 60 bytes, 15 * 26 flop

  EXPECT_EQ(networks_within({1, 32, 1e9, 1e9}, shape), 32);
  EXPECT_EQ(networks_within({1, 31, 1e9, 1e9}, shape), 16);
  EXPECT_EQ(networks_within({1, 32, 60.0 * 8, 1e9}, shape), 8);
  EXPECT_EQ(networks_within({1, 32, 1e9, 390.0 * 5}, shape), 4);
  EXPECT_EQ(networks_within({1, 32, 1.0, 1.0}, shape), 1);
  EXPECT_EQ(networks_within({16, 32, 1e9, 390.0 * 5}, shape), 16);
}

TEST(BenchMachineTest, ProcessorsOfAListAreCounted) {
  EXPECT_EQ(count_processors("0"), 1U);
  EXPECT_EQ(count_processors("0-3"), 4U);
  EXPECT_EQ(count_processors("0-1,64-65,130"), 5U);
  for (const char* nonsense : {"", "x", "3-1", "0-", "1;2", "0-1x"})
    EXPECT_EQ(count_processors(nonsense), 0U) << nonsense;
}

TEST(BenchMachineTest, CachesOfDataAreReadFromTheSmallestOn) {
  const testing::TemporaryDirectory directory;
  const auto add = [&](const char* index, const char* level, const char* type, const char* size,
                       const char* processors) {
    const fs::path entry = directory.path() / index;
    fs::create_directory(entry);
    std::ofstream(entry / "level") << level << '\n';
    std::ofstream(entry / "type") << type << '\n';
    std::ofstream(entry / "size") << size << '\n';
    std::ofstream(entry / "shared_cpu_list") << processors << '\n';
  };
  add("index0", "3", "Unified", "32M", "0-7");
  add("index1", "1", "Data", "48K", "0,4");
  add("index2", "1", "Instruction", "32K", "0,4");

  EXPECT_EQ(read_caches(directory.path()),
            (std::vector<Cache>{{1, 48 * kKiB, 2}, {3, 32 * kMiB, 8}}));
  EXPECT_TRUE(read_caches(directory.path() / "missing").empty());
}

TEST(BenchMachineTest, ModelOfTheProcessorIsReadOrUnknown) {
  const testing::TemporaryDirectory directory;
  const fs::path file = directory.path() / "cpuinfo";
  std::ofstream(file) << "processor\t: 0\nmodel\t\t: 2\nmodel name\t: Some CPU @ 2 GHz\n";

  EXPECT_EQ(read_cpu_model(file), "Some CPU @ 2 GHz");
  EXPECT_EQ(read_cpu_model(directory.path() / "missing"), "unknown");
}

TEST(BenchMachineTest, ThreadsShareACacheOnlyWhereTheyAreMoreThanTheCaches) {
  const auto of_one = memory_levels(two_cores(), 1);
  const auto of_two = memory_levels(two_cores(), 2);
  const auto of_four = memory_levels(two_cores(), 4);

  ASSERT_EQ(of_one.size(), 4U);
  EXPECT_EQ(of_one[0].bytes_per_core, 32 * kKiB);
  EXPECT_EQ(of_two[0].bytes_per_core, 32 * kKiB);
  EXPECT_EQ(of_four[0].bytes_per_core, 16 * kKiB);
  EXPECT_EQ(of_one[2].bytes_per_core, 16 * kMiB);
  EXPECT_EQ(of_two[2].bytes_per_core, 8 * kMiB);
  EXPECT_EQ(of_two[2].measured_bytes, 4 * kMiB);
  EXPECT_TRUE(of_one[3].is_memory());
  EXPECT_EQ(of_one[3].measured_bytes, 64 * kMiB);
}

TEST(BenchMachineTest, ACacheThatCannotBeToldFromTheOneBeforeIsLeftOut) {
  Machine machine = two_cores();
  machine.caches[2].bytes = 3 * kMiB;  // 1.5 MiB a thread beside 1 MiB of the second level

  EXPECT_EQ(memory_levels(machine, 1).size(), 4U);
  EXPECT_EQ(memory_levels(machine, 2).size(), 3U);
}

TEST(BenchMachineTest, TheFirstLevelThatHoldsTheDataIsTheirs) {
  const auto levels = memory_levels(two_cores(), 2);

  EXPECT_EQ(level_that_holds(levels, 1.0).name, "L1");
  EXPECT_EQ(level_that_holds(levels, 32.0 * kKiB).name, "L1");
  EXPECT_EQ(level_that_holds(levels, 32.0 * kKiB + 1.0).name, "L2");
  EXPECT_EQ(level_that_holds(levels, 9.0 * kMiB).name, "memory");
  EXPECT_EQ(level_that_holds(memory_levels(Machine{}, 1), 1.0).name, "memory");
}

TEST(BenchCrewTest, EveryThreadDoesItsPartOfEveryCall) {
  Crew crew(3);
  std::vector<int> calls(3);

  for (int k = 0; k < 100; ++k)
    crew.run([&](unsigned number) { ++calls[number]; });

  EXPECT_EQ(calls, (std::vector<int>{100, 100, 100}));
}

TEST(BenchCrewTest, ThreadsRunAtTheSameTime) {
  Crew crew(3);
  std::barrier meeting(3);  // which nobody would leave if one ran after the other

  crew.run([&](unsigned) { meeting.arrive_and_wait(); });

  EXPECT_EQ(crew.size(), 3U);
}

TEST(BenchCrewTest, AnErrorIsThrownAndForgotten) {
  Crew crew(2);
  const auto fail = [](unsigned number) {
    throw std::runtime_error(number == 0 ? "first" : "second");
  };
  std::atomic<int> calls = 0;

  EXPECT_THAT([&] { crew.run(fail); }, ::testing::ThrowsMessage<std::runtime_error>("first"));
  crew.run([&](unsigned) { ++calls; });

  EXPECT_EQ(calls, 2);
}

TEST(BenchTrainingTest, EnginesMakeTheStepsThatAreCounted) {
  const TrainingCase shape{.width = 3, .depth = 2, .samples = 5, .threads = 2};
  std::vector<NamedEngine> engines = make_engines({.cpu_workers = 2});
  Crew crew(2);
  PeakMeter meter(crew);

  const TrainingSpeed speed =
      measure_training(shape, {.seconds = 0.005, .networks = 3}, engines, two_cores(), crew, meter);

  ASSERT_TRUE(speed.ceilings);
  EXPECT_EQ(speed.networks, 3);
  EXPECT_EQ(speed.ceilings->level.name, "L1");
  EXPECT_GE(speed.update_rate, speed.median_update_rate);
  EXPECT_GT(speed.median_update_rate, 0.0);
  const auto evaluations = engines.front().engine->evaluate();
  ASSERT_EQ(evaluations.size(), 3U);
  for (const Evaluation& evaluation : evaluations) {
    EXPECT_EQ(evaluation.status, TrainingStatus::training);
    EXPECT_GT(evaluation.step.value(), speed.steps) << "the warm-up does not count";
  }
}

TEST(BenchTrainingTest, NetworksThatDoNotFitAreNotMeasured) {
  const TrainingCase shape{.width = 1 << 15, .depth = 10'000, .samples = 1};
  std::vector<NamedEngine> engines = make_engines({.cpu_workers = 1});
  Crew crew(1);
  PeakMeter meter(crew);

  EXPECT_THAT(
      [&] {
        measure_training(shape, {.seconds = 0.005, .networks = 1}, engines, two_cores(), crew,
                         meter);
      },
      ::testing::ThrowsMessage<NotMeasured>(HasSubstr("the engine's limit is")));
}

BenchResult made_up_result() {
  const TrainingCase shape{.width = 2, .depth = 2, .samples = 4};
  TrainingSpeed measured{.shape = shape,
                         .networks = 8,
                         .steps = 100,
                         .update_rate = 2e9,
                         .median_update_rate = 1e9,
                         .cpu_seconds = 0.25,
                         .wall_seconds = 0.5};
  measured.ceilings =
      Ceilings{.flop_rate = 104e9, .level = memory_levels(two_cores(), 1)[1], .byte_rate = 240e9};
  TrainingSpeed of_reference = measured;
  of_reference.ceilings.reset();
  return {.machine = two_cores(),
          .device = "cpu",
          .device_description = "float32",
          .seconds = 0.5,
          .limits = {{.threads = 1,
                      .flop_rate = 1e11,
                      .levels = {memory_levels(two_cores(), 1)[0]},
                      .byte_rates = {4e11}}},
          .points = {measured, of_reference},
          .left_out = {{shape, "needs 8 MiB"}}};
}

TEST(BenchReportTest, JsonHasMachineProgramLimitsAndPoints) {
  const auto json = to_json(made_up_result());

  EXPECT_EQ(json["machine"]["cpu"], "Some CPU");
  EXPECT_EQ(json["machine"]["caches"][2]["shared_by"], 2);
  for (const char* field : {"version", "commit", "compiler", "highway", "linear_algebra"})
    EXPECT_FALSE(json["program"][field].get<std::string>().empty()) << field;
  EXPECT_EQ(json["limits"][0]["bandwidth"][0]["level"], "L1");
  EXPECT_EQ(json["left_out"][0]["reason"], "needs 8 MiB");
  const auto& point = json["points"][0];
  EXPECT_EQ(point["optimizer"], "sgd");
  EXPECT_EQ(point["activation"], "tanh");
  EXPECT_EQ(point["batch"], 4);
  EXPECT_EQ(point["memory_level"], "L2");
}

TEST(BenchReportTest, SharesAreRatesOverTheirCeilings) {
  const auto json = to_json(made_up_result());
  const auto& point = json["points"][0];

  // 26 flop and 12 bytes for each of 2e9 updates a second.
  EXPECT_DOUBLE_EQ(point["flop_per_second"].get<double>(), 52e9);
  EXPECT_DOUBLE_EQ(point["share_of_fma_peak"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(point["parameter_bytes_per_second"].get<double>(), 24e9);
  EXPECT_DOUBLE_EQ(point["share_of_bandwidth"].get<double>(), 0.1);
}

TEST(BenchReportTest, WithoutCeilingsThereAreNoShares) {
  const auto json = to_json(made_up_result());
  const auto& point = json["points"][1];

  EXPECT_TRUE(point["fma_peak_flop_per_second"].is_null());
  EXPECT_TRUE(point["share_of_fma_peak"].is_null());
  EXPECT_TRUE(point["memory_level"].is_null());
  EXPECT_TRUE(point["share_of_bandwidth"].is_null());
  EXPECT_DOUBLE_EQ(point["updates_per_second"].get<double>(), 2e9);
}

TEST(BenchReportTest, TableShowsSharesAndWhatWasLeftOut) {
  const std::string table = to_table(made_up_result());

  EXPECT_THAT(table, AllOf(HasSubstr("Some CPU"), HasSubstr("50.0 %"), HasSubstr("10.0 %"),
                           HasSubstr("L1 400"),
                           HasSubstr("width 2, depth 2, B 4, sgd, tanh, 1 thread: needs 8 MiB")));
}

}  // namespace
}  // namespace vnsweep::bench
