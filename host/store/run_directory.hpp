#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/plan/shard.hpp"
#include "host/store/directory_error.hpp"
#include "host/store/store.hpp"
#include "host/store/writer_lock.hpp"

namespace vnsweep {

/// Results of one sweep:
///   manifest.yaml    as given last           manifest.json  resolved
///   manifest-<k>.yaml  earlier ones that this one extends
///   runs-<k>.db      results                 runs-<k>.lock  held while runs-<k>.db is written
///   manifest.lock    held while a manifest is recorded
/// Shard k of a sweep writes runs-<k>.db, and a run of the whole sweep runs-0.db.
class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path path);

  /// What a process writes with, and what it finds beside it.
  struct Writer {
    WriterLock lock;
    Store store;
    std::vector<Store> others;  ///< the directory's other databases, for reading
  };

  /// Makes the directory ready for this manifest: creates it, takes the lock, opens the store,
  /// checks that what it holds belongs to the same sweep (the manifests have the same name, or a
  /// run in common), and records the manifest. Several shards may do so at once, as long as they
  /// have the same manifest.
  /// @param shard  empty: the whole sweep
  /// @throws DirectoryError, StoreError
  Writer open_for_writing(const Manifest& manifest, const std::optional<Shard>& shard = {}) const;

  /// Every store of the directory that holds tables, for reading.
  /// @throws DirectoryError if it is not a run directory
  std::vector<Store> open_for_reading() const;

  /// The manifest recorded last. @throws DirectoryError, ManifestError
  Manifest manifest() const;

  /// Who is writing here now.
  std::vector<std::string> writers() const;

  /// Whether a process is writing this store now.
  static bool is_written(const Store& store);

  /// Every runs-<k>.db, by k.
  std::vector<std::filesystem::path> databases() const;
  /// Every runs-<k>.lock, by k.
  std::vector<std::filesystem::path> locks() const;

  /// Creates the directory where it is not there.
  /// @param source  text of the manifest that is to be recorded
  /// @throws DirectoryError if it cannot, or if a manifest is there that vnsweep did not write
  void create(const std::string& source) const;

  bool has_manifest() const;
  /// Text of the manifest recorded last.
  std::string manifest_source() const;

  /// @throws DirectoryError unless another directory's manifest has the same name, or a run in
  ///         common with this one's
  void check_same_sweep(const RunDirectory& other) const;

  /// Records the manifest of another directory of the same sweep: as the one given last if there is
  /// none yet, else as an earlier one unless it is here already. @throws DirectoryError
  void adopt_manifest(const RunDirectory& other) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  /// @throws DirectoryError unless it is one
  void check_is_directory() const;
  void record(const Manifest& manifest, Writer& writer) const;
  void keep_earlier(const std::string& source) const;
  std::vector<std::filesystem::path> numbered(const std::string& ending) const;

  std::filesystem::path path_;
};

}  // namespace vnsweep
