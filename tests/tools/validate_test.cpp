// tools/gpu/validate with a bundle of stubs that pass, fail, skip and hang.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr int kPass = 0;
constexpr int kUsage = 2;
constexpr int kFail = 3;

constexpr const char* kVersionText =
    "vnsweep 0.1.0 (commit 0123abc)\n"
    "numerics version 1, engines: reference, cpu (Highway 1.0.3, AVX3), cuda (toolkit 13.0, "
    "runtime "
    "13.0, driver supports 13.0)\n"
    "built by GNU 12.2.0, Release\n"
    "SQLite 3.40.1, OpenBLAS 0.3.21";

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Step {
  std::string result;
  std::string reason;
};

class ValidateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / (std::string("vnsweep_validate_") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "bundle/tests");
    fs::create_directories(folder_ / "path");
    // A bundle in order, on a machine with two GPUs.
    write_vnsweep("cuda:0     NVIDIA \"Stub\" GPU\ncuda:1     NVIDIA Stub GPU", "exit 0");
    write_script("bundle/tests/gpu_test", "echo '[  PASSED  ] 21 tests.'");
    write_benchmark("printf '{\\n  \"cuda\": \"toolkit 13.0, runtime 13.0\"\\n}\\n'");
    write_script("compute-sanitizer", "echo '========= ERROR SUMMARY: 0 errors'");
    write_script("path/nvidia-smi", "echo 580.1");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write_script(const std::string& name, const std::string& commands) const {
    std::ofstream(folder_ / name) << "#!/bin/bash\n" << commands << "\n";
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }
  /// @param verify  commands; $3 is the device
  void write_vnsweep(const std::string& devices, const std::string& verify) const {
    write_script("bundle/vnsweep", "case $1 in\n--version) cat <<'END'\n" +
                                       std::string(kVersionText) +
                                       "\nEND\n;;\ndevices) cat <<'END'\n" + devices +
                                       "\nEND\n;;\nverify) " + verify + " ;;\nesac");
  }
  /// @param commands  after the Markdown file, which is the last argument, has been written
  void write_benchmark(const std::string& commands) const {
    write_script("bundle/vnsweep_gpu_benchmark",
                 "echo '# Benchmark: stub' >\"${@: -1}\"\n" + commands);
  }

  /// Runs the script. @returns its exit code
  int validate(const std::string& options = "", const std::string& environment = "") {
    const std::string command =
        "cd '" + folder_.string() + "' && PATH='" + (folder_ / "path").string() +
        "':/usr/bin:/bin COMPUTE_SANITIZER='" + (folder_ / "compute-sanitizer").string() + "' " +
        environment + " '" VNSWEEP_SOURCE_DIR "/tools/gpu/validate' --bundle bundle --out out " +
        options + " >stdout 2>stderr";
    const int status = std::system(command.c_str());
    json_ = nlohmann::json();
    if (fs::exists(folder_ / "out/validation.json")) {
      json_ = nlohmann::json::parse(read(folder_ / "out/validation.json"));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  Step step(const std::string& name) const {
    for (const auto& entry : json_.at("steps")) {
      if (entry.at("name") == name) return {entry.at("result"), entry.at("reason")};
    }
    return {"absent", ""};
  }
  std::string markdown() const { return read(folder_ / "out/validation.md"); }
  std::string log(const std::string& name) const { return read(folder_ / "out" / (name + ".log")); }
  std::string stderr_text() const { return read(folder_ / "stderr"); }

  fs::path folder_;
  nlohmann::json json_;  ///< validation.json, null if there is none
};

TEST_F(ValidateTest, PassesIfEveryStepPasses) {
  const int exit_code = validate();

  EXPECT_EQ(exit_code, kPass) << stderr_text();
  EXPECT_EQ(json_.at("result"), "pass");
  for (const char* name : {"version", "verify-cuda-0", "verify-cuda-1", "gpu-tests", "memcheck",
                           "racecheck", "benchmark"}) {
    EXPECT_EQ(step(name).result, "pass") << name;
  }
  EXPECT_EQ(json_.at("steps").size(), 7U);
}

TEST_F(ValidateTest, ResultsNameDeviceDriverToolkitCommitAndDate) {
  validate();

  EXPECT_EQ(json_.at("devices").at(0), "cuda:0 NVIDIA \"Stub\" GPU");
  EXPECT_EQ(json_.at("driver"), "580.1");
  EXPECT_EQ(json_.at("toolkit"), "13.0");
  EXPECT_EQ(json_.at("commit"), "0123abc");
  EXPECT_THAT(json_.at("date").get<std::string>(), ::testing::MatchesRegex("....-..-..T..:..:..Z"));
  EXPECT_EQ(json_.at("benchmark").at("cuda"), "toolkit 13.0, runtime 13.0");
  EXPECT_THAT(markdown(), AllOf(HasSubstr("| verify-cuda-1 | pass |"), HasSubstr("0123abc"),
                                HasSubstr("## Benchmark: stub")));
}

TEST_F(ValidateTest, MismatchOnOneDeviceFailsAndTheOtherStepsRun) {
  write_vnsweep("cuda:0     A\ncuda:1     B",
                "echo FAIL on $3; [[ $3 == cuda:1 ]] && exit 3; exit 0");

  const int exit_code = validate();

  EXPECT_EQ(exit_code, kFail);
  EXPECT_EQ(json_.at("result"), "fail");
  EXPECT_EQ(step("verify-cuda-0").result, "pass");
  EXPECT_EQ(step("verify-cuda-1").result, "fail");
  EXPECT_THAT(step("verify-cuda-1").reason, HasSubstr("differ from the reference"));
  EXPECT_EQ(log("verify-cuda-1"), "FAIL on cuda:1\n");
  EXPECT_EQ(step("benchmark").result, "pass");
}

TEST_F(ValidateTest, SkippedTestsAreNotPassedTests) {
  write_script("bundle/tests/gpu_test",
               "echo '[  PASSED  ] 2 tests.'\necho '[  SKIPPED ] 19 tests, listed below:'");

  const int exit_code = validate();

  EXPECT_EQ(exit_code, kFail);
  EXPECT_EQ(step("gpu-tests").result, "skipped");
  EXPECT_THAT(step("gpu-tests").reason, HasSubstr("19 tests were skipped, 2 passed"));
}

TEST_F(ValidateTest, FailedTestsAndNoTestsAreNotPassedTests) {
  write_script("bundle/tests/gpu_test", "echo '[  PASSED  ] 20 tests.'; exit 1");
  EXPECT_EQ(validate(), kFail);
  EXPECT_EQ(step("gpu-tests").result, "fail");

  write_script("bundle/tests/gpu_test", "echo '[  PASSED  ] 0 tests.'");
  EXPECT_EQ(validate(), kFail);
  EXPECT_THAT(step("gpu-tests").reason, HasSubstr("no test was run"));
}

TEST_F(ValidateTest, StepThatHangsIsEndedAndTheOtherStepsRun) {
  write_script("bundle/tests/gpu_test", "echo begun; exec sleep 600");

  const int exit_code = validate("", "VALIDATE_STEP_SECONDS=1");

  EXPECT_EQ(exit_code, kFail);
  EXPECT_EQ(step("gpu-tests").result, "fail");
  EXPECT_EQ(step("gpu-tests").reason, "not done after 1 s, see how far it came in gpu-tests.log");
  EXPECT_EQ(log("gpu-tests"), "begun\n");
  EXPECT_EQ(step("benchmark").result, "pass");
}

TEST_F(ValidateTest, StepThatCrashesIsReportedWithItsSignal) {
  write_script("bundle/tests/gpu_test", "kill -SEGV $$");

  EXPECT_EQ(validate(), kFail);

  EXPECT_THAT(step("gpu-tests").reason, HasSubstr("signal 11"));
}

TEST_F(ValidateTest, MissingSanitizerIsSkippedInClearWords) {
  fs::remove(folder_ / "compute-sanitizer");

  const int exit_code = validate();

  EXPECT_EQ(exit_code, kFail);
  for (const char* tool : {"memcheck", "racecheck"}) {
    EXPECT_EQ(step(tool).result, "skipped");
    EXPECT_THAT(step(tool).reason, HasSubstr("compute-sanitizer is not on this machine"));
  }
  EXPECT_EQ(step("benchmark").result, "pass");
}

TEST_F(ValidateTest, SanitizerGetsTheSweepAndTheTool) {
  write_script("compute-sanitizer", "echo \"$@\"; echo '========= ERROR SUMMARY: 0 errors'");

  validate();

  EXPECT_THAT(log("memcheck"),
              AllOf(HasSubstr("--tool memcheck --error-exitcode 1 "), HasSubstr("vnsweep run "),
                    HasSubstr("tools/gpu/sanitizer.yaml"), HasSubstr("--device cuda:0"),
                    Not(HasSubstr("--kernel-name"))));
  EXPECT_THAT(log("racecheck"), HasSubstr("--tool racecheck --error-exitcode 1 --kernel-name"));
}

TEST_F(ValidateTest, SanitizerThatFindsErrorsOrNothingAtAllFails) {
  write_script("compute-sanitizer", "[[ $2 == memcheck ]] && exit 1\necho 'did not attach'");

  EXPECT_EQ(validate(), kFail);

  EXPECT_THAT(step("memcheck").reason, HasSubstr("exit code 1"));
  EXPECT_THAT(step("racecheck").reason, HasSubstr("no summary without errors"));
}

TEST_F(ValidateTest, WrongResultInTheBenchmarkFailsAndIsKept) {
  write_benchmark("echo '{\"problems\": [\"trace\"]}'; exit 3");

  EXPECT_EQ(validate(), kFail);

  EXPECT_EQ(step("benchmark").result, "fail");
  EXPECT_EQ(json_.at("benchmark").at("problems").at(0), "trace");
}

TEST_F(ValidateTest, HalfAnObjectOfABrokenBenchmarkDoesNotSpoilTheResults) {
  write_benchmark("echo '{\"ceilings\": '; exit 1");

  EXPECT_EQ(validate(), kFail);

  EXPECT_TRUE(json_.at("benchmark").is_null());
  EXPECT_EQ(step("benchmark").result, "fail");
}

TEST_F(ValidateTest, ResultsOfAnEarlierRunDoNotStay) {
  ASSERT_EQ(validate(), kPass) << stderr_text();
  write_vnsweep("cuda:0     A", "exit 0");
  write_benchmark("exit 1");

  EXPECT_EQ(validate(), kFail);

  EXPECT_FALSE(fs::exists(folder_ / "out/verify-cuda-1.log"));
  EXPECT_TRUE(json_.at("benchmark").is_null());
  EXPECT_EQ(step("verify-cuda-1").result, "absent");
}

TEST_F(ValidateTest, WithoutAGpuItSaysWhyAndWritesNothing) {
  write_vnsweep("cpu        float32\ncuda       not available: there is no NVIDIA driver",
                "exit 2");

  EXPECT_EQ(validate(), kUsage);

  EXPECT_THAT(stderr_text(), AllOf(HasSubstr("no GPU"), HasSubstr("there is no NVIDIA driver")));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(ValidateTest, WithoutABundleItSaysWhatIsMissingAndHowToMakeIt) {
  fs::remove(folder_ / "bundle/tests/gpu_test");

  EXPECT_EQ(validate(), kUsage);

  EXPECT_THAT(stderr_text(),
              AllOf(HasSubstr("missing: tests/gpu_test"), HasSubstr("tools/build gpu-bundle")));
}

TEST_F(ValidateTest, ProgramThatDoesNotStartIsShownWithItsOwnWords) {
  write_script("bundle/vnsweep", "echo 'libcublas.so.13: cannot open' >&2; exit 127");

  EXPECT_EQ(validate(), kUsage);

  EXPECT_THAT(stderr_text(),
              AllOf(HasSubstr("libcublas.so.13: cannot open"), HasSubstr("LD_LIBRARY_PATH")));
}

TEST_F(ValidateTest, BadUsageIsRefused) {
  EXPECT_EQ(validate("--fast"), kUsage);
  EXPECT_THAT(stderr_text(), HasSubstr("unknown argument '--fast'"));
  EXPECT_EQ(validate("--out"), kUsage);
}

TEST_F(ValidateTest, QuickGivesTheBenchmarkLessTime) {
  write_benchmark("echo \"$@\" >&2; echo '{}'");

  ASSERT_EQ(validate("--quick"), kPass) << stderr_text();
  EXPECT_EQ(json_.at("quick"), true);
  EXPECT_THAT(log("benchmark"), HasSubstr("--seconds 25"));
  ASSERT_EQ(validate(), kPass) << stderr_text();
  EXPECT_THAT(log("benchmark"), HasSubstr("--seconds 180"));
}

}  // namespace
}  // namespace vnsweep
