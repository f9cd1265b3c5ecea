#pragma once

#include <cstddef>
#include <string>

namespace vnsweep {

/// Largest file that is read, as it is and unpacked.
inline constexpr std::size_t kMaxDataBytes = std::size_t{1} << 31;

struct DataFile {
  std::string name;  ///< for messages
  std::string
      hash;  ///< XXH3-128 of the file as it is, 32 hexadecimal digits, as `xxhsum -H2` prints
  std::string bytes;  ///< unpacked, if it is a gzip file
};

/// Reads a whole file.
/// @throws DataError if it is no regular file, cannot be read, or is too large
DataFile read_data_file(const std::string& path, std::size_t max_bytes = kMaxDataBytes);

}  // namespace vnsweep
