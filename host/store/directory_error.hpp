#pragma once

#include <filesystem>
#include <stdexcept>

namespace vnsweep {

/// A directory that cannot be used as asked; what() says why and what to do.
class DirectoryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether the file system refuses for want of room or for a fault of its own, as errno tells: the
/// same may work later.
bool is_refusal_for_now(int code);

/// @param code  why, as errno
/// @throws StoreWriteError if the file system refuses for now, DirectoryError otherwise
[[noreturn]] void throw_cannot_write(const std::filesystem::path& file, int code);

}  // namespace vnsweep
