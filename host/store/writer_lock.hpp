#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace vnsweep {

/// Exclusive right to write a file, held by a lock file that the system releases when the process
/// ends in whatever way. The lock file names its holder.
class WriterLock {
 public:
  /// @param role      what the holder is besides a process, "shard 2/16" say; may be empty
  /// @param patience  how long to wait for whoever has the lock
  /// @throws DirectoryError naming the holder if another process keeps the lock
  explicit WriterLock(const std::filesystem::path& file, const std::string& role = {},
                      std::chrono::seconds patience = std::chrono::seconds(0));
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&&) = delete;
  ~WriterLock();

  /// Removes the lock file, with what it guards; the lock is held until the end all the same.
  /// @throws DirectoryError
  void remove_file() const;

  const std::filesystem::path& file() const { return file_; }

  /// Who holds the lock, or nothing if nobody does.
  static std::optional<std::string> holder(const std::filesystem::path& file);

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace vnsweep
