#pragma once

#include <filesystem>

#include "host/stats/interval.hpp"
#include "host/store/run_directory.hpp"

namespace vnsweep::page {

struct ReportOptions {
  std::filesystem::path folder;  ///< of the report; empty: DIR/report
  IntervalMethod method = IntervalMethod::wilson;
  double confidence = 0.95;
};

/// Writes the report of a run directory, finished or not:
///   index.html  the page, which needs none of the others
///   figures/    <name>.svg, .pdf, .png, .csv and .gp of each figure
///   data/       cells.csv and summary.json, as `summary` prints them
/// The folder appears as a whole, in place of an earlier report; pictures are left out where there
/// is no gnuplot, which is logged.
/// @returns the page's path
/// @throws DirectoryError, StoreError, ManifestError
std::filesystem::path write_report(const RunDirectory& directory, const ReportOptions& options);

}  // namespace vnsweep::page
