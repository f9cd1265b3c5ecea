#pragma once

#include <filesystem>

namespace vnsweep::testing {

/// Reads all that a database holds as status, summary, export and merge do, and then opens it for
/// writing as run does. Refusals are StoreError alone; anything else is a fault.
void read_everything(const std::filesystem::path& file);

}  // namespace vnsweep::testing
