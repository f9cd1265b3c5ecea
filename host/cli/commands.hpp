#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/exit_code.hpp"
#include "host/compare/comparison.hpp"
#include "host/plan/shard.hpp"
#include "host/report/export.hpp"
#include "host/schedule/device_choice.hpp"
#include "host/stats/interval.hpp"

namespace vnsweep {

// One function per command. Results go to standard output, everything else to standard error.
// Problems that the user can mend are thrown; main() turns them into messages and exit codes.

struct RunOptions {
  std::filesystem::path manifest;
  std::filesystem::path directory;  ///< empty: runs/<manifest's file name>
  std::string device = "auto";
  unsigned threads = 0;
  unsigned workers_per_gpu = kWorkersPerGpu;
  bool quiet = false;
  std::filesystem::path log_json;  ///< events for programs; empty: none
  unsigned device_timeout = 1800;  ///< seconds until a device hangs, see HangWatch; 0: never
  std::optional<Shard> shard;      ///< empty: the whole sweep
};
ExitCode run_command(const RunOptions& options);

enum class TableFormat { table, csv, json };

struct PlanOptions {
  std::filesystem::path manifest;
  std::string device = "auto";
  unsigned threads = 0;
  unsigned workers_per_gpu = kWorkersPerGpu;
  TableFormat format = TableFormat::table;  ///< table or json
  std::filesystem::path calibration;        ///< empty: in the user's cache directory
  bool recalibrate = false;
  std::optional<Shard> shard;  ///< empty: the whole sweep
};
ExitCode plan_command(const PlanOptions& options);

/// @param watch  show it again every few seconds, until nobody writes there and no job will
ExitCode status_command(const std::filesystem::path& directory, bool watch);

struct SummaryOptions {
  std::filesystem::path directory;
  TableFormat format = TableFormat::table;
  IntervalMethod method = IntervalMethod::wilson;
  double confidence = 0.95;
};
ExitCode summary_command(const SummaryOptions& options);

struct ReportOptions {
  std::filesystem::path directory;
  std::filesystem::path output;  ///< empty: DIR/report
  IntervalMethod method = IntervalMethod::wilson;
  double confidence = 0.95;
};
ExitCode report_command(const ReportOptions& options);

struct CompareOptions {
  std::filesystem::path first;
  std::filesystem::path second;
  std::optional<ComparisonTest> test;  ///< empty: by what the runs share
  TableFormat format = TableFormat::table;
  IntervalMethod method = IntervalMethod::wilson;
  double confidence = 0.95;
};
ExitCode compare_command(const CompareOptions& options);

struct ExportOptions {
  std::filesystem::path directory;
  bool probes = false;
  ExportFormat format = ExportFormat::csv;
  ExportDetail detail = ExportDetail::reproducible;
};
ExitCode export_command(const ExportOptions& options);

struct SubmitOptions {
  std::filesystem::path manifest;
  std::filesystem::path directory;
  std::size_t shards = 0;                   ///< 0: as submitted before
  std::optional<std::size_t> max_parallel;  ///< tasks at the same time
  std::string partition;                    ///< of Slurm; empty: the site's default
  std::string time;                         ///< limit, as sbatch takes it
  std::string gpus_per_task;                ///< as sbatch takes it
  std::string device;                       ///< empty: cuda with gpus_per_task, else auto
  unsigned threads = 0;                     ///< 0: the processors that Slurm gives a task
  bool dry_run = false;
  std::vector<std::string> sbatch_options;  ///< more of sbatch's options
};
/// @throws cluster::SlurmError
ExitCode submit_command(const SubmitOptions& options);

/// Ends the jobs of a directory. @throws cluster::SlurmError
ExitCode cancel_command(const std::filesystem::path& directory);

struct MergeOptions {
  std::vector<std::filesystem::path> directories;
  std::filesystem::path output;  ///< empty: the only directory
  std::filesystem::path prefer;  ///< as in MergeRequest
};
ExitCode merge_command(const MergeOptions& options);

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

/// A manifest, or a quick grid of lists with commas.
struct TheoryOptions {
  std::filesystem::path manifest;  ///< empty: the grid of the lists below
  std::string depth;
  std::string width;
  std::string scale = "1";
  std::string activation = "tanh";
  std::string init = "gaussian";
  std::string bias_scale = "0";
  std::int64_t inputs = 2;   ///< d of the probe inputs N(0, 1)^d that predictions average over
  std::optional<double> q1;  ///< instead: every input has this q_1
  bool layers = false;       ///< one row per layer
  TableFormat format = TableFormat::table;
};
ExitCode theory_command(const TheoryOptions& options);

struct BenchOptions {
  std::string device = "cpu";
  std::vector<unsigned> threads;  ///< empty: one, and one per processor
  std::vector<int> widths = {8, 16, 32, 64, 128, 256, 512};
  std::vector<int> depths = {10, 100};
  std::vector<int> batches = {4, 128};
  std::vector<std::string> optimizers = {"sgd", "adam"};
  std::string activation = "tanh";
  double seconds = 0.3;                     ///< of training, per point
  int networks = 0;                         ///< per thread; 0: as many as suit the shape
  TableFormat format = TableFormat::table;  ///< table or json
};
ExitCode bench_command(const BenchOptions& options);

ExitCode verify_command(const std::string& device);
ExitCode devices_command();

/// What `--version` prints: the version and how it was built.
std::string version_text();

}  // namespace vnsweep
