#include "host/task/data_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "host/task/data_error.hpp"
#include "host/task/gzip.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

/// A pipe or a device may never end, so only files with a size are read.
std::size_t checked_size(const std::string& path, std::size_t max_bytes) {
  std::error_code status;
  const fs::file_status kind = fs::status(path, status);
  if (kind.type() == fs::file_type::not_found) {
    throw DataError(
        fmt::format("{}: no such file; check the path, relative to the manifest, "
                    "or put the file back",
                    path));
  }
  if (fs::is_directory(kind)) {
    throw DataError(fmt::format("{}: is a directory; give the file", path));
  }
  if (status || !fs::is_regular_file(kind)) {
    throw DataError(fmt::format("{}: cannot be read ({}); give a regular file", path,
                                status ? status.message() : "it is a device or a pipe"));
  }
  const std::uintmax_t size = fs::file_size(path, status);
  if (status) throw DataError(fmt::format("{}: cannot be read ({})", path, status.message()));
  if (size > max_bytes) {
    throw DataError(fmt::format("{}: has {} bytes (the limit is {}); use fewer samples", path, size,
                                max_bytes));
  }
  return static_cast<std::size_t>(size);
}

std::string read_bytes(const std::string& path, std::size_t size) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    throw DataError(fmt::format("{}: cannot be read ({}); check its permissions", path,
                                std::generic_category().message(errno)));
  }
  std::string bytes(size, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(stream.gcount()) != size || stream.peek() != EOF) {
    throw DataError(fmt::format("{}: changed while it was read; start again", path));
  }
  return bytes;
}

}  // namespace

DataFile read_data_file(const std::string& path, std::size_t max_bytes) {
  DataFile file{.name = path};
  file.bytes = read_bytes(path, checked_size(path, max_bytes));
  const XXH128_hash_t hash = XXH3_128bits(file.bytes.data(), file.bytes.size());
  file.hash = fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  if (is_gzip(file.bytes)) file.bytes = unpack_gzip(file.bytes, path, max_bytes);
  return file;
}

}  // namespace vnsweep
