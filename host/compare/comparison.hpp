#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/sweep_progress.hpp"
#include "host/report/summary.hpp"
#include "host/stats/difference.hpp"
#include "host/stats/two_samples.hpp"
#include "host/store/run_directory.hpp"

namespace vnsweep {

/// What a run directory holds, to be set beside another.
struct SweepResults {
  std::string directory;  ///< as given
  Manifest manifest;
  std::vector<StoredRun> runs;
  SweepProgress::Counts counts;  ///< how the manifest stands
  std::string numerics;          ///< numerics version of the runs
  std::string versions;          ///< of vnsweep, each that made some of them
};

/// @throws DirectoryError, StoreError, ManifestError
SweepResults read_results(const RunDirectory& directory);

/// fisher: runs of the two sides are independent. mcnemar: runs of a cell that share their random
/// numbers are pairs.
enum class ComparisonTest { fisher, mcnemar };

std::string_view to_string(ComparisonTest test);

struct ComparisonOptions {
  std::optional<ComparisonTest> test;              ///< empty: by what the runs share
  IntervalMethod method = IntervalMethod::wilson;  ///< of P(fail) of each side
  double confidence = 0.95;
};

/// One cell as both sides have it. Differences are second minus first.
struct ComparedCell {
  Cell first;
  Cell second;
  PairCounts pairs;       ///< mcnemar only
  Difference difference;  ///< of P(fail); of the pairs where there are pairs
  double p_value = std::numeric_limits<double>::quiet_NaN();  ///< NaN: a side has no runs
  double p_holm = std::numeric_limits<double>::quiet_NaN();   ///< adjusted for the number of cells
};

/// All cells that have runs on both sides together.
struct OverallComparison {
  std::int64_t cells = 0;
  FailureCount first;
  FailureCount second;
  PairCounts pairs;           ///< mcnemar only
  Difference difference;      ///< mean over the cells, weighted by how much each says
  bool has_interval = false;  ///< of the difference
  double p_value = std::numeric_limits<double>::quiet_NaN();  ///< NaN: no test fits
  std::string method;                                         ///< of the p value; empty: none
};

/// Curves over depth that differ in nothing but the side.
struct ComparedCurve {
  std::optional<DepthCurve> first;
  std::optional<DepthCurve> second;

  const RunSpec& spec() const { return first ? first->spec : second->spec; }
};

/// What both sides hold fixed, each at a value of its own.
struct FixedDifference {
  std::string name;  ///< "train.optimizer"; "engine", "numerics version", "vnsweep"
  std::string first;
  std::string second;
};

struct Comparison {
  std::string first_directory;
  std::string second_directory;
  std::string first_name;  ///< of the sweep
  std::string second_name;
  SweepProgress::Counts first_counts;
  SweepProgress::Counts second_counts;
  double confidence = 0.95;
  IntervalMethod method = IntervalMethod::wilson;
  ComparisonTest test = ComparisonTest::fisher;
  std::vector<const Field*> axes;  ///< on which cells are matched
  std::vector<FixedDifference> differences;
  std::vector<ComparedCell> cells;  ///< sorted as in summary
  std::vector<Cell> only_first;     ///< cells that the other side does not have
  std::vector<Cell> only_second;
  std::vector<ComparedCurve> curves;
  OverallComparison overall;
  std::vector<std::string> notes;  ///< what limits the answer, one sentence each
};

/// Sets the cells of two sweeps side by side and tests whether P(fail) differs. Cells are matched
/// on every field that takes several values in either sweep; fields that each sweep holds fixed are
/// what is compared. Errors never count.
/// @throws std::invalid_argument if no cell matches, or options.test asks for pairs that there are
///         not
Comparison compare_sweeps(const SweepResults& first, const SweepResults& second,
                          const ComparisonOptions& options);

/// What was found, in one sentence.
std::string finding(const Comparison& comparison);

/// For people: the finding, what differs, cells, curves over depth, notes.
void write_comparison_table(const Comparison& comparison, std::ostream& out);
/// One row per matched cell.
void write_comparison_csv(const Comparison& comparison, std::ostream& out);
/// Everything, as one object. Source: host/README.md, "Comparing two sweeps".
void write_comparison_json(const Comparison& comparison, std::ostream& out);

}  // namespace vnsweep
