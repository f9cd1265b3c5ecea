#include "host/manifest/manifest.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "host/plan/grid.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

std::string grid_error(const std::string& grid) {
  return error_of(testing::manifest_text(grid));
}

TEST(ManifestTest, ReadsEverySection) {
  const Manifest manifest = parse_manifest(R"(
name: all
description: every key
task: {name: parity, bits: 3}
grid:
  depth: [2, 5]
  width: 8
  scale: critical
  seed: {from: 100, count: 4}
model: {activation: relu, init: orthogonal, bias_scale: 0.25}
train: {optimizer: adam, objective: squared_error, lr: 1e-3, steps: 77, batch: 4}
success: {accuracy: 0.9, loss: 0.2, every: 5}
probe: {every: 10, samples: 32, spectrum: ends}
diagnosis: {gradient_ratio: 4, vni: 0.8}
seeding: paired
)",
                                           "m.yaml");

  const std::vector<RunSpec> runs = expand_grid(manifest);

  ASSERT_EQ(runs.size(), 8U);
  const RunSpec& run = runs[5];
  EXPECT_EQ(run.task, TaskKind::parity);
  EXPECT_EQ(run.bits, 3);
  EXPECT_EQ(run.depth, 5);
  EXPECT_EQ(run.width, 8);
  EXPECT_EQ(run.scale, std::sqrt(2.0));
  EXPECT_EQ(run.seed, 101);
  EXPECT_EQ(run.activation, Activation::relu);
  EXPECT_EQ(run.initialization, Initialization::orthogonal);
  EXPECT_EQ(run.bias_scale, 0.25);
  EXPECT_EQ(run.optimizer, Optimizer::adam);
  EXPECT_EQ(run.objective, Objective::squared_error);
  EXPECT_EQ(run.learning_rate, 1e-3);
  EXPECT_EQ(run.steps, 77);
  EXPECT_EQ(run.minibatch, 4);
  EXPECT_EQ(run.success_accuracy, 0.9);
  EXPECT_EQ(run.success_loss, 0.2);
  EXPECT_EQ(run.success_every, 5);
  EXPECT_EQ(run.probe_every, 10);
  EXPECT_EQ(run.probe_samples, 32);
  EXPECT_EQ(run.spectrum, SpectrumStorage::ends);
  EXPECT_EQ(run.diagnosis_gradient_ratio, 4.0);
  EXPECT_EQ(run.diagnosis_vni, 0.8);
  EXPECT_EQ(run.seeding, Seeding::paired);
}

TEST(ManifestTest, JsonIsAccepted) {
  const Manifest manifest = parse_manifest(
      R"({"name": "j", "task": "xor", "grid": {"depth": [2], "width": [3]},
          "train": {"lr": 0.1, "steps": 5, "optimizer": "sgd"}, "success": {"loss": 0.1}})",
      "m.json");

  EXPECT_EQ(expand_grid(manifest).size(), 1U);
}

TEST(ManifestTest, TheResolvedManifestReadsBackToTheSameRuns) {
  const std::string grid =
      "{depth: [2, 4], width: {from: 4, to: 8, step: 2}, scale: [1.0, critical], "
      "seed: {count: 3}, lr: {logspace: [-2, -1, 3]}, zip: [width, lr], "
      "exclude: [{depth: 2, width: [4, 6]}], include: [{depth: 9, seed: 7}]}";
  const Manifest manifest = parse_manifest(testing::manifest_text(grid, "{steps: 5}"), "m.yaml");

  const Manifest again = parse_manifest(manifest.resolved.dump(), "manifest.json");

  EXPECT_EQ(expand_grid(again), expand_grid(manifest));
  EXPECT_EQ(again.resolved, manifest.resolved);
}

TEST(ManifestTest, AdaptiveSeedsReadBackFromTheResolvedManifest) {
  const Manifest manifest = parse_manifest(
      testing::manifest_text("{depth: 1, width: 1, seed: {min: 20, max: 50, halfwidth: 0.1}}"),
      "m.yaml");

  const Manifest again = parse_manifest(manifest.resolved.dump(), "manifest.json");

  ASSERT_TRUE(again.adaptive_seeds());
  EXPECT_EQ(again.adaptive_seeds()->least, 20);
  EXPECT_EQ(again.adaptive_seeds()->halfwidth, 0.1);
  EXPECT_EQ(expand_grid(again).size(), 50U);
}

TEST(ManifestTest, AllErrorsAreReportedInOnePassWithPlaceAndCaret) {
  const std::string error = error_of(
      "name: x\n"
      "task: xor\n"
      "grid:\n"
      "  dept: [2, 5]\n"
      "  width: [8, -1]\n"
      "train: {optimizer: sgdd, lr: 0.1, steps: 10}\n"
      "success: {loss: 0.1}\n");

  EXPECT_THAT(error, HasSubstr("m.yaml:4:3: error: unknown key 'dept' in grid; did you mean "
                               "'depth'?\n    dept: [2, 5]\n    ^"));
  EXPECT_THAT(error, HasSubstr("m.yaml:5:14: error: width must be at least 1, not -1"));
  EXPECT_THAT(error, HasSubstr("m.yaml:6:20: error: optimizer must be one of sgd, adam, rmsprop, "
                               "not 'sgdd'; did you mean 'sgd'?"));
}

TEST(ManifestTest, DuplicateKeysAreCaught) {
  EXPECT_THAT(error_of("name: x\nname: y\ntask: xor\ngrid: {depth: 1, width: 1, width: 2}\n"
                       "train: {lr: 1, steps: 1}\nsuccess: {loss: 1}\n"),
              AllOf(HasSubstr("m.yaml:2:1: error: 'name' is given twice"),
                    HasSubstr("'width' is given twice in grid")));
}

TEST(ManifestTest, MissingPartsAreNamed) {
  const std::string error = error_of("description: nothing else\n");

  for (const char* part :
       {"no `name`", "name is missing: add it under `task`", "depth is missing", "width is missing",
        "lr is missing", "steps is missing", "success has no threshold"}) {
    EXPECT_THAT(error, HasSubstr(part));
  }
}

TEST(ManifestTest, NumbersMustBeFiniteAndInRange) {
  for (const auto& [value, message] : std::vector<std::pair<std::string, std::string>>{
           {".nan", "finite number"},
           {"-.inf", "finite number"},
           {"nan", "finite number"},
           {"1e999", "out of the range of a double"},
           {"1e39", "at most"},
           {"0", "greater than 0"},
           {"-1", "greater than 0"},
           {"\"1\"", "found the text \"1\""},
           {"1.0x", "expected a number"},
           {"+-1", "expected a number"},
           {"0x10", "expected a number"},
           {"[[1]]", "must be a single value, not a list"},
           {"", "has no values"}}) {
    EXPECT_THAT(grid_error("{depth: 1, width: 1, scale: " + value + "}"), HasSubstr(message))
        << value;
  }
  for (const char* value : {"1.5", "1e3", "99999999999999999999"}) {
    EXPECT_THAT(grid_error(std::string("{width: 1, depth: ") + value + "}"),
                HasSubstr("must be an integer within 64 bits"));
  }
}

TEST(ManifestTest, MalformedAxesAreExplained) {
  for (const auto& [axis, message] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "empty axis"},
           {"[2, 2]", "listed twice"},
           {"{from: 5, to: 2, step: 1}", "range is empty"},
           {"{from: 1, to: 2, step: 0}", "step must be greater than 0"},
           {"{from: 1, to: 2}", "needs {from, to, step}"},
           {"{linspace: [1, 2]}", "needs [first, last, number of values]"},
           {"{linspace: [1, 2, 0]}", "number of values must be an integer of at least 1"},
           {"{logspace: [-9, 2, 3]}", "depth runs to 1e-09, but must be at least 1"},
           {"{logspace: [1e308, -1e308, 2]}", "depth runs to inf"},
           {"{linspace: [1, 1e300, 3]}", "depth runs to 1e+300"},
           {"{count: 3}", "unknown key 'count'"},
           {"{}", "needs {from, to, step}"}}) {
    EXPECT_THAT(grid_error("{width: 1, depth: " + axis + "}"), HasSubstr(message)) << axis;
  }
}

TEST(ManifestTest, ZipExcludeAndIncludeAreChecked) {
  const auto error = [](const std::string& extra) {
    return grid_error("{depth: [1, 2], width: [1, 2, 3], " + extra + "}");
  };

  EXPECT_THAT(error("zip: [depth, width]"), HasSubstr("depth has 2 values, width has 3"));
  EXPECT_THAT(error("zip: [depth, lr]"), HasSubstr("'lr', which is not an axis of this grid"));
  EXPECT_THAT(error("zip: [depth]"), HasSubstr("at least two axes"));
  EXPECT_THAT(error("zip: [width, width]"), HasSubstr("width is zipped twice"));
  EXPECT_THAT(error("scale: [1, 2], zip: [[depth, scale], [width, depth]]"),
              HasSubstr("depth is zipped twice"));
  EXPECT_THAT(error("zip: "), HasSubstr("zip must list the axes"));
  EXPECT_THAT(error("exclude: ~"), HasSubstr("exclude must be a list"));
  EXPECT_THAT(error("exclude: [{depth: 7}]"), HasSubstr("matches no point of the grid"));
  EXPECT_THAT(error("exclude: [{seed: 0}]"), HasSubstr("unknown key 'seed' in an excluded point"));
  EXPECT_THAT(error("exclude: [{depth: [1, 2]}]"), HasSubstr("everything is excluded"));
  EXPECT_THAT(error("include: [{depht: 3}]"), HasSubstr("did you mean 'depth'?"));
}

TEST(ManifestTest, AValueGivenTwiceIsAnError) {
  EXPECT_THAT(grid_error("{depth: 1, width: 1, lr: [0.1, 0.2]}"),
              HasSubstr("lr is given twice: under train and as an axis of the grid"));
}

TEST(ManifestTest, ContradictionsBetweenFieldsAreFound) {
  EXPECT_THAT(error_of("name: x\ntask: parity\ngrid: {depth: 1, width: 1}\n"
                       "train: {lr: 1, steps: 1}\nsuccess: {loss: 1}\n"),
              HasSubstr("parity needs `bits`"));
  EXPECT_THAT(
      error_of(testing::manifest_text("{depth: 1, width: 1}", "{lr: 1, steps: 1, batch: 5}")),
      HasSubstr("batch 5 is larger than the training set of 4 samples"));
  EXPECT_THAT(error_of(testing::manifest_text("{depth: 1, width: 2}") +
                       "probe: {samples: 8, jacobians: 9}\n"),
              HasSubstr("jacobians are measured at the first of the 8 probe inputs"));
  EXPECT_THAT(error_of(testing::manifest_text("{depth: 1, width: 1}",
                                              "{lr: 1, steps: 1, optimizer: adam, momentum: 0.5}")),
              HasSubstr("momentum applies to the optimizer sgd only"));
}

TEST(ManifestTest, AdaptiveSeedsAreForTheWholeGrid) {
  const std::string seeds = "seed: {min: 20, max: 50, halfwidth: 0.1}";

  EXPECT_THAT(grid_error("{depth: 1, width: 1, seed: {min: 20, max: 10, halfwidth: 0.1}}"),
              HasSubstr("max 10 is less than min 20"));
  EXPECT_THAT(grid_error("{depth: 1, width: 1, seed: {min: 20, max: 50, halfwidth: 0.5}}"),
              HasSubstr("halfwidth must be between 0 and 0.5"));
  EXPECT_THAT(grid_error("{depth: 1, width: 1, seed: {min: 20, max: 50}}"),
              HasSubstr("{count} with an optional from, or {min, max, halfwidth}"));
  EXPECT_THAT(grid_error("{depth: {from: 1, to: 50, step: 1}, width: 1, " + seeds +
                         ", zip: [depth, seed]}"),
              HasSubstr("cannot be zipped"));
  EXPECT_THAT(grid_error("{depth: 1, width: 1, " + seeds + ", exclude: [{seed: 3}]}"),
              HasSubstr("cannot name seeds"));
  EXPECT_THAT(grid_error("{depth: 1, width: 1, " + seeds + ", include: [{depth: 2, seed: 3}]}"),
              HasSubstr("cannot name seeds"));
  EXPECT_THAT(grid_error("{depth: 1, width: 1, seed: 0, include: [{depth: 2, " + seeds + "}]}"),
              HasSubstr("cannot name seeds"));
}

TEST(ManifestTest, MisplacedKeysAreSentHome) {
  EXPECT_THAT(error_of(testing::manifest_text("{depth: 1, width: 1}") + "lr: 0.1\n"),
              HasSubstr("unknown key 'lr' in the manifest; it belongs under `train`"));
  EXPECT_THAT(error_of(testing::manifest_text("{depth: 1, width: 1}") + "zip: [a, b]\n"),
              HasSubstr("it belongs under `grid`"));
}

TEST(ManifestTest, WhatStandsBehindTheClosingBraceIsAnError) {
  // yaml-cpp's LoadAll would not end.
  for (const char* text : {"{a: 1},", "{a: 1}, b", "[a],\n\"c\": 3", "{\"a\": 1},\n{\"b\": 2}"}) {
    EXPECT_THAT(error_of(text), HasSubstr("single YAML document, which ends before this")) << text;
  }
  EXPECT_THAT(error_of("{\"a\": 1},"), HasSubstr("m.yaml:1:9: error:"));
}

TEST(ManifestTest, TextThatIsNoManifestGetsOneClearError) {
  EXPECT_THAT(error_of(""), HasSubstr("the manifest is empty"));
  EXPECT_THAT(error_of("# only a comment\n"), HasSubstr("the manifest is empty"));
  EXPECT_THAT(error_of("just text"), HasSubstr("a manifest is a mapping"));
  EXPECT_THAT(error_of("- a\n- b\n"), HasSubstr("a manifest is a mapping"));
  EXPECT_THAT(error_of("a: [1, 2\nb: }"), HasSubstr("m.yaml:2:"));
  EXPECT_THAT(error_of("a: 1\n---\nb: 2\n"), HasSubstr("single YAML document"));
  EXPECT_THAT(error_of(std::string("name: \0x", 8)), HasSubstr("not UTF-8 text"));
  for (const char* bytes : {"\xff\xfe", "\xed\xa0\x80", "\xc0\x80", "\xe0\x80\x80",
                            "\xf5\x80\x80\x80", "\xf0\x80\x80\x80", "\x80", "\xe2\x82"}) {
    EXPECT_THAT(error_of(std::string("name: ") + bytes + "\n"), HasSubstr("not UTF-8 text"));
  }
  EXPECT_THAT(error_of("name: \xe2\x82\xac \xf0\x9f\x98\x80\n"), Not(HasSubstr("UTF-8")));
  EXPECT_THAT(error_of(std::string(2 << 20, '#')), HasSubstr("larger than"));
  EXPECT_THAT(error_of("a: " + std::string(100'000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(error_of("name: x\n? [a]\n: 1\n"), HasSubstr("a key of the manifest must be a word"));
}

TEST(ManifestTest, AliasesThatGrowExponentiallyAreHarmless) {
  std::string text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int k = 1; k < 40; ++k) {
    const std::string last = "*a" + std::to_string(k - 1);
    text += "a" + std::to_string(k) + ": &a" + std::to_string(k) + " [" + last + ", " + last +
            ", " + last + "]\n";
  }

  EXPECT_THAT(error_of(text + "grid: {depth: *a39, width: 1}\n"),
              HasSubstr("must be a single value, not a list"));
}

TEST(ManifestTest, ControlCharactersOfAManifestDoNotReachTheTerminal) {
  EXPECT_THAT(error_of("name: x\ntsk\x1b[31m: 1\n"), Not(HasSubstr("\x1b")));
}

TEST(ManifestTest, UnreadableFilesAreNamed) {
  const testing::TemporaryDirectory directory;

  EXPECT_THROW(
      {
        try {
          load_manifest(directory.path() / "missing.yaml");
        } catch (const ManifestError& e) {
          EXPECT_THAT(e.what(), HasSubstr("No such file"));
          throw;
        }
      },
      ManifestError);
  EXPECT_THROW(load_manifest(directory.path()), ManifestError);
}

}  // namespace
}  // namespace vnsweep
