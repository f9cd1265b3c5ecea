// What a manifest may say of a task.
#include "host/manifest/task_fields.hpp"

#include <gmock/gmock.h>

#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;

std::string text_of(const std::string& task, const std::string& grid = "",
                    const std::string& train = "{lr: 0.1, steps: 5}",
                    const std::string& success = "{loss: 0.1}") {
  return "name: t\ntask: " + task + "\ngrid: {depth: 1, width: 2" + grid + "}\ntrain: " + train +
         "\nsuccess: " + success + "\n";
}

TEST(TaskFieldsTest, FieldsOfOtherTasksAreErrors) {
  EXPECT_THAT(error_of(text_of("{name: xor, bits: 2}")),
              HasSubstr("m.yaml:2:19: error: bits applies to the task parity only, not to xor"));
  EXPECT_THAT(
      error_of(text_of("{name: parity, bits: 2, turns: 1, data_seed: 1}")),
      AllOf(HasSubstr("turns applies to the task spirals only, not to parity"),
            HasSubstr("data_seed applies to the tasks spirals, blobs, teacher, csv and idx only")));
  EXPECT_THAT(error_of(text_of("spirals", ", classes: [2, 3]")),
              HasSubstr("classes applies to the task blobs only"));
}

TEST(TaskFieldsTest, ProbeSamplesAndTaskSamplesAreToldApart) {
  EXPECT_THAT(error_of("probe: {samples: 9}\n" + text_of("{name: xor, samples: 5}")),
              HasSubstr("m.yaml:3:19: error: samples applies to the tasks spirals,"));
}

TEST(TaskFieldsTest, ValuesHaveARange) {
  for (const auto& [task, message] : std::vector<std::pair<std::string, std::string>>{
           {"{name: spiral}", "did you mean 'spirals'?"},
           {"{name: spirals, samples: 0}", "samples must be at least 1"},
           {"{name: spirals, samples: 1}", "1 samples are too few for 2 classes"},
           {"{name: blobs, samples: 3, classes: 4}", "3 samples are too few for 4 classes"},
           {"{name: blobs, classes: 1}", "classes must be at least 2"},
           {"{name: blobs, noise: -1}", "noise must be at least 0"},
           {"{name: blobs, samples: 2147483647}", "numbers (the limit is 536870912)"},
           {"{name: teacher, samples: 1000000, teacher_width: 1024, teacher_depth: 64}",
            "the teacher would take minutes"},
           {"{name: csv, kind: label}", "did you mean 'labels'?"},
           {"{name: csv, normalize: features}", "did you mean 'feature'?"}}) {
    EXPECT_THAT(error_of(text_of(task)), HasSubstr(message)) << task;
  }
}

TEST(TaskFieldsTest, RegressionHasNoAccuracyAndNoCrossEntropy) {
  EXPECT_THAT(error_of(text_of("teacher", "", "{lr: 0.1, steps: 5, objective: cross_entropy}",
                               "{loss: 0.1, accuracy: 1.0}")),
              AllOf(HasSubstr("m.yaml:4:28: error: cross_entropy needs classes, and the targets of "
                              "this teacher task are values; did you mean 'squared_error'?"),
                    HasSubstr("m.yaml:5:22: error: accuracy is of classes")));
  EXPECT_EQ(error_of(text_of("teacher", ", objective: [squared_error]")), "no error");
}

TEST(TaskFieldsTest, NumbersOfATaskCanBeAxes) {
  const auto runs = expand_grid(parse_manifest(
      text_of("teacher", ", data_seed: {from: 0, to: 3, step: 1}, noise: [0, 0.5], inputs: [2, 4]"),
      "m.yaml"));

  EXPECT_EQ(runs.size(), 16U);
  EXPECT_EQ(runs.back().options->inputs, 4);
  EXPECT_EQ(runs.back().options->samples, 256);
}

TEST(TaskFieldsTest, ResolvedManifestsReadBackToTheSameRuns) {
  for (const char* task : {"spirals", "{name: blobs, classes: 5}", "{name: teacher, noise: 1}"}) {
    const Manifest manifest =
        parse_manifest(text_of(task, ", data_seed: [0, 3], samples: [10, 20]"), "m.yaml");

    const Manifest again = parse_manifest(manifest.resolved.dump(), "manifest.json");

    EXPECT_EQ(expand_grid(again), expand_grid(manifest)) << task;
    EXPECT_EQ(again.resolved, manifest.resolved) << task;
  }
}

}  // namespace
}  // namespace vnsweep
