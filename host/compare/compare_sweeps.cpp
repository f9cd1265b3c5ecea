#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "host/compare/cell_matching.hpp"
#include "host/compare/comparison.hpp"
#include "host/compare/comparison_notes.hpp"
#include "host/compare/run_pairs.hpp"
#include "host/plan/run_identity.hpp"
#include "host/stats/fisher_exact.hpp"
#include "host/stats/holm.hpp"
#include "host/stats/mantel_haenszel.hpp"
#include "host/stats/mcnemar.hpp"

namespace vnsweep {
namespace {

FailureCount failures(const Cell& cell) {
  return {cell.failed, cell.runs};
}

TwoSamples samples_of(const ComparedCell& cell) {
  return {failures(cell.first), failures(cell.second)};
}

/// Finished runs of each matched cell on both sides.
class MatchedRuns {
 public:
  MatchedRuns(const SweepResults& first, const SweepResults& second, const CellMatching& matching)
      : first_(outcomes_by_cell(first.runs)), second_(outcomes_by_cell(second.runs)) {
    for (const auto& [ours, theirs] : matching.cells) {
      const OutcomesByKey& a = first_[cell_text(ours->spec)];
      const OutcomesByKey& b = second_[cell_text(theirs->spec)];
      cells_.emplace_back(&a, &b);
      firsts_.push_back(&a);
      seconds_.push_back(&b);
    }
  }

  const std::vector<CellOutcomes>& cells() const { return cells_; }
  bool keys_repeat_on_a_side() const { return keys_repeat(firsts_) || keys_repeat(seconds_); }

 private:
  std::map<std::string, OutcomesByKey> first_;
  std::map<std::string, OutcomesByKey> second_;
  std::vector<CellOutcomes> cells_;
  std::vector<const OutcomesByKey*> firsts_;
  std::vector<const OutcomesByKey*> seconds_;
};

std::string engines_of(const std::vector<StoredRun>& runs) {
  std::set<std::string> engines;
  for (const StoredRun& run : runs) {
    if (!run.engine.empty()) engines.insert(run.engine);
  }
  return fmt::format("{}", fmt::join(engines, ", "));
}

void add_origins(const SweepResults& first, const SweepResults& second,
                 std::vector<FixedDifference>& differences) {
  const auto add = [&](const char* name, const std::string& ours, const std::string& theirs) {
    if (ours != theirs) differences.push_back({name, ours, theirs});
  };
  add("engine", engines_of(first.runs), engines_of(second.runs));
  add("numerics version", first.numerics, second.numerics);
  add("vnsweep", first.versions, second.versions);
}

/// Pairs that could be made at most: the runs of the smaller side of each cell.
PairingShare pairing_share(const std::vector<CellOutcomes>& cells, bool same_numerics) {
  PairingShare share;
  for (const auto& [first, second] : cells) {
    if (same_numerics) share.pairs += count_pairs(*first, *second).pairs();
    share.most += static_cast<std::int64_t>(std::min(first->size(), second->size()));
  }
  return share;
}

ComparisonTest choose_test(const std::optional<ComparisonTest>& wish, const PairingShare& share) {
  // Few runs that lack a partner are worth leaving out for the sharper test; many are not.
  constexpr double kEnough = 0.9;
  if (!wish) {
    const bool enough = share.pairs > 0 && static_cast<double>(share.pairs) >=
                                               kEnough * static_cast<double>(share.most);
    return enough ? ComparisonTest::mcnemar : ComparisonTest::fisher;
  }
  if (*wish == ComparisonTest::mcnemar && share.pairs == 0) {
    throw std::invalid_argument(
        "--test mcnemar needs pairs of runs (no run of one side shares its random numbers with a "
        "run of the other: seeds, task or model differ); use --test fisher, or give both sweeps "
        "the same seeds and 'seeding: paired'");
  }
  return *wish;
}

void test_cell(ComparedCell& cell, const CellOutcomes& runs, ComparisonTest test,
               double confidence) {
  if (test == ComparisonTest::mcnemar) {
    cell.pairs = count_pairs(*runs.first, *runs.second);
    cell.difference = newcombe_paired(cell.pairs, confidence);
    cell.p_value = mcnemar(cell.pairs);
  } else {
    cell.difference = newcombe_independent(samples_of(cell), confidence);
    cell.p_value = fisher_exact(samples_of(cell));
  }
}

void adjust_p_values(std::vector<ComparedCell>& cells) {
  std::vector<double> p_values;
  for (const ComparedCell& cell : cells)
    p_values.push_back(cell.p_value);
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t k = 0; k < cells.size(); ++k)
    cells[k].p_holm = adjusted[k];
}

/// Mantel and Haenszel's weight of a stratum, or the number of its pairs.
double weight_of(const ComparedCell& cell, ComparisonTest test) {
  if (test == ComparisonTest::mcnemar) return static_cast<double>(cell.pairs.pairs());
  const auto first = static_cast<double>(cell.first.runs);
  const auto second = static_cast<double>(cell.second.runs);
  return first * second / (first + second);
}

OverallComparison sum_up(const std::vector<ComparedCell>& cells, ComparisonTest test) {
  OverallComparison overall;
  std::vector<WeightedDifference> strata;
  for (const ComparedCell& cell : cells) {
    if (std::isnan(cell.p_value)) continue;
    ++overall.cells;
    overall.first.failed += cell.first.failed;
    overall.first.runs += cell.first.runs;
    overall.second.failed += cell.second.failed;
    overall.second.runs += cell.second.runs;
    overall.pairs.both += cell.pairs.both;
    overall.pairs.first_only += cell.pairs.first_only;
    overall.pairs.second_only += cell.pairs.second_only;
    overall.pairs.neither += cell.pairs.neither;
    strata.push_back({cell.difference, weight_of(cell, test)});
  }
  overall.difference = mean_difference(strata);
  return overall;
}

/// Groups that all agree leave no spread, so that the interval of independent runs is a bound.
void widen(Interval& interval, const Interval& grouped) {
  interval = {std::min(interval.low, grouped.low), std::max(interval.high, grouped.high)};
}

void test_pairs(OverallComparison& overall, const MatchedRuns& runs, double confidence) {
  const std::vector<PairGroup> groups = group_pairs(runs.cells());
  const PooledTest test = mcnemar_by_group(groups);
  overall.has_interval = true;
  overall.p_value = test.p_value;
  if (!runs.keys_repeat_on_a_side()) {
    overall.method = test.is_exact ? "mcnemar_exact" : "mcnemar";
    return;
  }
  overall.method = test.is_exact ? "mcnemar_by_key_exact" : "mcnemar_by_key";
  widen(overall.difference.interval, grouped_interval(groups, confidence));
}

void test_strata(OverallComparison& overall, const std::vector<ComparedCell>& cells) {
  std::vector<TwoSamples> strata;
  for (const ComparedCell& cell : cells)
    strata.push_back(samples_of(cell));
  const PooledTest test = mantel_haenszel(strata);
  overall.has_interval = true;
  overall.p_value = test.p_value;
  overall.method = test.is_exact ? "cochran_mantel_haenszel_exact" : "cochran_mantel_haenszel";
}

void test_grouped_strata(OverallComparison& overall, const MatchedRuns& runs, double confidence) {
  const std::vector<StratifiedRun> strata = stratify(runs.cells());
  const std::optional<PooledTest> test = mantel_haenszel_by_group(strata);
  if (!test) return;
  overall.has_interval = true;
  overall.p_value = test->p_value;
  overall.method = "cochran_mantel_haenszel_by_key";
  widen(overall.difference.interval, grouped_interval(strata, confidence));
}

OverallComparison compare_overall(const std::vector<ComparedCell>& cells, ComparisonTest test,
                                  const MatchedRuns& runs, double confidence) {
  OverallComparison overall = sum_up(cells, test);
  if (overall.cells == 0) return overall;
  if (test == ComparisonTest::mcnemar) {
    test_pairs(overall, runs, confidence);
  } else if (runs.keys_repeat_on_a_side()) {
    test_grouped_strata(overall, runs, confidence);
  } else {
    test_strata(overall, cells);
  }
  return overall;
}

std::vector<ComparedCurve> match_curves(const Summary& first, const Summary& second,
                                        std::vector<const Field*> axes) {
  std::erase_if(axes, [](const Field* axis) { return axis->name == "depth"; });
  std::vector<ComparedCurve> curves;
  std::map<std::vector<Value>, std::size_t> places;
  for (const DepthCurve& curve : first.curves) {
    places.emplace(axis_values(axes, curve.spec), curves.size());
    curves.push_back({.first = curve, .second = std::nullopt});
  }
  for (const DepthCurve& curve : second.curves) {
    const auto place = places.find(axis_values(axes, curve.spec));
    if (place == places.end()) {
      curves.push_back({.first = std::nullopt, .second = curve});
    } else {
      curves[place->second].second = curve;
    }
  }
  return curves;
}

void check_not_empty(const SweepResults& results) {
  if (results.runs.empty()) {
    throw std::invalid_argument(fmt::format(
        "{} holds no finished run yet; run its sweep before it is compared", results.directory));
  }
}

}  // namespace

std::string_view to_string(ComparisonTest test) {
  return test == ComparisonTest::mcnemar ? "mcnemar" : "fisher";
}

Comparison compare_sweeps(const SweepResults& first, const SweepResults& second,
                          const ComparisonOptions& options) {
  check_not_empty(first);
  check_not_empty(second);
  const Summary ours = summarize(first.manifest, first.runs, options.method, options.confidence);
  const Summary theirs =
      summarize(second.manifest, second.runs, options.method, options.confidence);
  CellMatching matching = match_cells({first.directory, &first.manifest, &ours},
                                      {second.directory, &second.manifest, &theirs});
  add_origins(first, second, matching.differences);
  const MatchedRuns runs(first, second, matching);
  const bool same_numerics = first.numerics == second.numerics;
  const PairingShare share = pairing_share(runs.cells(), same_numerics);

  Comparison comparison{.first_directory = first.directory,
                        .second_directory = second.directory,
                        .first_name = first.manifest.name,
                        .second_name = second.manifest.name,
                        .first_counts = first.counts,
                        .second_counts = second.counts,
                        .confidence = options.confidence,
                        .method = options.method,
                        .test = choose_test(options.test, share),
                        .axes = matching.axes,
                        .differences = matching.differences};
  for (std::size_t k = 0; k < matching.cells.size(); ++k) {
    ComparedCell cell{.first = *matching.cells[k].first, .second = *matching.cells[k].second};
    test_cell(cell, runs.cells()[k], comparison.test, options.confidence);
    comparison.cells.push_back(std::move(cell));
  }
  adjust_p_values(comparison.cells);
  for (const Cell* cell : matching.only_first)
    comparison.only_first.push_back(*cell);
  for (const Cell* cell : matching.only_second)
    comparison.only_second.push_back(*cell);
  comparison.curves = match_curves(ours, theirs, matching.axes);
  comparison.overall = compare_overall(comparison.cells, comparison.test, runs, options.confidence);
  comparison.notes =
      comparison_notes(comparison, {.share = share,
                                    .same_numerics = same_numerics,
                                    .adaptive = first.manifest.adaptive_seeds().has_value() ||
                                                second.manifest.adaptive_seeds().has_value()});
  return comparison;
}

}  // namespace vnsweep
