#include "host/store/directory_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "host/store/run_directory.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

bool is_same_place(const fs::path& a, const fs::path& b) {
  std::error_code status;
  return fs::equivalent(a, b, status) && !status;
}

/// The directories to read, each once, without the output.
std::vector<RunDirectory> directories_to_read(const MergeRequest& request) {
  std::vector<RunDirectory> directories;
  for (const fs::path& path : request.directories) {
    const RunDirectory directory(path);
    directory.open_for_reading();  // says what is wrong with it
    if (!fs::exists(path / "manifest.json")) {
      throw DirectoryError(fmt::format(
          "{} has no manifest.json; give directories that `vnsweep run` wrote", path.string()));
    }
    const bool is_known =
        is_same_place(path, request.output) ||
        std::any_of(directories.begin(), directories.end(),
                    [&](const RunDirectory& other) { return is_same_place(path, other.path()); });
    if (!is_known) directories.push_back(directory);
  }
  return directories;
}

/// Databases of the output besides the first, with the right to remove them.
struct OwnShard {
  fs::path file;
  WriterLock lock;
};

std::vector<OwnShard> lock_own_shards(const RunDirectory& output) {
  // A lock without a database is left where removing was cut off.
  std::set<fs::path> names;
  for (const fs::path& file : output.databases())
    names.insert(fs::path(file).replace_extension());
  for (const fs::path& file : output.locks())
    names.insert(fs::path(file).replace_extension());
  names.erase(output.path() / "runs-0");
  std::vector<OwnShard> shards;
  for (const fs::path& name : names) {
    shards.push_back(
        {.file = name.string() + ".db", .lock = WriterLock(name.string() + ".lock", "merge")});
  }
  return shards;
}

/// Removes what a merge made where nothing was, unless it is kept. Lives while the lock is held.
class NewOutput {
 public:
  NewOutput(const WriterLock& lock, const RunDirectory& output, bool is_new_directory)
      : lock_(lock),
        path_(output.path()),
        is_new_directory_(is_new_directory),
        is_new_database_(!fs::exists(path_ / "runs-0.db")) {}
  NewOutput(const NewOutput&) = delete;
  NewOutput& operator=(const NewOutput&) = delete;
  ~NewOutput() {
    if (is_kept_ || !is_new_database_) return;
    std::error_code ignored;
    for (const fs::path& file : {path_ / "runs-0.db", path_ / "runs-0.db-journal", lock_.file()})
      fs::remove(file, ignored);
    if (is_new_directory_) fs::remove(path_, ignored);
  }

  void keep() { is_kept_ = true; }

 private:
  const WriterLock& lock_;
  fs::path path_;
  bool is_new_directory_;
  bool is_new_database_;
  bool is_kept_ = false;
};

[[noreturn]] void throw_conflicts(const StoreMerger& merger) {
  std::string text =
      fmt::format("{} runs have different results (nothing was written):", merger.conflict_count());
  for (const MergeConflict& conflict : merger.conflicts()) {
    text += fmt::format("\n  run {} in {} and {}: {}", conflict.run_id, conflict.first.string(),
                        conflict.second.string(), conflict.difference);
  }
  if (merger.conflict_count() > merger.conflicts().size()) text += "\n  ...";
  text +=
      "\nsay with --prefer whose results count, or find out with `vnsweep reproduce` which are "
      "right";
  throw DirectoryError(text);
}

/// Checks on disk that nothing is lost without the shards.
void check_joined(const fs::path& joined, std::vector<Store>& shards) {
  const auto known = Store::open_for_writing(joined).outcomes();
  for (Store& shard : shards) {
    for (const auto& [run, outcome] : shard.outcomes()) {
      const auto found = known.find(run);
      const bool is_there = found != known.end() && (found->second != KnownOutcome::error ||
                                                     outcome == KnownOutcome::error);
      if (is_there) continue;
      throw StoreError(
          fmt::format("{} does not hold run {} of {} after all; nothing was removed, merge again",
                      joined.string(), run, shard.file().string()));
    }
  }
}

void remove_own_shards(const std::vector<OwnShard>& shards) {
  for (const OwnShard& shard : shards) {
    std::error_code status;
    fs::remove(shard.file, status);
    if (status) {
      throw DirectoryError(
          fmt::format("cannot remove {} ({}), whose results are merged; check "
                      "permissions and merge again",
                      shard.file.string(), status.message()));
    }
    shard.lock.remove_file();
  }
}

/// Everything that is to be read, in order.
struct Sources {
  std::vector<Store> own;     ///< shards of the output
  std::vector<Store> others;  ///< of other directories
  std::vector<std::string> writers;

  std::vector<Store*> all() {
    std::vector<Store*> stores;
    for (std::vector<Store>* list : {&own, &others}) {
      for (Store& store : *list)
        stores.push_back(&store);
    }
    return stores;
  }
};

Sources open_sources(const std::vector<OwnShard>& shards,
                     const std::vector<RunDirectory>& directories) {
  Sources sources;
  for (const OwnShard& shard : shards) {
    if (!fs::exists(shard.file)) continue;
    if (auto store = Store::open_if_filled(shard.file)) sources.own.push_back(std::move(*store));
  }
  for (const RunDirectory& directory : directories) {
    for (std::string& writer : directory.writers())
      sources.writers.push_back(std::move(writer));
    for (Store& store : directory.open_for_reading())
      sources.others.push_back(std::move(store));
  }
  return sources;
}

/// @returns whether `store` is what --prefer names
bool is_preferred(const MergeRequest& request, const Store& store) {
  if (request.prefer.empty()) return false;
  return is_same_place(store.file(), request.prefer) ||
         is_same_place(store.file().parent_path(), request.prefer);
}

/// @returns counts, after everything was committed
StoreMerger::Counts join(Store& target, Sources& sources, const MergeRequest& request) {
  StoreMerger merger(target);
  std::vector<Store*> stores = sources.all();
  bool anything_preferred = is_preferred(request, target);
  if (anything_preferred) merger.prefer(target);
  const auto others = std::stable_partition(
      stores.begin(), stores.end(), [&](Store* store) { return is_preferred(request, *store); });
  for (auto store = stores.begin(); store != others; ++store) {
    merger.prefer(**store);
    anything_preferred = true;
  }
  if (!request.prefer.empty() && !anything_preferred) {
    throw DirectoryError(
        fmt::format("{} is none of the directories that are merged; name one "
                    "after --prefer, or a database in one",
                    request.prefer.string()));
  }
  for (auto store = others; store != stores.end(); ++store)
    merger.add(**store);
  if (merger.conflict_count() > 0) throw_conflicts(merger);
  merger.commit();
  return merger.counts();
}

}  // namespace

MergeReport merge_directories(const MergeRequest& request) {
  const std::vector<RunDirectory> directories = directories_to_read(request);
  const RunDirectory output(request.output);
  const bool is_new_directory = !fs::exists(output.path());
  const RunDirectory& first = output.has_manifest() ? output : directories.front();
  for (const RunDirectory& directory : directories)
    first.check_same_sweep(directory);
  output.create(first.manifest_source());
  const WriterLock lock(output.path() / "runs-0.lock", "merge");
  NewOutput made(lock, output, is_new_directory);
  const std::vector<OwnShard> shards = lock_own_shards(output);
  Sources sources = open_sources(shards, directories);

  MergeReport report;
  report.databases = sources.own.size() + sources.others.size();
  report.writers = sources.writers;
  {
    Store target = Store::open_for_writing(output.path() / "runs-0.db");
    report.counts = join(target, sources, request);
  }
  made.keep();
  for (const RunDirectory& directory : directories)
    output.adopt_manifest(directory);
  check_joined(output.path() / "runs-0.db", sources.own);
  sources.own.clear();
  remove_own_shards(shards);
  return report;
}

}  // namespace vnsweep
