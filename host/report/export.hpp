#pragma once

#include <iosfwd>
#include <vector>

#include "host/store/store.hpp"

namespace vnsweep {

enum class ExportFormat { csv, json };
/// reproducible: results only, so that two exports of the same sweep are the same bytes.
/// full: also where, when and how fast each run was made.
enum class ExportDetail { reproducible, full };

/// One row per run, sorted by configuration.
void export_runs(std::vector<Store>& stores, ExportFormat format, ExportDetail detail,
                 std::ostream& out);

/// One row per run, probe step and hidden layer, sorted by configuration, step and layer.
void export_probes(std::vector<Store>& stores, ExportFormat format, std::ostream& out);

}  // namespace vnsweep
