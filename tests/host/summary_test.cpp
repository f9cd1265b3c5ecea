#include "host/report/summary.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "host/report/text.hpp"
#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;

StoredRun stored(const RunSpec& spec, RunStatus status, const std::string& cause, double vni) {
  StoredRun run;
  run.spec = spec;
  run.status = status;
  run.cause = cause;
  run.vni_initial = 0.25;
  run.vni_final = vni;
  run.n_eff_final = 1.0 / vni;
  return run;
}

class SummaryTest : public ::testing::Test {
 protected:
  Manifest manifest_ = testing::manifest_with_grid("{depth: [4, 2], width: 3, seed: {count: 4}}");

  std::vector<StoredRun> runs() const {
    const std::vector<RunSpec> specs = expand_grid(manifest_);
    return {stored(specs[0], RunStatus::failed, "walking_dead", 1.0),
            stored(specs[1], RunStatus::failed, "vanishing", 0.5),
            stored(specs[2], RunStatus::succeeded, "", 0.5),
            stored(specs[3], RunStatus::error, "", 0.5),
            stored(specs[4], RunStatus::succeeded, "", std::nan(""))};
  }

  Summary summary() const { return summarize(manifest_, runs(), IntervalMethod::wilson, 0.95); }
};

TEST_F(SummaryTest, CellsCountFailuresAndLeaveErrorsOut) {
  const Summary result = summary();

  ASSERT_EQ(result.cells.size(), 2U);
  EXPECT_EQ(result.cells[0].spec.depth, 2);
  const Cell& deep = result.cells[1];
  EXPECT_EQ(deep.runs, 3);
  EXPECT_EQ(deep.failed, 2);
  EXPECT_EQ(deep.errors, 1);
  EXPECT_DOUBLE_EQ(deep.p_fail(), 2.0 / 3.0);
  EXPECT_EQ(deep.causes.at("walking_dead"), 1);
  EXPECT_EQ(deep.causes.at("vanishing"), 1);
  EXPECT_EQ(deep.causes.at("exploding"), 0);
  EXPECT_DOUBLE_EQ(deep.vni_final_mean, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(deep.n_eff_final_mean, 5.0 / 3.0);
  EXPECT_TRUE(std::isnan(result.cells[0].vni_final_mean));
}

TEST_F(SummaryTest, JsonHasTheDocumentedShape) {
  std::ostringstream out;
  write_summary_json(summary(), out);
  const auto json = nlohmann::json::parse(out.str());

  EXPECT_EQ(json["name"], "test");
  EXPECT_EQ(json["method"], "wilson");
  EXPECT_EQ(json["confidence"], 0.95);
  const auto& cell = json["cells"][1];
  EXPECT_EQ(cell["depth"], 4);
  EXPECT_EQ(cell["width"], 3);
  EXPECT_EQ(cell["scale"], 1.0);
  EXPECT_FALSE(cell.contains("seed"));
  EXPECT_EQ(cell["runs"], 3);
  EXPECT_EQ(cell["causes"]["walking_dead"], 1);
  // SciPy 1.17.1: binomtest(2, 3).proportion_ci(0.95, "wilson")
  EXPECT_NEAR(cell["ci_low"].get<double>(), 0.20765960080204782, 1e-12);
  EXPECT_NEAR(cell["ci_high"].get<double>(), 0.9385080552796038, 1e-12);
  EXPECT_TRUE(json["cells"][0]["vni_final_mean"].is_null());
}

TEST_F(SummaryTest, JsonCountsTheWholeSweep) {
  std::ostringstream out;
  write_summary_json(summary(), out);
  const auto overall = nlohmann::json::parse(out.str())["overall"];

  EXPECT_EQ(overall["runs"], 4);
  EXPECT_EQ(overall["failed"], 2);
  EXPECT_EQ(overall["errors"], 1);
  EXPECT_EQ(overall["p_fail"], 0.5);
  // Wilson by hand: half-width (z / 2) / sqrt(4 + z^2) at 1/2, z = 1.959964.
  EXPECT_NEAR(overall["ci_low"].get<double>(), 0.5 - 0.979982 / std::sqrt(4.0 + 3.841459), 1e-6);
  EXPECT_EQ(overall["causes"]["vanishing"], 1);
  EXPECT_EQ(overall["vni_final_failed"]["median"], 0.75);
  EXPECT_EQ(overall["vni_final_succeeded"]["runs"], 1);
}

TEST_F(SummaryTest, JacobiansStandBesideWhatTheoryPredicts) {
  // relu at its critical scale: m_1 = 1 and N VNI_local = 1 + 2 (L - 1) for Gaussian weights.
  const Manifest manifest = testing::manifest_with_grid(
      "{depth: 4, width: 70, scale: critical, activation: relu, seed: {count: 2}}");
  const std::vector<RunSpec> specs = expand_grid(manifest);
  std::vector<StoredRun> measured = {stored(specs[0], RunStatus::failed, "vanishing", 0.5),
                                     stored(specs[1], RunStatus::succeeded, "", 0.5)};
  measured[0].m1_initial = 0.5;
  measured[1].m1_initial = 1.0;
  measured[0].local_vni_initial = 0.125;
  std::ostringstream json_text;
  std::ostringstream table;

  const Summary result = summarize(manifest, measured, IntervalMethod::wilson, 0.95);
  write_summary_json(result, json_text);
  write_summary_table(result, table);

  const auto cell = nlohmann::json::parse(json_text.str())["cells"][0];
  EXPECT_EQ(cell["m1_initial_mean"], 0.75);
  EXPECT_EQ(cell["local_vni_initial_mean"], 0.125);
  EXPECT_NEAR(cell["m1_theory"].get<double>(), 1.0, 1e-12);
  EXPECT_NEAR(cell["local_vni_theory"].get<double>(), 0.1, 1e-12);
  EXPECT_THAT(table.str(), HasSubstr("m_1 start  theory  local VNI start  theory"));
  std::ostringstream without;
  write_summary_table(summary(), without);
  EXPECT_THAT(without.str(), ::testing::Not(HasSubstr("m_1 start")));
}

TEST_F(SummaryTest, FieldsThatDifferAreColumnsEvenIfTheyAreNoAxis) {
  std::vector<StoredRun> mixed = runs();
  mixed[4].spec.learning_rate = 0.2;

  const Summary result = summarize(manifest_, mixed, IntervalMethod::wilson, 0.95);

  EXPECT_EQ(result.axes.back()->name, "lr");
}

TEST_F(SummaryTest, TableAndCsvHaveALinePerCell) {
  std::ostringstream table;
  std::ostringstream csv;
  write_summary_table(summary(), table);
  write_summary_csv(summary(), csv);

  EXPECT_THAT(table.str(), HasSubstr("0.667"));
  EXPECT_THAT(csv.str(), HasSubstr("depth,width,scale,runs,failed,errors,p_fail"));
  EXPECT_THAT(csv.str(), HasSubstr("\n2,3,1,1,0,0,0,"));
}

/// Of 40 runs each, `failed` at depths 2, 4, ... fail.
std::vector<StoredRun> curve(const std::vector<int>& failed, std::int64_t width) {
  const RunSpec base = testing::runs_of("{depth: 2, width: 3, seed: 0}").front();
  std::vector<StoredRun> runs;
  for (std::size_t d = 0; d < failed.size(); ++d) {
    for (int seed = 0; seed < 40; ++seed) {
      RunSpec spec = base;
      spec.depth = 2 * static_cast<std::int64_t>(d + 1);
      spec.width = width;
      spec.seed = seed;
      runs.push_back(seed < failed[d] ? stored(spec, RunStatus::failed, "vanishing", 0.5)
                                      : stored(spec, RunStatus::succeeded, "", 0.5));
    }
  }
  return runs;
}

class SummaryOfCurvesTest : public ::testing::Test {
 protected:
  Summary summary() const {
    std::vector<StoredRun> runs;
    for (const auto& part : {curve({0, 40}, 16), curve({0, 0}, 32), curve({40, 40}, 8)})
      runs.insert(runs.end(), part.begin(), part.end());
    return summarize(testing::manifest_with_grid("{depth: [2, 4], width: [8, 16, 32], seed: 0}"),
                     runs, IntervalMethod::wilson, 0.95);
  }
};

TEST_F(SummaryOfCurvesTest, JsonHasAnEntryPerCurveSortedLikeTheCells) {
  std::ostringstream out;
  write_summary_json(summary(), out);
  const auto json = nlohmann::json::parse(out.str());

  ASSERT_EQ(json["depth50"].size(), 3U);
  const auto& early = json["depth50"][0];
  const auto& within = json["depth50"][1];
  const auto& late = json["depth50"][2];
  EXPECT_EQ(within["width"], 16);
  EXPECT_EQ(within["scale"], 1.0);
  EXPECT_FALSE(within.contains("depth"));
  EXPECT_NEAR(within["estimate"].get<double>(), 3.0, 1e-12);  // by symmetry
  EXPECT_NEAR(within["ci_low"].get<double>() + within["ci_high"].get<double>(), 6.0, 1e-9);
  EXPECT_EQ(within["bracketed"], true);
  EXPECT_EQ(within["crossing"], "within");
  EXPECT_EQ(within["method"], "firth_profile");
  EXPECT_EQ(early["crossing"], "shallower");
  EXPECT_TRUE(early["estimate"].is_null());
  EXPECT_TRUE(early["ci_low"].is_null());
  EXPECT_EQ(early["ci_high"], 2.0);
  EXPECT_EQ(late["bracketed"], false);
  EXPECT_EQ(late["ci_low"], 4.0);

  ASSERT_EQ(json["trend"].size(), 3U);
  EXPECT_EQ(json["trend"][1]["width"], 16);
  // By hand: T = 40, variance 1/4 * 80, so z = sqrt(80).
  EXPECT_NEAR(json["trend"][1]["z"].get<double>(), std::sqrt(80.0), 1e-12);
  EXPECT_EQ(json["trend"][1]["method"], "cochran_armitage");
  EXPECT_TRUE(json["trend"][0]["z"].is_null());
  EXPECT_TRUE(json["trend"][0]["p_value"].is_null());
}

TEST_F(SummaryOfCurvesTest, TheTableNamesTheSideOfACrossingThatWasNotMeasured) {
  std::ostringstream out;
  write_summary_table(summary(), out);

  EXPECT_THAT(out.str(), HasSubstr("\n\nfailure against depth\n"));
  EXPECT_THAT(out.str(), HasSubstr("    8      1      < 2            <= 2        -        -\n"));
  EXPECT_THAT(out.str(), HasSubstr("   16      1        3  "));
  EXPECT_THAT(out.str(), HasSubstr("     8.94  3.7e-19\n"));
  EXPECT_THAT(out.str(), HasSubstr("   32      1      > 4            >= 4        -        -\n"));
}

TEST_F(SummaryOfCurvesTest, FitsThatDidNotSettleAreToldOfAndSpoilNothingElse) {
  Summary with_unsettled = summary();
  with_unsettled.curves[0].depth50 = {.crossing = Crossing::unsettled};
  with_unsettled.curves[1].depth50.unsettled_resamples = 7;
  std::ostringstream table;
  std::ostringstream settled_table;
  std::ostringstream out;
  write_summary_table(with_unsettled, table);
  write_summary_table(summary(), settled_table);
  write_summary_json(with_unsettled, out);
  const auto json = nlohmann::json::parse(out.str());

  EXPECT_THAT(table.str(), HasSubstr("    8      1        ?"));
  EXPECT_THAT(table.str(), HasSubstr("\nnote: depth50 is unknown (?) for 1 of the curves"));
  EXPECT_THAT(table.str(), HasSubstr("\nnote: 7 resamples count against both ends"));
  EXPECT_THAT(table.str(), HasSubstr("   32      1      > 4"));
  EXPECT_THAT(settled_table.str(), ::testing::Not(HasSubstr("note:")));
  EXPECT_EQ(json["depth50"][0]["crossing"], "unsettled");
  EXPECT_TRUE(json["depth50"][0]["estimate"].is_null());
  EXPECT_EQ(json["depth50"][1]["unsettled_resamples"], 7);
  EXPECT_FALSE(json["depth50"][2].contains("unsettled_resamples"));
}

TEST_F(SummaryOfCurvesTest, WithOneDepthThereIsNoSecondTable) {
  const Summary flat = summarize(testing::manifest_with_grid("{depth: 2, width: 3, seed: 0}"),
                                 curve({7}, 3), IntervalMethod::wilson, 0.95);
  std::ostringstream table;
  std::ostringstream json;
  write_summary_table(flat, table);
  write_summary_json(flat, json);

  EXPECT_TRUE(flat.curves.empty());
  EXPECT_THAT(table.str(), ::testing::Not(HasSubstr("failure against depth")));
  EXPECT_TRUE(nlohmann::json::parse(json.str())["depth50"].empty());
}

TEST_F(SummaryTest, ErrorsHaveAColumnOfTheTableOnlyIfThereAreAny) {
  std::vector<StoredRun> clean = runs();
  clean.erase(clean.begin() + 3);
  std::ostringstream with;
  std::ostringstream without;
  write_summary_table(summary(), with);
  write_summary_table(summarize(manifest_, clean, IntervalMethod::wilson, 0.95), without);

  EXPECT_THAT(with.str(), HasSubstr("errors"));
  EXPECT_THAT(without.str(), ::testing::Not(HasSubstr("errors")));
}

TEST(TextTest, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(csv_line({"a", "b,c", "d\"e", "f\ng"}), "a,\"b,c\",\"d\"\"e\",\"f\ng\"\n");
}

TEST(TextTest, NumbersAreShortAndExact) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1.0 / 3.0), "0.3333333333333333");
  EXPECT_EQ(number_text(std::nan("")), "");
}

}  // namespace
}  // namespace vnsweep
