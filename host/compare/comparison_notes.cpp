#include "host/compare/comparison_notes.hpp"

#include <fmt/format.h>

#include <cmath>

#include "host/report/summary_columns.hpp"

namespace vnsweep {
namespace {

std::string cells_text(std::int64_t cells) {
  if (cells == 0) return "no cell";
  return cells == 1 ? "1 cell" : fmt::format("{} cells", cells);
}

/// Cells that differ after Holm's correction, by the side that fails more often.
struct CellsThatDiffer {
  std::int64_t more = 0;  ///< often in the second
  std::int64_t less = 0;
};

CellsThatDiffer cells_that_differ(const Comparison& comparison) {
  CellsThatDiffer count;
  for (const ComparedCell& cell : comparison.cells) {
    if (!(cell.p_holm <= 1.0 - comparison.confidence)) continue;
    ++(cell.difference.value > 0.0 ? count.more : count.less);
  }
  return count;
}

std::string cells_sentence(const Comparison& comparison) {
  const CellsThatDiffer count = cells_that_differ(comparison);
  const std::string level = fmt::format("{:g}", 1.0 - comparison.confidence);
  if (count.more + count.less == 0)
    return fmt::format("no single cell differs at {} after Holm's correction", level);
  return fmt::format("at {} after Holm's correction B fails more often in {} and less often in {}",
                     level, cells_text(count.more), cells_text(count.less));
}

std::string overall_method_text(const std::string& method) {
  if (method == "mcnemar_exact") return "McNemar's exact test of all pairs";
  if (method == "mcnemar") return "McNemar's test of all pairs";
  if (method == "mcnemar_by_key_exact") {
    return "McNemar's exact test by groups of pairs that share random numbers between cells";
  }
  if (method == "mcnemar_by_key") {
    return "McNemar's test by groups of pairs that share random numbers between cells";
  }
  if (method == "cochran_mantel_haenszel_by_key") {
    return "Cochran-Mantel-Haenszel test by groups of runs that share random numbers";
  }
  if (method == "cochran_mantel_haenszel_exact") return "exact Cochran-Mantel-Haenszel test";
  if (method == "cochran_mantel_haenszel") return "Cochran-Mantel-Haenszel test";
  return "not tested";
}

void add_pairing_notes(const Comparison& comparison, const ComparisonCircumstances& circumstances,
                       std::vector<std::string>& notes) {
  const PairingShare& share = circumstances.share;
  if (!circumstances.same_numerics) {
    notes.emplace_back(
        "numerics versions differ, so runs of equal seeds do not share random numbers and are no "
        "pairs");
  }
  if (comparison.test == ComparisonTest::mcnemar) {
    const OverallComparison& overall = comparison.overall;
    const std::int64_t left_out =
        overall.first.runs + overall.second.runs - 2 * overall.pairs.pairs();
    if (left_out > 0) {
      notes.push_back(
          fmt::format("{} runs without a partner count in P(fail) of their side, but not in "
                      "differences and tests",
                      left_out));
    }
  } else if (share.pairs > 0) {
    notes.push_back(fmt::format(
        "{} of at most {} pairs of runs share their random numbers, which Fisher's test "
        "does not use; --test mcnemar does",
        share.pairs, share.most));
  }
}

/// Interval and test of all cells are of different methods, so near the limit they need not agree.
bool test_and_interval_disagree(const OverallComparison& overall, double confidence) {
  if (!overall.has_interval || std::isnan(overall.p_value)) return false;
  const bool has_zero =
      overall.difference.interval.low <= 0.0 && overall.difference.interval.high >= 0.0;
  return has_zero == (overall.p_value <= 1.0 - confidence);
}

}  // namespace

std::string difference_text(const Difference& difference) {
  return std::isnan(difference.value) ? "-" : fmt::format("{:+.3f}", difference.value);
}

std::string difference_interval_text(const Difference& difference) {
  return std::isnan(difference.value)
             ? "-"
             : fmt::format("[{:+.3f}, {:+.3f}]", difference.interval.low, difference.interval.high);
}

std::string p_value_text(double p_value) {
  if (std::isnan(p_value)) return "p unknown";
  if (p_value == 0.0) return "p < 1e-300";
  return fmt::format("p = {:.2g}", p_value);
}

std::string test_sentence(const Comparison& comparison) {
  const std::string each =
      comparison.test == ComparisonTest::mcnemar
          ? "cells: McNemar's exact test on pairs of runs that share random numbers, Newcombe's "
            "interval for pairs"
          : "cells: Fisher's exact test on independent runs, Newcombe's hybrid score interval";
  return fmt::format("{}, p Holm adjusted for {}; all: {}", each,
                     cells_text(comparison.overall.cells),
                     overall_method_text(comparison.overall.method));
}

std::string finding(const Comparison& comparison) {
  const OverallComparison& overall = comparison.overall;
  if (overall.cells == 0) return "No cell has runs on both sides, so nothing is compared.";
  const std::string where = overall.cells == 1
                                ? "in the one cell that both have"
                                : fmt::format("on average over {}", cells_text(overall.cells));
  std::string size = difference_text(overall.difference);
  if (overall.has_interval) {
    size += fmt::format(" ({} interval {})", percent_text(comparison.confidence),
                        difference_interval_text(overall.difference));
  }
  if (std::isnan(overall.p_value)) {
    return fmt::format("P(fail) of B minus that of A is {} {}, not tested as a whole; {}.", size,
                       where, cells_sentence(comparison));
  }
  const bool differs = overall.p_value <= 1.0 - comparison.confidence;
  const char* verdict = !differs ? "No difference in failure was found"
                        : overall.difference.value > 0.0
                            ? "Training fails more often in B than in A"
                            : "Training fails less often in B than in A";
  return fmt::format("{}: P(fail) of B minus that of A is {} {}, {}; {}.", verdict, size, where,
                     p_value_text(overall.p_value), cells_sentence(comparison));
}

std::vector<std::string> comparison_notes(const Comparison& comparison,
                                          const ComparisonCircumstances& circumstances) {
  std::vector<std::string> notes;
  add_pairing_notes(comparison, circumstances, notes);
  const OverallComparison& overall = comparison.overall;
  if (overall.cells > 0 && overall.method.empty()) {
    notes.emplace_back(
        "the cells are not tested together, as all runs share their random numbers; measure more "
        "seeds");
  }
  if (test_and_interval_disagree(overall, comparison.confidence)) {
    notes.emplace_back(
        "the test of all cells and the interval of the mean difference disagree, which methods do "
        "near the limit: take it as undecided, or measure more seeds");
  }
  if (circumstances.adaptive) {
    notes.emplace_back(
        "seeds were added until intervals were narrow enough; tests and intervals take the "
        "numbers of runs as given beforehand");
  }
  std::int64_t errors = 0;
  for (const ComparedCell& cell : comparison.cells)
    errors += cell.first.errors + cell.second.errors;
  if (errors > 0) notes.push_back(fmt::format("{} runs with errors are left out", errors));
  if (!comparison.only_first.empty() || !comparison.only_second.empty()) {
    notes.push_back(
        fmt::format("{} of A and {} of B have no partner (listed by --format json)",
                    cells_text(static_cast<std::int64_t>(comparison.only_first.size())),
                    cells_text(static_cast<std::int64_t>(comparison.only_second.size()))));
  }
  return notes;
}

}  // namespace vnsweep
