#include <iostream>

#include "host/cli/commands.hpp"
#include "host/cli/output.hpp"
#include "host/page/report.hpp"
#include "host/store/run_directory.hpp"

namespace vnsweep {

ExitCode report_command(const ReportOptions& options) {
  const std::filesystem::path page = page::write_report(
      RunDirectory(options.directory),
      {.folder = options.output, .method = options.method, .confidence = options.confidence});
  std::cout << page.string() << '\n';
  check_output();
  return ExitCode::complete;
}

}  // namespace vnsweep
