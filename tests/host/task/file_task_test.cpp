// Data of the user from the manifest to the training set.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "host/plan/batch_plan.hpp"
#include "host/plan/run_identity.hpp"
#include "host/store/store.hpp"
#include "host/task/data_error.hpp"
#include "host/task/task.hpp"
#include "kernels/math/philox.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::FloatEq;
using ::testing::HasSubstr;

class FileTaskTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    const fs::path path = directory_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  Manifest load(const std::string& task, const std::string& name = "m.yaml",
                const std::string& rest = "train: {lr: 0.1, steps: 5}\nsuccess: {loss: 0.1}\n",
                const std::string& axes = "") const {
    return load_manifest(write(
        name, "name: t\ntask: " + task + "\ngrid: {depth: 1, width: 2" + axes + "}\n" + rest));
  }

  RunSpec run(const std::string& task, const std::string& name = "m.yaml") const {
    return expand_grid(load(task, name)).at(0);
  }

  std::string error_of(
      const std::string& task, const std::string& axes = "",
      const std::string& rest = "train: {lr: 0.1, steps: 5}\nsuccess: {loss: 0.1}\n") const {
    try {
      expand_grid(load(task, "m.yaml", rest, axes));
    } catch (const ManifestError& e) {
      return e.what();
    }
    return "no error";
  }

  std::string data_error_of(const RunSpec& spec) const {
    try {
      make_training_data(spec);
    } catch (const DataError& e) {
      return e.what();
    }
    return "no error";
  }

  testing::TemporaryDirectory directory_;
  const std::string table_ = "a,b,class\n1,10,1\n2,10,0\n3,10,1\n6,10,0\n";
  const std::string csv_ = write("t.csv", table_);
};

TEST_F(FileTaskTest, ATableBecomesATrainingSet) {
  const RunSpec spec = run("{name: csv, file: t.csv}");
  const auto data = make_training_data(spec);

  EXPECT_EQ(task_samples(spec), 4);
  EXPECT_EQ(task_inputs(spec), 2);
  EXPECT_EQ(task_outputs(spec), 1);
  EXPECT_EQ(data->kind, TargetKind::labels);
  // Mean 3, variance 3.5; the second feature is constant.
  EXPECT_THAT(data->input, ElementsAre(FloatEq(-1.06904497F), 0, FloatEq(-0.534522484F), 0, 0, 0,
                                       FloatEq(1.60356745F), 0));
  EXPECT_THAT(data->target, ElementsAre(1, 0, 1, 0));
}

TEST_F(FileTaskTest, SeveralClassesAreOneHot) {
  write("t.csv", "a,class\n1,x\n2,z\n3,y\n");

  EXPECT_THAT(make_training_data(run("{name: csv, file: t.csv}"))->target,
              ElementsAre(1, 0, 0, 0, 0, 1, 0, 1, 0));
}

TEST_F(FileTaskTest, ValuesAreScaledUnlessNothingIs) {
  const auto scaled = make_training_data(run("{name: csv, file: t.csv, target: a, kind: values}"));
  const auto raw =
      make_training_data(run("{name: csv, file: t.csv, target: a, kind: values, normalize: none}"));

  EXPECT_EQ(scaled->kind, TargetKind::values);
  EXPECT_THAT(scaled->target,
              ElementsAre(FloatEq(-1.06904497F), FloatEq(-0.534522484F), 0, FloatEq(1.60356745F)));
  EXPECT_THAT(raw->target, ElementsAre(1, 2, 3, 6));
  EXPECT_THAT(raw->input, ElementsAre(10, 1, 10, 0, 10, 1, 10, 0));
}

TEST_F(FileTaskTest, ASubsetIsDrawnAsNumPyDrawsIt) {
  // tools/oracles/generated_tasks.py: subset of 7 samples under this content and data_seed 3.
  RunSpec spec;
  spec.task = TaskKind::csv;
  spec.options.change([](TaskOptions& options) {
    options.content = "0123456789abcdef0123456789abcdef";
    options.data_seed = 3;
  });
  std::vector<std::int32_t> order(7);

  draw_permutation({data_key(spec), 0, Stream::generated_data}, 7, order.data());

  EXPECT_THAT(std::vector(order.begin(), order.begin() + 4), ElementsAre(6, 3, 4, 5));
}

TEST_F(FileTaskTest, ASubsetHasDifferentSamplesAndIsScaledByItself) {
  std::string table = "a,y\n";
  for (int s = 0; s < 40; ++s)
    table += std::to_string(s) + "," + (s % 3 == 0 ? "p" : s % 3 == 1 ? "q" : "r") + "\n";
  write("t.csv", table);
  const std::string task = "{name: csv, file: t.csv, normalize: ";
  const auto raw = make_training_data(run(task + "none, subset: 10}"));
  const auto more = make_training_data(run(task + "none, subset: 20}"));
  const auto redrawn = make_training_data(run(task + "none, subset: 10, data_seed: 1}"));
  const auto unit = make_training_data(run(task + "unit, subset: 10}"));

  EXPECT_EQ(std::set<float>(raw->input.begin(), raw->input.end()).size(), 10U);
  EXPECT_NE(redrawn->input, raw->input);
  // A larger subset begins with the smaller one.
  EXPECT_THAT(std::vector(more->input.begin(), more->input.begin() + 10),
              ElementsAreArray(raw->input));
  for (std::size_t s = 0; s < 10; ++s) {
    EXPECT_EQ(raw->target[3 * s + static_cast<std::size_t>(raw->input[s]) % 3], 1.0F);
  }
  EXPECT_EQ(*std::min_element(unit->input.begin(), unit->input.end()), 0.0F);
  EXPECT_EQ(*std::max_element(unit->input.begin(), unit->input.end()), 1.0F);
}

TEST_F(FileTaskTest, TheDigitsAreThoseOfScikitLearn) {
  const std::string folder = (fs::path(VNSWEEP_SOURCE_DIR) / "sweeps" / "data").string();
  const std::string task = "{name: idx, images: " + folder +
                           "/digits-images.idx3-ubyte.gz, labels: " + folder +
                           "/digits-labels.idx1-ubyte.gz, normalize: ";
  const auto raw = make_training_data(run(task + "none}"));
  const auto scaled = make_training_data(run(task + "feature}"));
  const auto global = make_training_data(run(task + "global}"));

  // load_digits() of scikit-learn 1.2.1, (x - mean) / std of NumPy 1.24.2.
  ASSERT_EQ(raw->samples, 1797);
  ASSERT_EQ(raw->inputs, 64);
  ASSERT_EQ(raw->outputs, 10);
  EXPECT_EQ(std::accumulate(raw->input.begin(), raw->input.end(), 0.0), 561718.0);
  EXPECT_THAT(std::vector(raw->input.begin(), raw->input.begin() + 16),
              ElementsAre(0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0));
  std::vector<int> counts(10, 0);
  for (std::size_t s = 0; s < 1797; ++s) {
    for (std::size_t k = 0; k < 10; ++k)
      counts[k] += raw->target[10 * s + k] == 1.0F ? 1 : 0;
  }
  EXPECT_THAT(counts, ElementsAre(178, 182, 177, 183, 181, 182, 181, 179, 174, 180));
  EXPECT_THAT(std::vector(scaled->input.begin(), scaled->input.begin() + 4),
              ElementsAre(0, FloatEq(-0.3350165F), FloatEq(-0.04308102F), FloatEq(0.2740715F)));
  EXPECT_FLOAT_EQ(global->input[2], 0.019252038F);
}

TEST_F(FileTaskTest, ARunIsKnownByTheContentOfItsFileAndNotByItsPath) {
  const RunSpec here = run("{name: csv, file: t.csv}");
  write("deep/er/u.csv", table_);
  const RunSpec there = run("{name: csv, file: ../deep/er/u.csv}", "other/m.yaml");
  write("v.csv", table_ + "7,10,0\n");
  const RunSpec longer = run("{name: csv, file: v.csv}");

  EXPECT_NE(here.options->file, there.options->file);
  EXPECT_EQ(run_id(here), run_id(there));
  EXPECT_EQ(run_key(here), run_key(there));
  EXPECT_EQ(cell_text(here), cell_text(there));
  EXPECT_EQ(batch_key(here), batch_key(there));
  EXPECT_NE(spec_text(here), spec_text(there));
  EXPECT_NE(run_id(here), run_id(longer));
  EXPECT_NE(run_key(here), run_key(longer));
}

TEST_F(FileTaskTest, WhatIsMadeOfTheFileIsPartOfTheRun) {
  std::set<std::string> ids;
  std::set<std::uint64_t> keys;
  for (const char* options : {"", ", normalize: unit", ", subset: 3", ", subset: 3, data_seed: 1",
                              ", target: a", ", target: a, kind: values"}) {
    const RunSpec spec = run("{name: csv, file: t.csv" + std::string(options) + "}");
    ids.insert(run_id(spec));
    keys.insert(run_key(spec));
  }

  EXPECT_EQ(ids.size(), 6U);
  EXPECT_EQ(keys.size(), 6U);
  EXPECT_EQ(run_id(run("{name: csv, file: t.csv}")),
            run_id(run("{name: csv, file: t.csv, target: class, normalize: feature}")));
}

TEST_F(FileTaskTest, BatchesArePlannedFromSizesWithoutReadingAFile) {
  const std::vector<RunSpec> runs = expand_grid(
      load_manifest(write("m.yaml",
                          "name: t\ntask: {name: csv, file: t.csv}\n"
                          "grid: {depth: [1, 2], width: [2, 3], activation: [tanh, relu]}\n"
                          "train: {lr: 0.1, steps: 5, batch: 2}\nsuccess: {loss: 0.1}\n")));

  fs::remove(csv_);

  const auto batches = plan_batches(runs, {.max_cost = 1e300, .max_runs = 9});

  ASSERT_EQ(batches.size(), 4U);
  for (const PlannedBatch& batch : batches) {
    EXPECT_EQ(batch.networks.data->samples, 4);
    EXPECT_EQ(batch.networks.data->inputs, 2);
    EXPECT_EQ(batch.networks.data->outputs, 1);
    EXPECT_TRUE(batch.networks.data->input.empty());
    EXPECT_EQ(batch.networks.success.every, StepCount(2));
  }
}

TEST_F(FileTaskTest, AFileThatChangesIsNotTrainedOn) {
  write("t.csv", table_ + "8,10,0\n");  // a set that has not been made before
  const RunSpec spec = run("{name: csv, file: t.csv}");
  write("t.csv", table_ + "7,10,0\n");

  EXPECT_THAT(data_error_of(spec), HasSubstr("is not the data set that was described"));

  fs::remove(csv_);
  EXPECT_THAT(data_error_of(spec), HasSubstr("t.csv: no such file"));
}

TEST_F(FileTaskTest, AStoredRunCanBeMadeAgain) {
  const RunSpec spec = run("{name: csv, file: t.csv, subset: 3}");

  const RunSpec stored = spec_from_text(spec_text(spec));

  EXPECT_EQ(stored, spec);
  EXPECT_EQ(make_training_data(stored), make_training_data(spec));
}

TEST_F(FileTaskTest, AResolvedManifestNeedsNoFileToBeRead) {
  const Manifest manifest = load("{name: csv, file: t.csv}", "m.yaml",
                                 "train: {lr: 0.1, steps: 5}\nsuccess: {loss: 0.1}\n",
                                 ", subset: [2, 3], normalize: [unit, none]");
  fs::remove(csv_);

  const Manifest again = parse_manifest(manifest.resolved.dump(), "elsewhere/manifest.json");

  EXPECT_EQ(again.resolved, manifest.resolved);
  EXPECT_EQ(expand_grid(again), expand_grid(manifest));
  EXPECT_EQ(expand_grid(again).size(), 4U);
}

TEST_F(FileTaskTest, ContentThatIsAskedForMustBeThere) {
  EXPECT_THAT(error_of("{name: csv, file: t.csv, content: ed1e8c323dcd06dd56a2f59bd73578cd}"),
              HasSubstr("no error"));
  EXPECT_THAT(error_of("{name: csv, file: t.csv, content: 00}"),
              HasSubstr("(its content is ed1e8c323dcd06dd56a2f59bd73578cd, not 00)"));
  EXPECT_THAT(error_of("{name: csv, file: t.csv, inputs: 5}"), HasSubstr("inputs is 2, not 5"));
}

TEST_F(FileTaskTest, MistakesAreReportedAtTheirPlaceInTheManifest) {
  EXPECT_THAT(error_of("{name: csv, file: no.csv}"),
              HasSubstr("m.yaml:2:19: error: " + (directory_.path() / "no.csv").string() +
                        ": no such file"));
  write("bad.csv", "a,y\nx,1\n");
  EXPECT_THAT(error_of("{name: csv, file: bad.csv}"), HasSubstr("bad.csv:2:1: 'x' in column 'a'"));
  EXPECT_THAT(error_of("csv"), HasSubstr("m.yaml:2:7: error: the task csv needs `file`"));
  EXPECT_THAT(error_of("idx"), HasSubstr("the task idx needs `labels`"));
  EXPECT_THAT(error_of("{name: csv, file: t.csv, labels: t.csv}"),
              HasSubstr("m.yaml:2:32: error: labels applies to the task idx only, not to csv"));
  EXPECT_THAT(error_of("{name: csv, file: t.csv, samples: 4}", ", inputs: [2, 3]"),
              HasSubstr("inputs is what the files of the task hold and cannot be an axis"));
  EXPECT_THAT(error_of("{name: csv, file: t.csv}", ", subset: [2, 5]"),
              HasSubstr("subset 5 is larger than the data set of 4 samples"));
  EXPECT_THAT(error_of("{name: csv, file: t.csv, data_seed: 3}"), HasSubstr("add `subset: n`"));
  EXPECT_THAT(error_of("{name: csv, file: t.csv, subset: 3}", "",
                       "train: {lr: 0.1, steps: 5, batch: 4}\nsuccess: {loss: 0.1}\n"),
              HasSubstr("batch 4 is larger than the training set of 3 samples"));
  EXPECT_THAT(error_of("{name: csv, file: [t.csv]}"), HasSubstr("file must be a single value"));
  EXPECT_THAT(error_of("{name: csv, file: \"\"}"), HasSubstr("file is empty"));
}

TEST_F(FileTaskTest, NamesThatTheStoreCouldNotKeepAreErrors) {
  write("latin.csv", "a,caf\xe9\n1,0\n2,1\n");
  EXPECT_THAT(error_of("{name: csv, file: latin.csv}"), HasSubstr("target is not UTF-8"));
  write("lines.csv", "a,\"two\nlines\"\n1,0\n2,1\n");
  EXPECT_THAT(error_of("{name: csv, file: lines.csv}"),
              HasSubstr("target holds a control character"));
  write("folder\xe9/t.csv", table_);
  EXPECT_THROW(load("{name: csv, file: t.csv}", "folder\xe9/m.yaml"), ManifestError);
  EXPECT_EQ(error_of("{name: csv, file: \"t.csv\"}"), "no error");
}

TEST_F(FileTaskTest, ErrorsOfFilesAndOfTheRestComeInOnePass) {
  const std::string error = error_of("{name: csv, file: no.csv}", ", dept: 2");

  EXPECT_THAT(error, HasSubstr("no such file"));
  EXPECT_THAT(error, HasSubstr("unknown key 'dept'"));
}

}  // namespace
}  // namespace vnsweep
