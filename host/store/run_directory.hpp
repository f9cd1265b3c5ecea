#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/store/store.hpp"

namespace vnsweep {

/// A directory that cannot be used as asked; what() says why and what to do.
class DirectoryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Exclusive right to write one database, held by a lock file that the system releases when the
/// process ends in whatever way. The file names its holder.
class WriterLock {
 public:
  /// @throws DirectoryError naming the holder if another process has the lock
  explicit WriterLock(const std::filesystem::path& file);
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&&) = delete;
  ~WriterLock();

  /// Who holds the lock, or nothing if nobody does.
  static std::optional<std::string> holder(const std::filesystem::path& file);

 private:
  int descriptor_ = -1;
};

/// Results of one sweep:
///   manifest.yaml    as given last           manifest.json  resolved
///   manifest-<k>.yaml  earlier ones that this one extends
///   runs-<k>.db      results                 runs-<k>.lock  held while runs-<k>.db is written
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path path);

  /// Makes the directory ready for this manifest: creates it, takes the lock, opens the store,
  /// checks that what it holds belongs to the same sweep (the manifests have the same name, or a
  /// run in common), and records the manifest.
  /// @param runs  the manifest's runs
  /// @throws DirectoryError, StoreError
  struct Writer {
    WriterLock lock;
    Store store;
  };
  Writer open_for_writing(const Manifest& manifest, const std::vector<RunSpec>& runs) const;

  /// Every store of the directory, for reading.
  /// @throws DirectoryError if it is not a run directory
  std::vector<Store> open_for_reading() const;

  /// The manifest recorded last. @throws DirectoryError, ManifestError
  Manifest manifest() const;

  /// Who is writing here now, if anyone.
  std::optional<std::string> writer() const;

  const std::filesystem::path& path() const { return path_; }

 private:
  void record(const Manifest& manifest, const std::vector<RunSpec>& runs,
              const std::unordered_map<std::string, KnownOutcome>& stored) const;

  std::filesystem::path path_;
};

}  // namespace vnsweep
