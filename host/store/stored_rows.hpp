#pragma once

#include <string>

#include "host/store/sqlite.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

// What stands in the tables may have been written by others, or be damaged: whatever cannot be what
// vnsweep wrote is refused with a StoreError.

/// Columns that tell whether a row is as its checksum says.
inline constexpr int kRunChecksumColumn = 19;
inline constexpr int kProbeChecksumColumn = 12;

/// "SELECT ..." of all runs, as read_run() takes its rows.
std::string select_runs_text(Database& database);
StoredRun read_run(const Statement& row, const std::filesystem::path& file);

/// "SELECT ..." of the probes of one run, by step, as read_probe() takes its rows.
std::string select_probes_text(Database& database);
/// @param spec  of the probe's run
StoredProbe read_probe(const Statement& row, const RunSpec& spec,
                       const std::filesystem::path& file);

/// @throws StoreError for what is no status
RunStatus status_from_text(const std::string& text);

}  // namespace vnsweep
