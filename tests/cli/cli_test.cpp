// The program as a user meets it: exit codes, output, interruption, resuming.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "host/store/sqlite.hpp"
#include "tests/cli/program_fixture.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

using testing::CliTest;
using testing::Output;
using testing::read;

TEST_F(CliTest, HelpNamesEveryCommandAndVersionItsFacts) {
  const Output help = run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* command :
       {"run", "plan", "status", "summary", "report", "export", "merge", "submit", "cancel",
        "trace", "reproduce", "bench", "verify", "devices"}) {
    EXPECT_THAT(help.out, HasSubstr(command));
    EXPECT_EQ(run({command, "--help"}).exit_code, 0) << command;
  }
  EXPECT_THAT(run({"--version"}).out, AllOf(HasSubstr("vnsweep 0."), HasSubstr("SQLite")));
}

TEST_F(CliTest, BadUsageExitsWithTwo) {
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"rum"}).exit_code, 2);
  EXPECT_EQ(run({"run"}).exit_code, 2);
  EXPECT_EQ(run({"run", "missing.yaml"}).exit_code, 2);
  EXPECT_EQ(run({"summary", path("")}).exit_code, 2);
  const std::string manifest = small_manifest("{depth: 1, width: 2}");
  EXPECT_EQ(run({"run", manifest, "--threads", "0"}).exit_code, 2);
  EXPECT_EQ(run({"run", manifest, "--device", "tpu"}).exit_code, 2);
  EXPECT_EQ(run({"bench", "--width", "0"}).exit_code, 2);
  EXPECT_EQ(run({"bench", "--format", "csv"}).exit_code, 2);
  EXPECT_EQ(run({"bench", "--device", "tpu"}).exit_code, 2);
  // Whatever this machine and this build have, there is no such device.
  const Output absent = run({"run", manifest, "--device", "cuda:9999"});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.err, HasSubstr("device 'cuda:9999'"));
  EXPECT_THAT(run({"run", manifest, "--device", "cpu,tpu"}).err,
              HasSubstr("unknown device 'tpu' in 'cpu,tpu'"));
  EXPECT_EQ(run({"trace", manifest, "--index", "1", "-o", "t"}).exit_code, 2);
  EXPECT_EQ(run({"trace", manifest, "--index", "-1", "-o", "t"}).exit_code, 2);
  EXPECT_EQ(run({"verify", "--device", "reference"}).exit_code, 2);
}

TEST_F(CliTest, AWrongManifestIsExplainedAndNothingIsCreated) {
  const std::string manifest = small_manifest("{dept: 1, width: 2}");

  const Output output = run({"run", manifest, "-o", "out-directory"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("small.yaml:3:8: error: unknown key 'dept'"));
  EXPECT_TRUE(output.out.empty());
  EXPECT_FALSE(fs::exists(path("out-directory")));
}

TEST_F(CliTest, ASweepRunsSummarizesAndDoesNotRunTwice) {
  const std::string manifest = small_manifest("{depth: [1, 3], width: 6, seed: {count: 4}}");

  EXPECT_EQ(run({"run", manifest, "-o", "d"}).exit_code, 0);
  const Output again = run({"run", manifest, "-o", "d"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("nothing to run"));

  const auto summary = nlohmann::json::parse(run({"summary", path("d"), "--format", "json"}).out);
  ASSERT_EQ(summary["cells"].size(), 2U);
  EXPECT_EQ(summary["cells"][0]["runs"], 4);
  EXPECT_THAT(run({"status", path("d")}).out, HasSubstr("pending  0"));
  EXPECT_EQ(run({"plan", manifest}).exit_code, 0);
}

TEST_F(CliTest, AdaptiveSeedsEndTheSameWayHoweverOftenTheRunIsInterrupted) {
  const auto manifest_of = [&](const std::string& name, const std::string& grid) {
    return write_manifest(name,
                          testing::manifest_text(grid, "{lr: 0.5, steps: 400, optimizer: sgd}"));
  };
  const std::string manifest =
      manifest_of("m.yaml", "{depth: [1, 6], width: 3, seed: {min: 10, max: 80, halfwidth: 0.1}}");
  const Output whole = run({"run", manifest, "-o", "whole"});
  EXPECT_EQ(whole.exit_code, 0);
  EXPECT_THAT(whole.err, HasSubstr("20 runs at first, at most 160"));
  EXPECT_THAT(whole.err, HasSubstr("more runs, for intervals that are still too wide"));
  EXPECT_THAT(run({"plan", manifest}).out, HasSubstr("at most 160 runs, 8 times as much work"));

  // Part of the first stage is there already, and a seed of a later one: even without a failure an
  // interval is narrow enough from 16 seeds on only.
  run({"run", manifest_of("part.yaml", "{depth: 6, width: 3, seed: [3, 4, 15]}"), "-o", "parts"});
  EXPECT_EQ(run({"run", manifest, "-o", "parts", "--threads", "1"}).exit_code, 0);

  EXPECT_TRUE(exported("parts") == exported("whole"));
  EXPECT_THAT(run({"run", manifest, "-o", "parts"}).err, HasSubstr("nothing to run"));
  const auto summary =
      nlohmann::json::parse(run({"summary", path("whole"), "--format", "json"}).out);
  for (const auto& cell : summary["cells"]) {
    const double width = cell["ci_high"].get<double>() - cell["ci_low"].get<double>();
    EXPECT_TRUE(width <= 0.2 || cell["runs"] == 80) << cell.dump();
  }
}

TEST_F(CliTest, MoreSeedsAndOverlappingGridsRunOnlyWhatIsMissing) {
  run({"run", small_manifest("{depth: [1, 3], width: 6, seed: {count: 4}}"), "-o", "d"});

  const Output more =
      run({"run", small_manifest("{depth: [3, 5], width: 6, seed: {count: 6}}"), "-o", "d"});

  EXPECT_THAT(more.err, HasSubstr("12 runs, 4 stored already, 8 to make"));
  EXPECT_THAT(run({"status", path("d")}).out, HasSubstr("others   4 runs of earlier manifests"));
}

TEST_F(CliTest, ResultsDoNotDependOnThreadsOrOnHowTheGridIsSplit) {
  const std::string whole = small_manifest("{depth: [1, 4, 9], width: [3, 8], seed: {count: 5}}");
  run({"run", whole, "-o", "one", "--threads", "1"});
  run({"run", whole, "-o", "two", "--threads", "2"});
  run({"run", small_manifest("{depth: [4, 9], width: 8, seed: {count: 5}}", "part1.yaml"), "-o",
       "parts"});
  run({"run", small_manifest("{depth: [4, 1], width: [8, 3], seed: {count: 5}}", "part2.yaml"),
       "-o", "parts"});
  run({"run", whole, "-o", "parts", "--threads", "1"});

  const std::string expected = exported("one");

  EXPECT_GT(expected.size(), 1000U);
  EXPECT_TRUE(exported("two") == expected);
  EXPECT_TRUE(exported("parts") == expected);
}

TEST_F(CliTest, KilledAtAnyMomentAndRunAgainGivesTheSameResults) {
  const std::string manifest = long_manifest();
  ASSERT_EQ(run({"run", manifest, "-o", "whole"}).exit_code, 0);
  int killed = 0;
  for (int round = 0; round < 4; ++round) {
    const pid_t child = start({"run", manifest, "-o", "killed"});
    std::this_thread::sleep_for(std::chrono::milliseconds(150 + 97 * round));
    kill(child, SIGKILL);
    killed += wait(child).signal == SIGKILL ? 1 : 0;
  }
  EXPECT_GT(killed, 0);

  ASSERT_EQ(run({"run", manifest, "-o", "killed"}).exit_code, 0);

  EXPECT_TRUE(exported("killed") == exported("whole"));
}

TEST_F(CliTest, AnInterruptedRunKeepsItsResultsAndCanGoOn) {
  const std::string manifest = long_manifest();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t child = start({"run", manifest, "-o", "d"});
    ASSERT_TRUE(wait_for_results(child, "d"));
    kill(child, signal);
    const Output output = wait(child);

    EXPECT_EQ(output.exit_code, 75);
    EXPECT_THAT(output.err, HasSubstr("run the same command again to go on"));
  }

  const Output rest = run({"run", manifest, "-o", "d"});
  EXPECT_EQ(rest.exit_code, 0);
  EXPECT_THAT(run({"status", path("d")}).out, HasSubstr("pending  0"));
}

TEST_F(CliTest, ASignalThatNohupIgnoresStaysIgnored) {
  const std::string manifest = long_manifest();
  const pid_t child = start({"run", manifest, "-o", "d"}, SIGHUP);
  ASSERT_TRUE(wait_for_results(child, "d"));

  kill(child, SIGHUP);

  EXPECT_EQ(wait(child).exit_code, 0);
}

TEST_F(CliTest, TheSecondProcessIsRefusedNamingTheFirst) {
  const std::string manifest = long_manifest();
  const pid_t first = start({"run", manifest, "-o", "d"});
  ASSERT_TRUE(wait_for_results(first, "d"));

  const Output second = run({"run", manifest, "-o", "d"});
  const Output status = run({"status", path("d")});
  kill(first, SIGTERM);
  wait(first);

  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("in use by process " + std::to_string(first)));
  EXPECT_THAT(status.out, HasSubstr("writer   process " + std::to_string(first)));
}

TEST_F(CliTest, ARunThatDoesNotFitIsAnErrorAndTheOthersAreMade) {
  const std::string manifest =
      write_manifest("huge.yaml",
                     "name: huge\ntask: xor\ngrid: {depth: [1, 100000], width: [2, 60000], seed: 0,"
                     " exclude: [{depth: 100000, width: 2}]}\n"
                     "train: {lr: 0.1, steps: 1}\nsuccess: {loss: 1000}\nprobe: {samples: 2}\n");

  const Output output = run({"run", manifest, "-o", "d"});

  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("could not be made"));
  EXPECT_EQ(run({"status", path("d")}).exit_code, 3);
  const auto rows =
      nlohmann::json::parse(run({"export", path("d"), "--table", "runs", "--format", "json"}).out);
  for (const auto& row : rows) {
    const bool too_large = row["depth"] == 100000;
    EXPECT_EQ(row["status"] == "error", too_large) << row.dump();
    if (too_large) {
      EXPECT_THAT(row["error"].get<std::string>(), HasSubstr("MiB"));
    }
  }
}

TEST_F(CliTest, UnwritableOutputIsExplained) {
  std::ofstream(path("file")) << "x";
  const std::string manifest = small_manifest("{depth: 1, width: 2}");

  const Output under_file = run({"run", manifest, "-o", "file/d"});
  const Output proc = run({"run", manifest, "-o", "/proc/vnsweep"});

  EXPECT_EQ(under_file.exit_code, 2);
  EXPECT_THAT(under_file.err, HasSubstr("cannot create the directory"));
  EXPECT_EQ(proc.exit_code, 2);
}

TEST_F(CliTest, OutputThatDoesNotArriveIsAnError) {
  run({"run", small_manifest("{depth: 1, width: 2, seed: {count: 200}}"), "-o", "d"});
  const std::string command = std::string(VNSWEEP_EXECUTABLE) + " export " + path("d") +
                              " --table runs >/dev/full 2>" + path("err");

  const int status = std::system(command.c_str());

  EXPECT_NE(WEXITSTATUS(status), 0);
  EXPECT_THAT(read(path("err")), HasSubstr("cannot write to standard output"));
}

TEST_F(CliTest, ACorruptDatabaseIsNamedAndLeftUntouched) {
  const std::string manifest = small_manifest("{depth: 1, width: 2}");
  run({"run", manifest, "-o", "d"});
  std::ofstream(path("d/runs-0.db"), std::ios::binary) << std::string(9000, 'z');

  for (const auto& arguments : {std::vector<std::string>{"run", manifest, "-o", "d"},
                                {"status", path("d")},
                                {"summary", path("d")},
                                {"export", path("d"), "--table", "runs"}}) {
    const Output output = run(arguments);
    EXPECT_EQ(output.exit_code, 2);
    EXPECT_THAT(output.err, HasSubstr("runs-0.db is corrupt"));
  }
  EXPECT_TRUE(read(path("d/runs-0.db")) == std::string(9000, 'z'));
}

TEST_F(CliTest, AnotherSweepsDirectoryIsRefused) {
  run({"run", small_manifest("{depth: 1, width: 2}"), "-o", "d"});
  std::string other = testing::manifest_text("{depth: 1, width: 7}");
  other.replace(0, std::string("name: test").size(), "name: other");

  const Output output = run({"run", write_manifest("other.yaml", other), "-o", "d"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("holds another sweep"));
}

TEST_F(CliTest, DoubleAndSinglePrecisionDoNotMixInOneDirectory) {
  const std::string manifest = small_manifest("{depth: 1, width: 2, seed: {count: 2}}");
  ASSERT_EQ(run({"run", manifest, "-o", "d", "--device", "reference"}).exit_code, 0);

  const Output output = run({"run", manifest, "-o", "d", "--device", "cpu"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("holds results of the engine reference"));
}

TEST_F(CliTest, PlanMeasuresOnceAndStoresNoResults) {
  const std::string manifest = small_manifest("{depth: [1, 3], width: 6, seed: {count: 40}}");

  const Output first = run({"plan", manifest});
  const Output second = run({"plan", manifest});
  const Output again = run({"plan", manifest, "--recalibrate"});

  EXPECT_EQ(first.exit_code, 0);
  EXPECT_THAT(first.err, AllOf(HasSubstr("kinds of work"), HasSubstr("tried")));
  EXPECT_THAT(first.out, HasSubstr("predicted time: 0:0"));
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(second.err, "");
  EXPECT_EQ(second.out, first.out);
  EXPECT_THAT(again.err, AllOf(HasSubstr("kinds of work"), HasSubstr("tried")));
  EXPECT_TRUE(fs::exists(path("cache/vnsweep/calibration.json")));
  EXPECT_FALSE(fs::exists(path("runs")));
}

TEST_F(CliTest, PlanWritesItsNumbersAsJson) {
  const std::string manifest = small_manifest("{depth: [1, 3], width: 6, seed: {count: 40}}");

  const Output output = run({"plan", manifest, "--format", "json", "--threads", "1"});

  const auto plan = nlohmann::json::parse(output.out);
  EXPECT_EQ(plan["name"], "test");
  EXPECT_EQ(plan["runs"], 80);
  EXPECT_EQ(plan["workers"], 1);
  EXPECT_LE(plan["seconds_low"], plan["seconds"]);
  EXPECT_LE(plan["seconds"], plan["seconds_high"]);
  EXPECT_LE(plan["seconds"].get<double>(),
            plan["seconds_without_early_ends"].get<double>() * (1.0 + 1e-9));
}

TEST_F(CliTest, PlanDoesWithoutACalibrationThatItCannotUse) {
  const std::string manifest = small_manifest("{depth: 1, width: 6, seed: {count: 10}}");
  write_manifest("corrupt.json", "{");

  const Output corrupt = run({"plan", manifest, "--calibration", "corrupt.json"});
  const Output mended = run({"plan", manifest, "--calibration", "corrupt.json"});
  const Output unwritable = run({"plan", manifest, "--calibration", manifest + "/c.json"});

  EXPECT_EQ(corrupt.exit_code, 0);
  EXPECT_THAT(corrupt.err, HasSubstr("cannot be used"));
  EXPECT_EQ(mended.exit_code, 0);
  EXPECT_EQ(mended.err, "");
  EXPECT_EQ(unwritable.exit_code, 0);
  EXPECT_THAT(unwritable.err, HasSubstr("cannot be written"));
  EXPECT_THAT(unwritable.out, HasSubstr("predicted time"));
}

TEST_F(CliTest, PlanShowsWhatDoesNotFit) {
  const Output output = run({"plan", write_manifest("huge.yaml",
                                                    "name: h\ntask: xor\n"
                                                    "grid: {depth: 100000, width: 60000}\n"
                                                    "train: {lr: 0.1, steps: 1}\n"
                                                    "success: {loss: 1}\n")});

  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, HasSubstr("too large"));
}

TEST_F(CliTest, TraceHoldsEverythingToReplayARun) {
  const std::string manifest = write_manifest(
      "trace.yaml",
      testing::manifest_text("{depth: [2, 3], width: 4}", "{lr: 0.1, steps: 40, batch: 2}"));
  for (const auto& [device, type] :
       {std::pair<std::string, std::string>{"reference", "F64"}, {"cpu", "F32"}}) {
    ASSERT_EQ(run({"trace", manifest, "--index", "1", "-o", "t", "--device", device}).exit_code, 0);
    const std::string bytes = read(path("t"));
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    const auto header = nlohmann::json::parse(bytes.substr(8, length));

    EXPECT_EQ(header["initial.W.4"]["shape"], nlohmann::json({1, 4}));
    EXPECT_EQ(header["final.W.2"]["dtype"], type);
    EXPECT_EQ(header["loss"]["shape"], nlohmann::json({40}));
    EXPECT_EQ(header["loss"]["dtype"], "F64");
    EXPECT_EQ(header["batch_index"]["shape"], nlohmann::json({40, 2}));
    EXPECT_EQ(header["input"]["shape"], nlohmann::json({4, 2}));
    EXPECT_EQ(header["target"]["shape"], nlohmann::json({4}));
    const auto config = nlohmann::json::parse(header["__metadata__"]["config"].get<std::string>());
    EXPECT_EQ(config["grid"]["depth"], 3);
  }
}

TEST_F(CliTest, ASweepOverATableIsKnownByItsContentWhereverItIs) {
  const std::string text =
      "name: table\ntask: {name: csv, file: t.csv, target: y, kind: values}\n"
      "grid: {depth: 1, width: [2, 3], subset: [4, 5]}\n"
      "train: {lr: 0.1, steps: 20, batch: 2}\nsuccess: {loss: 0.0}\n";
  const std::string table = "y,a,b\n1,1,0\n2,0,1\n3,1,1\n5,2,1\n8,3,5\n";
  fs::create_directory(path("moved"));
  write_manifest("t.csv", table);
  const std::string manifest = write_manifest("m.yaml", text);
  const std::string moved = write_manifest("moved/m.yaml", text);

  ASSERT_EQ(run({"plan", manifest}).exit_code, 0);
  ASSERT_EQ(run({"run", manifest, "-o", "r"}).exit_code, 0);
  ASSERT_EQ(run({"trace", manifest, "--index", "3", "-o", "t"}).exit_code, 0);
  fs::rename(path("t.csv"), path("moved/t.csv"));

  EXPECT_EQ(run({"run", manifest, "-o", "r"}).exit_code, 2);
  // Its table is described in it, and is missed only when it is to be trained on.
  const Output late = run({"run", path("r/manifest.json"), "-o", "late"});
  EXPECT_EQ(late.exit_code, 2);
  EXPECT_THAT(late.err, HasSubstr("t.csv: no such file"));
  EXPECT_THAT(run({"run", moved, "-o", "r"}).err, HasSubstr("nothing to run"));
  EXPECT_FALSE(fs::exists(path("r/manifest-1.yaml")));
  EXPECT_THAT(run({"summary", path("r")}).out, HasSubstr("subset"));
  EXPECT_THAT(run({"status", path("r")}).out, HasSubstr("pending  0"));
  EXPECT_THAT(exported("r"), Not(HasSubstr(path("t.csv"))));
  EXPECT_THAT(run({"export", path("r"), "--table", "runs", "--full"}).out,
              HasSubstr(path("t.csv")));
}

TEST_F(CliTest, AStoredRunIsReproducedToTheLastBit) {
  run({"run", small_manifest("{depth: [2, 9], width: 5, seed: {count: 3}}"), "-o", "d"});
  const auto runs =
      nlohmann::json::parse(run({"export", path("d"), "--table", "runs", "--format", "json"}).out);

  for (const auto& row : runs) {
    const Output output = run({"reproduce", path("d"), row["run_id"]});
    EXPECT_EQ(output.exit_code, 0);
    EXPECT_THAT(output.out, HasSubstr("reproduced to the last bit"));
  }
  const std::string id = runs[0]["run_id"];
  EXPECT_THAT(run({"reproduce", path("d"), id.substr(0, 12), "--device", "reference"}).out,
              HasSubstr("reproduced up to rounding"));
  EXPECT_THAT(run({"reproduce", path("d"), "zz"}).err, HasSubstr("no stored run has an id"));
  EXPECT_THAT(run({"reproduce", path("d"), ""}).err, HasSubstr("more than one run has an id"));
}

TEST_F(CliTest, AResultThatWasTamperedWithIsNotReproduced) {
  run({"run", small_manifest("{depth: 2, width: 5}"), "-o", "d"});
  Database(path("d") + "/runs-0.db", Database::Mode::read_write)
      .execute("UPDATE runs SET loss = loss * 1.01, checksum = NULL");
  const auto runs =
      nlohmann::json::parse(run({"export", path("d"), "--table", "runs", "--format", "json"}).out);

  const Output output = run({"reproduce", path("d"), runs[0]["run_id"]});

  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.out, HasSubstr("NOT reproduced"));
}

TEST_F(CliTest, VerifyPassesAndDevicesListsTheCpu) {
  EXPECT_EQ(run({"verify"}).exit_code, 0);
  EXPECT_THAT(run({"devices"}).out, HasSubstr("cpu"));
}

TEST_F(CliTest, NamesAndPathsAreNeverInterpreted) {
  const std::string manifest =
      write_manifest("odd name;`id`.yaml", "name: \"<script>'$(id)' \\\"q\\\"\"\n" +
                                               testing::manifest_text("{depth: 1, width: 2}")
                                                   .substr(std::string("name: test\n").size()));

  const Output output = run({"run", manifest});

  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_TRUE(fs::exists(path("runs/odd name;`id`/runs-0.db")));
}

}  // namespace
}  // namespace vnsweep
