#pragma once

#include "host/manifest/diagnostics.hpp"
#include "host/manifest/manifest.hpp"

namespace vnsweep {

/// Completes the task of a manifest that has been read: defaults, absolute paths (those of a
/// manifest are relative to its folder), what follows from the files, and the objective of a
/// regression. What is wrong with the files becomes an error at the place that names them.
void complete_task(Manifest& manifest, Diagnostics& diagnostics);

}  // namespace vnsweep
