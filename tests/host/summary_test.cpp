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
