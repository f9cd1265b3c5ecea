#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vnsweep {

/// Whether the bytes begin as a gzip file does.
bool is_gzip(std::string_view bytes);

/// Unpacks a gzip file of one or more members.
/// @param name       the file, for messages
/// @param max_bytes  more than so many bytes are refused, before they are unpacked
/// @throws DataError if the file is damaged, cut short, or too large
std::string unpack_gzip(std::string_view bytes, const std::string& name, std::size_t max_bytes);

}  // namespace vnsweep
