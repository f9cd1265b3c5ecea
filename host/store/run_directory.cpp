#include "host/store/run_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_map>
#include <utility>

#include "host/manifest/field.hpp"
#include "host/plan/run_identity.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;

std::string error_text(int code) {
  return std::generic_category().message(code);
}

/// A file system that refuses for now is no fault of the directory.
[[noreturn]] void throw_cannot_write(const fs::path& file, int code) {
  constexpr std::array kRefusals = {ENOSPC, EDQUOT, EIO, EROFS};
  if (std::find(kRefusals.begin(), kRefusals.end(), code) != kRefusals.end()) {
    throw StoreWriteError(
        fmt::format("cannot write {} ({}); make room or mend the file system and run the same "
                    "command again",
                    file.string(), error_text(code)));
  }
  throw DirectoryError(fmt::format("cannot write {} ({}); choose a writable directory with -o",
                                   file.string(), error_text(code)));
}

/// Writes beside the target and renames, so that a reader never sees half a file.
void write_file(const fs::path& file, const std::string& text) {
  const fs::path temporary = file.string() + ".tmp";
  {
    std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream) {
      const int code = errno;
      std::error_code ignored;
      fs::remove(temporary, ignored);
      throw_cannot_write(file, code);
    }
  }
  std::error_code status;
  fs::rename(temporary, file, status);
  if (status) throw_cannot_write(file, status.value());
}

/// Request for a lock that belongs to the open file, so that it ends with the process.
struct flock whole_file(short type) {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  return request;
}

std::string describe_this_process() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("process {} on {}, started {}", getpid(), host.data(), utc_now());
}

std::string read_holder(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size() - 1, 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "another process";
}

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

bool any_stored(const std::vector<RunSpec>& runs,
                const std::unordered_map<std::string, KnownOutcome>& stored) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const RunSpec& spec) { return stored.contains(run_id(spec)); });
}

/// An empty file is no error: the process may have been killed as it made it.
void warn_of_lost_results(const fs::path& directory, const fs::path& database) {
  std::error_code status;
  const bool is_empty = fs::file_size(database, status) == 0 && !status;
  if (!is_empty || !fs::exists(directory / "manifest.json")) return;
  spdlog::warn("{} is empty: what it may have held is lost, and is made anew", database.string());
}

std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

WriterLock::WriterLock(const fs::path& file) {
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw_cannot_write(file, errno);
  struct flock request = whole_file(F_WRLCK);
  if (fcntl(descriptor_, F_OFD_SETLK, &request) != 0) {
    const int code = errno;
    const std::string holder = read_holder(descriptor_);
    close(std::exchange(descriptor_, -1));
    if (code != EAGAIN && code != EACCES) {
      throw DirectoryError(fmt::format("cannot lock {} ({})", file.string(), error_text(code)));
    }
    throw DirectoryError(
        fmt::format("{} is in use by {}; wait for it to end or choose another "
                    "directory with -o",
                    file.parent_path().string(), holder));
  }
  const std::string self = describe_this_process();
  if (ftruncate(descriptor_, 0) != 0 ||
      pwrite(descriptor_, self.data(), self.size(), 0) != static_cast<ssize_t>(self.size())) {
    const int code = errno;
    close(std::exchange(descriptor_, -1));
    throw_cannot_write(file, code);
  }
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::optional<std::string> WriterLock::holder(const fs::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<std::string> holder;
  struct flock request = whole_file(F_WRLCK);
  if (fcntl(descriptor, F_OFD_GETLK, &request) == 0 && request.l_type != F_UNLCK) {
    holder = read_holder(descriptor);
  }
  close(descriptor);
  return holder;
}

RunDirectory::RunDirectory(fs::path path) : path_(std::move(path)) {}

RunDirectory::Writer RunDirectory::open_for_writing(const Manifest& manifest,
                                                    const std::vector<RunSpec>& runs) const {
  std::error_code status;
  fs::create_directories(path_, status);
  if (status == std::errc::no_space_on_device) throw_cannot_write(path_, status.value());
  if (status || !fs::is_directory(path_)) {
    throw DirectoryError(fmt::format("cannot create the directory {} ({}); choose another with -o",
                                     path_.string(),
                                     status ? status.message() : "a file is in the way"));
  }
  const fs::path yaml = path_ / "manifest.yaml";
  if (fs::exists(yaml) && !fs::exists(path_ / "runs-0.db") && read_file(yaml) != manifest.source) {
    throw DirectoryError(
        fmt::format("{} is in the way (vnsweep did not write it); choose another "
                    "directory with -o",
                    yaml.string()));
  }
  WriterLock lock(path_ / "runs-0.lock");
  warn_of_lost_results(path_, path_ / "runs-0.db");
  Store store = Store::open_for_writing(path_ / "runs-0.db");
  record(manifest, runs, store.outcomes());
  return {std::move(lock), std::move(store)};
}

void RunDirectory::record(const Manifest& manifest, const std::vector<RunSpec>& runs,
                          const std::unordered_map<std::string, KnownOutcome>& stored) const {
  const fs::path yaml = path_ / "manifest.yaml";
  const fs::path json = path_ / "manifest.json";
  if (fs::exists(json)) {
    const Manifest earlier = this->manifest();
    const bool same = comparable(earlier.resolved) == comparable(manifest.resolved);
    const bool related = same || earlier.name == manifest.name || any_stored(runs, stored);
    if (!related) {
      throw DirectoryError(
          fmt::format("{} holds another sweep ('{}', with no run in common with '{}'); "
                      "choose another directory with -o",
                      path_.string(), earlier.name, manifest.name));
    }
    const Field& content = *find_field("task", "content");
    if (content.get(earlier.base) != content.get(manifest.base)) {
      spdlog::warn(
          "the data are not those of the earlier runs in {}: these stay, and every run is "
          "made with the new data",
          path_.string());
    }
    if (!same) {
      int number = 1;
      while (fs::exists(path_ / fmt::format("manifest-{}.yaml", number)))
        ++number;
      std::error_code status;
      fs::rename(yaml, path_ / fmt::format("manifest-{}.yaml", number), status);
      if (status && status != std::errc::no_such_file_or_directory) {
        throw DirectoryError(fmt::format("cannot keep the earlier manifest {} ({})", yaml.string(),
                                         status.message()));
      }
    }
  }
  write_file(yaml, manifest.source);
  write_file(json, manifest.resolved.dump(2) + "\n");
}

std::vector<Store> RunDirectory::open_for_reading() const {
  if (!fs::is_directory(path_)) {
    throw DirectoryError(
        fmt::format("{} is not a directory; give the directory that `vnsweep run` "
                    "wrote",
                    path_.string()));
  }
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("runs-") && name.ends_with(".db")) files.push_back(entry.path());
  }
  if (files.empty()) {
    throw DirectoryError(
        fmt::format("{} holds no results (no runs-*.db); give the directory that "
                    "`vnsweep run` wrote",
                    path_.string()));
  }
  std::sort(files.begin(), files.end());
  std::vector<Store> stores;
  for (const fs::path& file : files)
    stores.push_back(Store::open_for_reading(file));
  return stores;
}

Manifest RunDirectory::manifest() const {
  return load_manifest(path_ / "manifest.json", kMaxResolvedBytes);
}

std::optional<std::string> RunDirectory::writer() const {
  return WriterLock::holder(path_ / "runs-0.lock");
}

}  // namespace vnsweep
