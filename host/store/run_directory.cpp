#include "host/store/run_directory.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>

#include "host/manifest/field.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "host/store/write_file.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

/// What has to agree for two manifests to be the same sweep: everything but name, description and
/// where the data are.
nlohmann::json comparable(nlohmann::json resolved) {
  resolved.erase("name");
  resolved.erase("description");
  for (const Field& field : all_fields()) {
    if (field.is_location) resolved[std::string(field.section)].erase(std::string(field.name));
  }
  return resolved;
}

bool is_same_sweep(const Manifest& a, const Manifest& b) {
  return comparable(a.resolved) == comparable(b.resolved);
}

/// Whether any of the stores has one of the manifest's runs.
bool any_stored(const Manifest& manifest, RunDirectory::Writer& writer) {
  const RunTable runs = expand_runs(manifest);
  bool any = false;
  const auto look = [&](const std::string& text, KnownOutcome) {
    const std::optional<RunId> id = parse_run_id(text);
    any = any || (id && runs.find(*id));
  };
  writer.store.visit_outcomes(look);
  for (Store& other : writer.others)
    other.visit_outcomes(look);
  return any;
}

/// An empty file is no error: the process may have been killed as it made it.
void warn_of_lost_results(const fs::path& directory, const fs::path& database) {
  std::error_code status;
  const bool is_empty = fs::file_size(database, status) == 0 && !status;
  if (!is_empty || !fs::exists(directory / "manifest.json")) return;
  spdlog::warn("{} is empty: what it may have held is lost, and is made anew", database.string());
}

bool have_a_run_in_common(const Manifest& a, const Manifest& b) {
  const RunTable runs = expand_runs(a);
  const RunTable others = expand_runs(b);
  for (std::size_t k = 0; k < others.size(); ++k) {
    if (runs.find(binary_run_id(others[k]))) return true;
  }
  return false;
}

std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Leaves a file alone that has this text already: others may be reading it.
void write_file_if_new(const fs::path& file, const std::string& text) {
  if (!fs::exists(file) || read_file(file) != text) write_file(file, text);
}

/// k of "runs-<k>.db". @returns nothing for other names
std::optional<std::size_t> shard_number(const std::string& name, const std::string& ending) {
  constexpr std::string_view kBeginning = "runs-";
  if (!name.starts_with(kBeginning) || !name.ends_with(ending)) return std::nullopt;
  const char* const first = name.data() + kBeginning.size();
  const char* const last = name.data() + name.size() - ending.size();
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(first, last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

/// Recording a manifest takes a moment; whoever holds the lock longer hangs.
WriterLock lock_manifest(const fs::path& directory) {
  return WriterLock(directory / "manifest.lock", {}, std::chrono::seconds(60));
}

std::vector<Store> open_stores(const std::vector<fs::path>& files) {
  std::vector<Store> stores;
  for (const fs::path& file : files) {
    try {
      // A process that has just begun has not made its tables yet.
      if (auto store = Store::open_if_filled(file)) stores.push_back(std::move(*store));
    } catch (const StoreError&) {
      // Joined to the first database, and removed, since the directory was listed. That one is open
      // and will be read afterwards, so that nothing is missed.
      if (fs::exists(file) || stores.empty()) throw;
    }
  }
  return stores;
}

}  // namespace

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) {}

void RunDirectory::create(const std::string& source) const {
  std::error_code status;
  fs::create_directories(path_, status);
  if (status == std::errc::no_space_on_device) throw_cannot_write(path_, status.value());
  if (status || !fs::is_directory(path_)) {
    throw DirectoryError(fmt::format("cannot create the directory {} ({}); choose another with -o",
                                     path_.string(),
                                     status ? status.message() : "a file is in the way"));
  }
  const fs::path yaml = path_ / "manifest.yaml";
  // A database is there before the manifest is recorded.
  if (fs::exists(yaml) && databases().empty() && read_file(yaml) != source) {
    throw DirectoryError(
        fmt::format("{} is in the way (vnsweep did not write it); choose another "
                    "directory with -o",
                    yaml.string()));
  }
}

bool RunDirectory::has_manifest() const {
  return fs::exists(path_ / "manifest.json");
}

std::string RunDirectory::manifest_source() const {
  return read_file(path_ / "manifest.yaml");
}

RunDirectory::Writer RunDirectory::open_for_writing(const Manifest& manifest,
                                                    const std::optional<Shard>& shard) const {
  create(manifest.source);
  const std::size_t number = shard ? shard->index : 0;
  const fs::path file = path_ / fmt::format("runs-{}.db", number);
  WriterLock lock(path_ / fmt::format("runs-{}.lock", number),
                  shard ? fmt::format("shard {}", to_string(*shard)) : std::string());
  warn_of_lost_results(path_, file);
  Store store = Store::open_for_writing(file);
  std::vector<fs::path> other_files = databases();
  std::erase(other_files, file);
  Writer writer{std::move(lock), std::move(store), open_stores(other_files)};
  record(manifest, writer);
  if (shard && writer.store.shard() != shard) writer.store.set_shard(*shard);
  return writer;
}

void RunDirectory::record(const Manifest& manifest, Writer& writer) const {
  const WriterLock manifest_lock = lock_manifest(path_);
  bool is_same = false;
  if (has_manifest()) {
    const Manifest earlier = this->manifest();
    is_same = is_same_sweep(earlier, manifest);
    if (!is_same && earlier.name != manifest.name && !any_stored(manifest, writer)) {
      throw DirectoryError(
          fmt::format("{} holds another sweep ('{}', with no run in common with '{}'); "
                      "choose another directory with -o",
                      path_.string(), earlier.name, manifest.name));
    }
    if (!is_same) {
      for (const fs::path& file : locks()) {
        if (file == writer.lock.file()) continue;
        const std::optional<std::string> holder = WriterLock::holder(file);
        if (!holder) continue;
        throw DirectoryError(fmt::format(
            "{} is in use by {}, with another manifest; wait for it to end or choose another "
            "directory with -o",
            path_.string(), *holder));
      }
    }
    const Field& content = *find_field("task", "content");
    if (content.get(earlier.base) != content.get(manifest.base)) {
      spdlog::warn(
          "the data are not those of the earlier runs in {}: these stay, and every run is "
          "made with the new data",
          path_.string());
    }
    if (!is_same) keep_earlier(manifest_source());
  }
  const std::string resolved = manifest.resolved.dump(2) + "\n";
  // Given in its resolved form, it says less than what is there: tasks of a batch job do that.
  const bool says_less = is_same && manifest.source == resolved;
  if (!says_less) write_file_if_new(path_ / "manifest.yaml", manifest.source);
  write_file_if_new(path_ / "manifest.json", resolved);
}

void RunDirectory::keep_earlier(const std::string& source) const {
  if (source.empty()) return;
  int number = 1;
  while (true) {
    const fs::path file = path_ / fmt::format("manifest-{}.yaml", number);
    if (!fs::exists(file)) return write_file(file, source);
    if (read_file(file) == source) return;
    ++number;
  }
}

void RunDirectory::check_same_sweep(const RunDirectory& other) const {
  const Manifest own = manifest();
  const Manifest theirs = other.manifest();
  if (is_same_sweep(own, theirs) || own.name == theirs.name) return;
  if (have_a_run_in_common(own, theirs)) return;
  throw DirectoryError(
      fmt::format("{} holds another sweep ('{}') than {} ('{}', with no run in common); merge "
                  "directories of one sweep",
                  other.path().string(), theirs.name, path_.string(), own.name));
}

void RunDirectory::adopt_manifest(const RunDirectory& other) const {
  const std::string source = other.manifest_source();
  const WriterLock manifest_lock = lock_manifest(path_);
  if (has_manifest()) {
    if (!is_same_sweep(manifest(), other.manifest())) keep_earlier(source);
    return;
  }
  write_file(path_ / "manifest.yaml", source);
  write_file(path_ / "manifest.json", other.manifest().resolved.dump(2) + "\n");
}

std::vector<fs::path> RunDirectory::numbered(const std::string& ending) const {
  std::vector<std::pair<std::size_t, fs::path>> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    const auto number = shard_number(entry.path().filename().string(), ending);
    if (number) found.emplace_back(*number, entry.path());
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> files;
  for (auto& entry : found)
    files.push_back(std::move(entry.second));
  return files;
}

std::vector<fs::path> RunDirectory::databases() const {
  return numbered(".db");
}

std::vector<fs::path> RunDirectory::locks() const {
  return numbered(".lock");
}

std::vector<Store> RunDirectory::open_for_reading() const {
  if (!fs::is_directory(path_)) {
    throw DirectoryError(
        fmt::format("{} is not a directory; give the directory that `vnsweep run` "
                    "wrote",
                    path_.string()));
  }
  const std::vector<fs::path> files = databases();
  if (files.empty()) {
    throw DirectoryError(
        fmt::format("{} holds no results (no runs-*.db); give the directory that "
                    "`vnsweep run` wrote",
                    path_.string()));
  }
  std::vector<Store> stores = open_stores(files);
  // Nothing but databases that have just begun: the first one says so.
  if (stores.empty()) stores.push_back(Store::open_for_reading(files.front()));
  return stores;
}

Manifest RunDirectory::manifest() const {
  return load_manifest(path_ / "manifest.json", kMaxResolvedBytes);
}

bool RunDirectory::is_written(const Store& store) {
  return WriterLock::holder(fs::path(store.file()).replace_extension(".lock")).has_value();
}

std::vector<std::string> RunDirectory::writers() const {
  std::vector<std::string> writers;
  for (const fs::path& file : locks()) {
    if (auto holder = WriterLock::holder(file)) writers.push_back(std::move(*holder));
  }
  return writers;
}

}  // namespace vnsweep
