// Frozen numbers: tools/oracles/generated_tasks.py with NumPy 1.24.2 and xxHash 0.8.1.
#include <gmock/gmock.h>

#include <cmath>

#include "host/plan/run_identity.hpp"
#include "host/task/task.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

RunSpec run_with_task(const std::string& task, const std::string& success = "{loss: 0.1}") {
  return expand_grid(parse_manifest("name: t\ntask: " + task +
                                        "\ngrid: {depth: 1, width: 2}\n"
                                        "train: {lr: 0.1, steps: 5}\nsuccess: " +
                                        success + "\n",
                                    "t.yaml"))
      .at(0);
}

std::shared_ptr<const TrainingData> data_of(const std::string& task) {
  return make_training_data(run_with_task(task));
}

constexpr float kRounding = 1e-6F;

TEST(GeneratedTaskTest, SpiralsAgreeWithNumPy) {
  const auto data = data_of("{name: spirals, samples: 5, noise: 0.25, data_seed: 7}");

  EXPECT_EQ(data->kind, TargetKind::labels);
  EXPECT_THAT(data->input,
              Pointwise(FloatNear(kRounding),
                        {-0.364677727, 0.311652772, 0.423663974, -0.634989344, -0.287349641,
                         -1.20029846, -1.40140241, -1.20572863, -0.0775757283, 1.90247905}));
  EXPECT_THAT(data->target, ElementsAre(0, 1, 0, 1, 0));
}

TEST(GeneratedTaskTest, BlobsAgreeWithNumPy) {
  const auto data = data_of("{name: blobs, samples: 4, noise: 0.5}");

  EXPECT_EQ(data->outputs, 3);
  EXPECT_THAT(data->input,
              Pointwise(FloatNear(kRounding), {-0.0959552644, -1.14159389, 0.889325261, 0.383568919,
                                               1.49685932, 1.04671036, 1.42544686, -0.44454973}));
  EXPECT_THAT(data->target, ElementsAre(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0));
}

TEST(GeneratedTaskTest, TeacherAgreesWithNumPy) {
  const auto data = data_of(
      "{name: teacher, samples: 4, inputs: 3, outputs: 2, teacher_width: 5, teacher_depth: 2, "
      "noise: 0.5, data_seed: 1}");

  EXPECT_EQ(data->kind, TargetKind::values);
  EXPECT_THAT(data->input,
              Pointwise(FloatNear(kRounding), {-0.276813537, -0.112021171, 1.37596869, -0.402889371,
                                               -1.31579876, 0.466712058, -0.0210343078, -1.88017046,
                                               1.55102575, 2.59244537, 1.15992916, 0.00185030559}));
  EXPECT_THAT(data->target, Pointwise(FloatNear(kRounding),
                                      {0.493443364, 1.10101878, 0.971136808, 0.362573437,
                                       0.200691535, 0.158497954, -1.66527171, -1.62209018}));
}

TEST(GeneratedTaskTest, SpiralsWithoutNoiseOrTurnsAreTwoRays) {
  const auto data = data_of("{name: spirals, samples: 4, turns: 0}");

  // r = sqrt(6) t at t = 1/4 and 3/4, one class to the right, the other to the left.
  const float inner = std::sqrt(6.0F) / 4.0F;
  EXPECT_THAT(data->input, Pointwise(FloatNear(kRounding), {inner, 0.0F, -inner, 0.0F, 3 * inner,
                                                            0.0F, -3 * inner, 0.0F}));
}

TEST(GeneratedTaskTest, InputsHaveUnitMeanSquare) {
  for (const char* task : {"{name: spirals, samples: 2000}",
                           "{name: blobs, samples: 2000, noise: 0, classes: 4, inputs: 5}",
                           "{name: teacher, samples: 2000, inputs: 20}"}) {
    const auto data = data_of(task);
    double squares = 0.0;
    for (const double x : data->input)
      squares += x * x;
    EXPECT_NEAR(squares / static_cast<double>(data->input.size()), 1.0, 0.02) << task;
  }
}

TEST(GeneratedTaskTest, ClassesAreBalanced) {
  const auto data = data_of("{name: blobs, classes: 7, samples: 100}");

  for (std::size_t k = 0; k < 7; ++k) {
    float count = 0.0F;
    for (std::size_t s = 0; s < 100; ++s)
      count += data->target[7 * s + k];
    EXPECT_EQ(count, k < 2 ? 15.0F : 14.0F);
  }
}

TEST(GeneratedTaskTest, TwoBlobsTakeOneOutput) {
  const auto data = data_of("{name: blobs, classes: 2, samples: 3}");

  EXPECT_EQ(data->outputs, 1);
  EXPECT_THAT(data->target, ElementsAre(0, 1, 0));
}

TEST(GeneratedTaskTest, AnswersOfATeacherHaveMeanZeroAndVarianceOne) {
  for (const char* noise : {"0", "2"}) {
    const auto data =
        data_of("{name: teacher, samples: 50, outputs: 3, noise: " + std::string(noise) + "}");
    for (std::size_t k = 0; k < 3; ++k) {
      double sum = 0.0;
      double squares = 0.0;
      for (std::size_t s = 0; s < 50; ++s) {
        const double y = data->target[3 * s + k];
        sum += y;
        squares += y * y;
      }
      EXPECT_NEAR(sum / 50, 0.0, 1e-6);
      EXPECT_NEAR(squares / 50, 1.0, 1e-6);
    }
  }
}

TEST(GeneratedTaskTest, DefaultsAreWrittenIntoTheRun) {
  EXPECT_EQ(task_text(run_with_task("spirals")),
            R"({"data_seed":0,"name":"spirals","noise":0.0,"samples":200,"turns":1.5})");
  EXPECT_EQ(task_text(run_with_task("blobs")),
            R"({"classes":3,"data_seed":0,"inputs":2,"name":"blobs","noise":0.3,"samples":300})");
  EXPECT_EQ(task_text(run_with_task("teacher")),
            R"({"data_seed":0,"inputs":10,"name":"teacher","noise":0.0,"outputs":1,)"
            R"("samples":256,"teacher_depth":1,"teacher_width":16})");
  EXPECT_EQ(run_id(run_with_task("spirals")),
            run_id(run_with_task("{name: spirals, turns: 1.5, samples: 200}")));
}

TEST(GeneratedTaskTest, DataDependOnTheDataSeedAndNotOnTheSeedOfTheRun) {
  RunSpec run = run_with_task("blobs");
  RunSpec repeated = run;
  repeated.seed = 5;
  repeated.width = 9;
  repeated.seeding = Seeding::paired;
  RunSpec redrawn = run_with_task("{name: blobs, data_seed: 1}");

  EXPECT_EQ(make_training_data(repeated), make_training_data(run));
  EXPECT_NE(make_training_data(redrawn)->input, make_training_data(run)->input);
  EXPECT_NE(run_id(redrawn), run_id(run));
  EXPECT_NE(run_key(redrawn), run_key(run));
}

TEST(GeneratedTaskTest, RegressionTakesSquaredErrorUnlessToldOtherwise) {
  EXPECT_EQ(run_with_task("teacher").objective, Objective::squared_error);
  EXPECT_EQ(run_with_task("spirals").objective, Objective::cross_entropy);
}

}  // namespace
}  // namespace vnsweep
