#include "host/compare/comparison.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/compare/comparison_notes.hpp"
#include "host/stats/mantel_haenszel.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kSgd = "{optimizer: sgd, lr: 0.1, steps: 50}";
constexpr const char* kAdam = "{optimizer: adam, lr: 0.1, steps: 50}";

/// A side whose runs have the outcomes given, in the order of the grid: 'F' failed, 's' succeeded,
/// 'e' error, ' ' not made.
SweepResults results(const std::string& directory, const std::string& grid,
                     const std::string& outcomes, const std::string& train = kSgd,
                     const std::string& more = "") {
  SweepResults results{
      .directory = directory,
      .manifest = parse_manifest(testing::manifest_text(grid, train) + more, directory + ".yaml")};
  const std::vector<RunSpec> specs = expand_grid(results.manifest);
  EXPECT_EQ(specs.size(), outcomes.size());
  for (std::size_t k = 0; k < specs.size(); ++k) {
    if (outcomes[k] == ' ') continue;
    StoredRun run;
    run.spec = specs[k];
    run.status = outcomes[k] == 'F'   ? RunStatus::failed
                 : outcomes[k] == 's' ? RunStatus::succeeded
                                      : RunStatus::error;
    if (outcomes[k] == 'F') run.cause = "vanishing";
    run.vni_initial = 0.25;
    run.vni_final = outcomes[k] == 'F' ? 1.0 : 0.5;
    run.engine = "cpu";
    results.runs.push_back(run);
  }
  results.numerics = "2";
  results.versions = "1.0";
  return results;
}

std::string grid(const std::string& depth, int seeds, int first_seed = 0) {
  return "{depth: " + depth + ", width: 3, seed: {from: " + std::to_string(first_seed) +
         ", count: " + std::to_string(seeds) + "}}";
}

nlohmann::json json_of(const Comparison& comparison) {
  std::ostringstream out;
  write_comparison_json(comparison, out);
  return nlohmann::json::parse(out.str());
}

std::string table_of(const Comparison& comparison) {
  std::ostringstream out;
  write_comparison_table(comparison, out);
  return out.str();
}

TEST(CompareTest, RunsThatShareTheirWeightsArePairs) {
  // The optimizer is no part of what draws weights.
  const SweepResults sgd = results("a", grid("2", 8), "FFssssFF");
  const SweepResults adam = results("b", grid("2", 8), "FFFFFFss", kAdam);

  const Comparison comparison = compare_sweeps(sgd, adam, {});

  ASSERT_EQ(comparison.cells.size(), 1U);
  const ComparedCell& cell = comparison.cells[0];
  EXPECT_EQ(comparison.test, ComparisonTest::mcnemar);
  EXPECT_EQ(cell.pairs.both, 2);
  EXPECT_EQ(cell.pairs.first_only, 2);
  EXPECT_EQ(cell.pairs.second_only, 4);
  EXPECT_EQ(cell.pairs.neither, 0);
  EXPECT_DOUBLE_EQ(cell.difference.value, 0.25);
  // By hand: six pairs differ, 2 (1 + 6 + 15) / 64.
  EXPECT_DOUBLE_EQ(cell.p_value, 44.0 / 64.0);
  EXPECT_DOUBLE_EQ(comparison.overall.p_value, 44.0 / 64.0);
  EXPECT_EQ(comparison.overall.method, "mcnemar_exact");
  EXPECT_THAT(comparison.notes, IsEmpty());
}

TEST(CompareTest, RunsOfOtherSeedsAreIndependent) {
  const SweepResults first = results("a", grid("[2, 4]", 6), "sssssFFFFFFs");
  const SweepResults second = results("b", grid("[2, 4]", 6, 6), "sFFFFFFFFFFF");

  const Comparison comparison = compare_sweeps(first, second, {});

  ASSERT_EQ(comparison.cells.size(), 2U);
  EXPECT_EQ(comparison.test, ComparisonTest::fisher);
  const std::vector<TwoSamples> strata = {{{1, 6}, {5, 6}}, {{5, 6}, {6, 6}}};
  // By hand: C(12, 6) = 924 tables, 36 + 1 on either side of 1 and 5.
  EXPECT_NEAR(comparison.cells[0].p_value, 74.0 / 924.0, 1e-12);
  EXPECT_EQ(comparison.cells[1].p_value, 1.0);
  EXPECT_NEAR(comparison.cells[0].p_holm, 148.0 / 924.0, 1e-12);
  EXPECT_EQ(comparison.cells[1].p_holm, 1.0);
  EXPECT_EQ(comparison.overall.p_value, mantel_haenszel(strata).p_value);
  EXPECT_EQ(comparison.overall.method, "cochran_mantel_haenszel_exact");
  // Both cells weigh 3: (4/6 + 1/6) / 2.
  EXPECT_NEAR(comparison.overall.difference.value, 5.0 / 12.0, 1e-12);
  EXPECT_THROW(compare_sweeps(first, second, {.test = ComparisonTest::mcnemar}),
               std::invalid_argument);
}

TEST(CompareTest, WhatBothHoldFixedIsWhatDiffers) {
  SweepResults sgd = results("a", grid("[2, 4]", 1), "sF");
  SweepResults adam = results("b", grid("[2, 4]", 1), "sF", "{optimizer: adam, lr: 0.2, steps: 50}",
                              "seeding: paired\n");
  adam.runs[0].engine = "reference";
  adam.runs[1].engine = "reference";
  adam.versions = "1.1";

  const Comparison comparison = compare_sweeps(sgd, adam, {});

  std::vector<std::string> texts;
  for (const FixedDifference& difference : comparison.differences)
    texts.push_back(difference.name + ": " + difference.first + " / " + difference.second);
  EXPECT_THAT(texts, ElementsAre("train.optimizer: sgd / adam", "train.lr: 0.1 / 0.2",
                                 "seeding: independent / paired", "engine: cpu / reference",
                                 "vnsweep: 1.0 / 1.1"));
  EXPECT_THAT(table_of(comparison), HasSubstr("differs  train.optimizer: sgd / adam\n"));
}

TEST(CompareTest, ACriticalScaleThatFollowsTheActivationIsADifferenceNotAnAxis) {
  const SweepResults tanh =
      results("a", "{depth: [2, 4], width: 3, scale: critical, seed: 0}", "sF");
  const SweepResults relu =
      results("b", "{depth: [2, 4], width: 3, scale: critical, activation: [relu], seed: 0}", "sF");

  const Comparison comparison = compare_sweeps(tanh, relu, {});

  EXPECT_EQ(comparison.cells.size(), 2U);
  EXPECT_EQ(comparison.differences.size(), 2U);
  EXPECT_EQ(comparison.differences[0].name, "grid.scale");
}

TEST(CompareTest, CellsOfOneSideAreListedAndNotCompared) {
  const SweepResults first = results("a", grid("[2, 4, 8]", 2), "ssFFFF");
  const SweepResults second = results("b", grid("[4, 8, 16]", 2), "FFFFFF");

  const Comparison comparison = compare_sweeps(first, second, {});
  const nlohmann::json json = json_of(comparison);

  EXPECT_EQ(json["cells"].size(), 2U);
  EXPECT_EQ(json["only_first"][0]["depth"], 2);
  EXPECT_EQ(json["only_first"][0]["runs"], 2);
  EXPECT_EQ(json["only_second"][0]["depth"], 16);
  EXPECT_EQ(json["only_second"][0]["failed"], 2);
  EXPECT_EQ(json["overall"]["first_runs"], 4);
  EXPECT_THAT(json["notes"][0].get<std::string>(),
              HasSubstr("1 cell of A and 1 cell of B have no partner"));
}

TEST(CompareTest, AnAxisOfOneSideIsMatchedAtTheOthersValue) {
  const SweepResults first =
      results("a", "{depth: 2, width: 3, seed: 0, lr: [0.1, 0.2]}", "sF", "{steps: 50}");
  const SweepResults second =
      results("b", "{depth: 2, width: 3, seed: 0}", "F", "{lr: 0.2, steps: 50}");

  const Comparison comparison = compare_sweeps(first, second, {});

  ASSERT_EQ(comparison.cells.size(), 1U);
  EXPECT_EQ(comparison.cells[0].first.spec.learning_rate, 0.2);
  EXPECT_THAT(comparison.differences, IsEmpty());
}

TEST(CompareTest, AnAxisOfWhichOneValueIsStoredSoFarIsStillAnAxis) {
  const SweepResults unfinished = results("a", grid("[2, 4]", 2), "ss  ");
  const SweepResults other = results("b", grid("4", 2), "FF");

  EXPECT_THROW(compare_sweeps(unfinished, other, {}), std::invalid_argument);
}

TEST(CompareTest, SweepsWithoutACommonCellAreRefusedWithTheReason) {
  const SweepResults first = results("a", grid("[2, 4]", 1), "ss");
  const SweepResults second = results("b", grid("[3, 5]", 1), "ss");
  const SweepResults empty = results("c", grid("[2, 4]", 1), "  ");
  const auto error = [](const SweepResults& a, const SweepResults& b) -> std::string {
    try {
      compare_sweeps(a, b, {});
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "no error";
  };

  EXPECT_THAT(error(first, second), HasSubstr("no cell of a is in b too (depth is 2, 4 in the "
                                              "first and 3, 5 in the second)"));
  EXPECT_THAT(error(first, empty), HasSubstr("c holds no finished run yet"));
}

TEST(CompareTest, ErrorsNeverCount) {
  const SweepResults first = results("a", grid("[2, 4]", 4), "sFeeeeee");
  const SweepResults second = results("b", grid("[2, 4]", 4), "FFFeFFFF", kAdam);

  const Comparison comparison = compare_sweeps(first, second, {});
  const nlohmann::json json = json_of(comparison);

  EXPECT_EQ(json["cells"][0]["first_runs"], 2);
  EXPECT_EQ(json["cells"][0]["first_errors"], 2);
  EXPECT_EQ(json["cells"][0]["pairs"], 2);
  EXPECT_EQ(json["cells"][0]["difference"], 0.5);
  EXPECT_TRUE(json["cells"][1]["p_value"].is_null());
  EXPECT_TRUE(json["cells"][1]["difference"].is_null());
  EXPECT_EQ(json["overall"]["cells"], 1);
  EXPECT_EQ(json["overall"]["second_runs"], 3);
  EXPECT_THAT(table_of(comparison), HasSubstr("note: 7 runs with errors are left out"));
}

TEST(CompareTest, RunsWithoutAPartnerAreNotPartOfTheDifferenceOfPairs) {
  const std::string paired(20, 's');
  const SweepResults first = results("a", grid("2", 20), paired);
  const SweepResults second =
      results("b", grid("2", 22), "FF" + std::string(18, 's') + "FF", kAdam);

  const Comparison comparison = compare_sweeps(first, second, {});

  EXPECT_EQ(comparison.test, ComparisonTest::mcnemar);
  EXPECT_EQ(comparison.cells[0].pairs.pairs(), 20);
  EXPECT_DOUBLE_EQ(comparison.cells[0].difference.value, 0.1);
  EXPECT_DOUBLE_EQ(comparison.cells[0].second.p_fail(), 4.0 / 22.0);
  EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr("2 runs without a partner")));
}

TEST(CompareTest, WithManyRunsWithoutAPartnerAllAreTakenAsIndependent) {
  const SweepResults first = results("a", grid("2", 10), "FFFFFsssss");
  const SweepResults second = results("b", grid("2", 10, 5), "FFFFFsssss", kAdam);

  const Comparison automatic = compare_sweeps(first, second, {});
  const Comparison forced = compare_sweeps(first, second, {.test = ComparisonTest::mcnemar});

  EXPECT_EQ(automatic.test, ComparisonTest::fisher);
  EXPECT_THAT(automatic.notes, ElementsAre(HasSubstr("5 of at most 10 pairs of runs share")));
  EXPECT_EQ(forced.cells[0].pairs.second_only, 5);
  EXPECT_DOUBLE_EQ(forced.cells[0].p_value, 2.0 / 32.0);
}

TEST(CompareTest, SeedsOfPairedSweepsCountOnceOverAllCells) {
  // Two cells repeat what happened to the same three seeds: still three independent observations.
  const SweepResults first = results("a", grid("[2, 4]", 3), "ssssss", kSgd, "seeding: paired\n");
  const SweepResults second = results("b", grid("[2, 4]", 3), "FFFFFF", kAdam, "seeding: paired\n");

  const Comparison comparison = compare_sweeps(first, second, {});

  EXPECT_EQ(comparison.overall.method, "mcnemar_by_key_exact");
  EXPECT_DOUBLE_EQ(comparison.overall.p_value, 0.25);  // 2 / 2^3, not 2 / 2^6
  EXPECT_TRUE(comparison.overall.has_interval);
}

TEST(CompareTest, IndependentSidesOfWhichOneRepeatsItsSeedsAreTestedBySeed) {
  const SweepResults first = results("a", grid("[2, 4]", 3), "ssFssF", kSgd, "seeding: paired\n");
  const SweepResults second = results("b", grid("[2, 4]", 3), "FsFFFF", kAdam);
  // By hand: tbar is 1/2 and p 1/2 or 4/6 in the cells. Seeds of the first give +1/4 + 1/3 twice
  // and -1/4 - 1/6 once; runs of the second 1/4, -1/4, 1/4 and 1/6 three times. Their sum is 5/4,
  // the sum of their squares 2 (7/12)^2 + (5/12)^2 + 3/16 + 3/36 = 162/144.
  const double z = 1.5 / std::sqrt(162.0 / 144.0);

  const Comparison comparison = compare_sweeps(first, second, {});

  EXPECT_EQ(comparison.test, ComparisonTest::fisher);
  EXPECT_EQ(comparison.overall.method, "cochran_mantel_haenszel_by_key");
  EXPECT_NEAR(comparison.overall.p_value, std::erfc(z / std::sqrt(2.0)), 1e-12);
  EXPECT_TRUE(comparison.overall.has_interval);
}

TEST(CompareTest, OfASingleSeedInAllCellsNothingIsTestedAsAWhole) {
  const SweepResults first = results("a", grid("[2, 4]", 1), "ss", kSgd, "seeding: paired\n");
  const SweepResults second = results("b", grid("[2, 4]", 1), "FF", kAdam, "seeding: paired\n");

  const Comparison comparison = compare_sweeps(first, second, {.test = ComparisonTest::fisher});
  const nlohmann::json overall = json_of(comparison)["overall"];

  EXPECT_EQ(overall["difference"], 1.0);
  EXPECT_TRUE(overall["p_value"].is_null());
  EXPECT_TRUE(overall["method"].is_null());
  EXPECT_TRUE(overall["difference_ci_low"].is_null());
  EXPECT_THAT(finding(comparison), HasSubstr("not tested as a whole"));
  EXPECT_THAT(comparison.notes,
              ElementsAre(HasSubstr("2 of at most 2 pairs"), HasSubstr("are not tested together")));
}

TEST(CompareTest, OtherNumericsDrawOtherNumbersFromEqualSeeds) {
  const SweepResults first = results("a", grid("2", 3), "sss");
  SweepResults second = results("b", grid("2", 3), "FFF");
  second.numerics = "3";

  const Comparison comparison = compare_sweeps(first, second, {});

  EXPECT_EQ(comparison.test, ComparisonTest::fisher);
  EXPECT_EQ(comparison.differences[0].name, "numerics version");
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("numerics versions differ")));
  EXPECT_THROW(compare_sweeps(first, second, {.test = ComparisonTest::mcnemar}),
               std::invalid_argument);
}

TEST(CompareTest, AdaptiveSeedsAreToldOf) {
  const SweepResults first = results("a", grid("2", 4), "sssF");
  const SweepResults second =
      results("b", "{depth: 2, width: 3, seed: {min: 4, max: 6, halfwidth: 0.4}}", "sFFF  ", kAdam);

  const Comparison comparison = compare_sweeps(first, second, {});

  EXPECT_THAT(comparison.notes, ElementsAre(HasSubstr("seeds were added until")));
}

TEST(CompareTest, ASweepBesideItselfDoesNotDiffer) {
  const SweepResults sweep = results("a", grid("[2, 4]", 3), "ssFFFF");

  const Comparison comparison = compare_sweeps(sweep, sweep, {});

  for (const ComparedCell& cell : comparison.cells) {
    EXPECT_EQ(cell.difference.value, 0.0);
    EXPECT_EQ(cell.p_value, 1.0);
    EXPECT_EQ(cell.p_holm, 1.0);
  }
  EXPECT_EQ(comparison.overall.p_value, 1.0);
  EXPECT_THAT(finding(comparison), HasSubstr("No difference in failure was found"));
  EXPECT_THAT(table_of(comparison), HasSubstr("differs  nothing that is recorded\n"));
}

TEST(CompareTest, TheFindingSaysWhichFailsMoreOften) {
  const SweepResults good = results("a", grid("2", 12), std::string(12, 's'));
  const SweepResults bad = results("b", grid("2", 12), std::string(12, 'F'), kAdam);

  const std::string rise = finding(compare_sweeps(good, bad, {}));
  const std::string fall = finding(compare_sweeps(bad, good, {}));

  EXPECT_THAT(rise, HasSubstr("Training fails more often in B than in A: P(fail) of B minus that "
                              "of A is +1.000"));
  EXPECT_THAT(rise, HasSubstr("p = 0.00049"));  // 2 / 2^12
  EXPECT_THAT(rise, HasSubstr("B fails more often in 1 cell and less often in no cell"));
  EXPECT_THAT(fall, HasSubstr("Training fails less often in B than in A"));
}

TEST(CompareTest, IndicatorsAndCurvesStandSideBySide) {
  const SweepResults first = results("a", grid("[2, 4]", 8), "ssssssssFFFFFFFF");
  const SweepResults second = results("b", grid("[2, 4]", 8), "FFFFFFFFFFFFFFFF", kAdam);

  const Comparison comparison = compare_sweeps(first, second, {});
  const nlohmann::json json = json_of(comparison);

  EXPECT_EQ(json["cells"][0]["first_vni_final_mean"], 0.5);
  EXPECT_EQ(json["cells"][0]["second_vni_final_mean"], 1.0);
  EXPECT_EQ(json["cells"][0]["vni_final_mean_difference"], 0.5);
  EXPECT_EQ(json["cells"][0]["vni_initial_mean_difference"], 0.0);
  ASSERT_EQ(json["depth50"].size(), 1U);
  EXPECT_NEAR(json["depth50"][0]["first"]["estimate"].get<double>(), 3.0, 1e-9);
  EXPECT_EQ(json["depth50"][0]["second"]["crossing"], "shallower");
  EXPECT_THAT(table_of(comparison), HasSubstr("depth50 A"));
  EXPECT_THAT(table_of(comparison), Not(HasSubstr("VNI start")));
}

TEST(CompareTest, CsvHasOneRowForEachMatchedCell) {
  const SweepResults first = results("a", grid("[2, 4, 6]", 2), "ssFFFF");
  const SweepResults second = results("b", grid("[2, 4]", 2), "sFFF", kAdam);
  std::ostringstream out;

  write_comparison_csv(compare_sweeps(first, second, {}), out);

  const std::string csv = out.str();
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(csv,
              HasSubstr("depth,width,scale,first_runs,first_failed,first_errors,first_p_fail"));
  EXPECT_THAT(csv, HasSubstr("\n2,3,1,2,0,0,0,"));
  EXPECT_THAT(csv, HasSubstr(",2,0,1,0.5,"));
}

TEST(CompareTest, CellsThatShareNoAxisAreComparedAsOne) {
  const SweepResults first = results("a", "{depth: 2, width: 3, scale: 1, seed: 0}", "s");
  const SweepResults second = results("b", "{depth: 4, width: 5, scale: 2, seed: 0}", "F");

  const Comparison comparison = compare_sweeps(first, second, {});

  EXPECT_EQ(comparison.cells.size(), 1U);
  EXPECT_EQ(comparison.differences.size(), 3U);
  EXPECT_THAT(table_of(comparison), HasSubstr("differs  grid.depth: 2 / 4\n"));
}

TEST(ComparisonNotesTest, ATestAndAnIntervalThatDisagreeAreCalledUndecided) {
  Comparison comparison;
  comparison.overall.cells = 2;
  comparison.overall.method = "mcnemar_exact";
  comparison.overall.has_interval = true;
  comparison.overall.difference = {.value = -0.02, .interval = {.low = -0.045, .high = 0.001}};
  const auto notes_of = [&](double p_value) {
    comparison.overall.p_value = p_value;
    return comparison_notes(comparison, {});
  };

  EXPECT_THAT(notes_of(0.034), ElementsAre(HasSubstr("disagree")));
  EXPECT_THAT(notes_of(0.06), IsEmpty());
  comparison.overall.difference.interval.high = -0.001;
  EXPECT_THAT(notes_of(0.034), IsEmpty());
  EXPECT_THAT(notes_of(0.06), ElementsAre(HasSubstr("disagree")));
}

}  // namespace
}  // namespace vnsweep
