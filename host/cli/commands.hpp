#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "host/cli/exit_code.hpp"
#include "host/report/export.hpp"
#include "host/stats/interval.hpp"

namespace vnsweep {

// One function per command. Results go to standard output, everything else to standard error.
// Problems that the user can mend are thrown; main() turns them into messages and exit codes.

struct RunOptions {
  std::filesystem::path manifest;
  std::filesystem::path directory;  ///< empty: runs/<manifest's file name>
  std::string device = "auto";
  unsigned threads = 0;
  bool quiet = false;
};
ExitCode run_command(const RunOptions& options);

struct PlanOptions {
  std::filesystem::path manifest;
  std::string device = "auto";
  unsigned threads = 0;
};
ExitCode plan_command(const PlanOptions& options);

ExitCode status_command(const std::filesystem::path& directory);

enum class TableFormat { table, csv, json };

struct SummaryOptions {
  std::filesystem::path directory;
  TableFormat format = TableFormat::table;
  IntervalMethod method = IntervalMethod::wilson;
  double confidence = 0.95;
};
ExitCode summary_command(const SummaryOptions& options);

struct ExportOptions {
  std::filesystem::path directory;
  bool probes = false;
  ExportFormat format = ExportFormat::csv;
  ExportDetail detail = ExportDetail::reproducible;
};
ExitCode export_command(const ExportOptions& options);

struct TraceOptions {
  std::filesystem::path manifest;
  std::size_t index = 0;
  std::filesystem::path output;
  std::string device = "auto";
};
ExitCode trace_command(const TraceOptions& options);

struct ReproduceOptions {
  std::filesystem::path directory;
  std::string run_id;  ///< or the beginning of it
  std::string device;  ///< empty: the kind that made the run
};
ExitCode reproduce_command(const ReproduceOptions& options);

ExitCode verify_command(const std::string& device);
ExitCode devices_command();

/// What `--version` prints: the version and how it was built.
std::string version_text();

}  // namespace vnsweep
