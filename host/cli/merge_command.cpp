#include <spdlog/spdlog.h>

#include <string>

#include "host/cli/commands.hpp"
#include "host/store/directory_error.hpp"
#include "host/store/directory_merge.hpp"

namespace vnsweep {

ExitCode merge_command(const MergeOptions& options) {
  if (options.output.empty() && options.directories.size() > 1) {
    throw DirectoryError(
        "several directories need an output (one alone is merged in place); name it with -o");
  }
  const std::filesystem::path output =
      options.output.empty() ? options.directories.front() : options.output;
  const MergeReport report = merge_directories(
      {.directories = options.directories, .output = output, .prefer = options.prefer});
  const StoreMerger::Counts& counts = report.counts;
  spdlog::info("read {} databases: {} runs added to {}, {} there already", report.databases,
               counts.added, output.string(), counts.present);
  if (counts.mended > 0) spdlog::info("{} errors gave way to results", counts.mended);
  if (counts.replaced > 0) {
    spdlog::warn("{} results were replaced by different ones of {}", counts.replaced,
                 options.prefer.string());
  }
  for (const std::string& writer : report.writers)
    spdlog::warn("{} still writes what was read; merge again when it has ended", writer);
  return ExitCode::complete;
}

}  // namespace vnsweep
