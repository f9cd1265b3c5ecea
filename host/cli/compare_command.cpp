#include <spdlog/spdlog.h>

#include <iostream>

#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/compare/comparison.hpp"

namespace vnsweep {
namespace {

void warn_if_unfinished(const SweepResults& results) {
  if (results.counts.missing > 0) {
    spdlog::warn("{} is unfinished: {} of {} runs are still to be made", results.directory,
                 results.counts.missing, results.counts.wanted);
  }
}

}  // namespace

ExitCode compare_command(const CompareOptions& options) {
  const SweepResults first = read_results(RunDirectory(options.first));
  const SweepResults second = read_results(RunDirectory(options.second));
  const Comparison comparison = compare_sweeps(
      first, second,
      {.test = options.test, .method = options.method, .confidence = options.confidence});
  switch (options.format) {
    case TableFormat::table:
      write_comparison_table(comparison, std::cout);
      break;
    case TableFormat::csv:
      write_comparison_csv(comparison, std::cout);
      for (const std::string& note : comparison.notes)
        spdlog::info("{}", note);
      break;
    case TableFormat::json:
      write_comparison_json(comparison, std::cout);
      break;
  }
  check_output();
  warn_if_unfinished(first);
  warn_if_unfinished(second);
  return ExitCode::complete;
}

}  // namespace vnsweep
