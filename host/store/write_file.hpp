#pragma once

#include <filesystem>
#include <string_view>

namespace vnsweep {

/// Writes beside the target and renames, so that a reader never sees half a file.
/// @throws StoreWriteError if the file system has no room or fails, DirectoryError otherwise
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace vnsweep
