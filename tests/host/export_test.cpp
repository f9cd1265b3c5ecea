#include "host/report/export.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/host/test_results.hpp"

namespace vnsweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExportTest : public ::testing::Test {
 protected:
  std::vector<Store> stores_of(const std::string& name,
                               const std::vector<RunResult>& results) const {
    const std::filesystem::path file = directory_.path() / name;
    {
      Store store = Store::open_for_writing(file);
      store.begin_session();
      for (const RunResult& result : results)
        store.commit(std::vector{result});
    }
    std::vector<Store> stores;
    stores.push_back(Store::open_for_reading(file));
    return stores;
  }

  static std::string runs_text(std::vector<Store> stores, ExportFormat format,
                               ExportDetail detail = ExportDetail::reproducible) {
    std::ostringstream out;
    export_runs(stores, format, detail, out);
    return out.str();
  }

  testing::TemporaryDirectory directory_;
  std::vector<RunSpec> specs_ = testing::runs_of("{depth: [2, 1], width: 2, seed: {count: 2}}");
};

TEST_F(ExportTest, TheOrderOfCommitsDoesNotShow) {
  std::vector<RunResult> results;
  for (const RunSpec& spec : specs_)
    results.push_back(testing::result_of(spec, RunStatus::failed));
  const std::string forward = runs_text(stores_of("a.db", results), ExportFormat::csv);
  std::reverse(results.begin(), results.end());

  EXPECT_EQ(runs_text(stores_of("b.db", results), ExportFormat::csv), forward);
  EXPECT_THAT(forward, Not(HasSubstr("cpu:0")));
}

TEST_F(ExportTest, ARunInTwoStoresCountsOnce) {
  const auto result = testing::result_of(specs_[0], RunStatus::failed);
  std::vector<Store> both = stores_of("a.db", {result});
  both.push_back(std::move(stores_of("b.db", {result})[0]));

  EXPECT_EQ(nlohmann::json::parse(runs_text(std::move(both), ExportFormat::json)).size(), 1U);
}

TEST_F(ExportTest, JsonRowsHoldConfigurationAndResult) {
  const auto rows = nlohmann::json::parse(
      runs_text(stores_of("a.db", {testing::result_of(specs_[0], RunStatus::failed),
                                   testing::result_of(specs_[2], RunStatus::error)}),
                ExportFormat::json, ExportDetail::full));

  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["depth"], 1);
  EXPECT_EQ(rows[0]["status"], "error");
  EXPECT_EQ(rows[0]["error"], "out of \"memory\", twice");
  EXPECT_TRUE(rows[0]["loss"].is_null());
  EXPECT_EQ(rows[1]["cause"], "walking_dead");
  EXPECT_EQ(rows[1]["steps"], 50);
  EXPECT_EQ(rows[1]["success_loss"], 0.1);
  EXPECT_EQ(rows[1]["device"], "cpu:0");
}

TEST_F(ExportTest, ErrorTextIsQuotedInCsv) {
  EXPECT_THAT(runs_text(stores_of("a.db", {testing::result_of(specs_[0], RunStatus::error)}),
                        ExportFormat::csv),
              HasSubstr("\"out of \"\"memory\"\", twice\""));
}

TEST_F(ExportTest, ProbesHaveARowForEveryStepAndLayer) {
  auto stores = stores_of("a.db", {testing::result_of(specs_[0], RunStatus::failed)});
  std::ostringstream out;

  export_probes(stores, ExportFormat::json, out);

  const auto rows = nlohmann::json::parse(out.str());
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[3]["step"], 50);
  EXPECT_EQ(rows[3]["layer"], 2);
  EXPECT_EQ(rows[3]["vni"], 0.75);
  EXPECT_EQ(rows[3]["gradient_rms"], 100.0);
  EXPECT_EQ(rows[3]["spectrum"], nlohmann::json({1.75, 0.25}));
}

TEST_F(ExportTest, AnEmptyStoreGivesAnEmptyTable) {
  EXPECT_EQ(runs_text(stores_of("a.db", {}), ExportFormat::json), "[]\n");
}

TEST_F(ExportTest, JacobianMomentsAreColumnsAndNullWhereNotMeasured) {
  RunResult measured = testing::result_of(specs_[0], RunStatus::failed);
  for (Probe& probe : measured.probes) {
    for (LayerProbe& layer : probe.layers)
      layer.jacobian = {.m1 = 0.5, .m2 = 0.75, .local_vni = 0.125};
  }
  std::vector<Store> stores =
      stores_of("a.db", {measured, testing::result_of(specs_[2], RunStatus::failed)});
  std::ostringstream out;

  export_probes(stores, ExportFormat::json, out);

  const auto rows = nlohmann::json::parse(out.str());
  EXPECT_TRUE(rows.at(0).at("m1").is_null());  // the shallower run comes first
  EXPECT_EQ(rows.back().at("m1"), 0.5);
  EXPECT_EQ(rows.back().at("m2"), 0.75);
  EXPECT_EQ(rows.back().at("local_vni"), 0.125);
}

}  // namespace
}  // namespace vnsweep
