#include "host/store/writer_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "host/store/directory_error.hpp"
#include "host/store/store.hpp"

namespace vnsweep {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A lock is a file in its directory: no link to what must not be overwritten, and no pipe to wait
/// for.
constexpr int kOpenFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

std::string error_text(int code) {
  return std::generic_category().message(code);
}

/// Request for a lock that belongs to the open file, so that it ends with the process.
struct flock whole_file(short type) {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  return request;
}

std::string describe_this_process(const std::string& role) {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("process {} on {}{}, started {}", getpid(), host.data(),
                     role.empty() ? std::string() : fmt::format(" ({})", role), utc_now());
}

std::string read_holder(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size() - 1, 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "another process";
}

/// Whether the file that was opened still is what its name stands for: whoever held the lock before
/// may have removed it.
bool is_in_place(int descriptor, const fs::path& file) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && stat(file.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// A lock, or who has it.
struct Attempt {
  int descriptor = -1;
  std::string holder;
};

/// @throws DirectoryError, StoreWriteError if there can be no lock
Attempt try_lock(const fs::path& file) {
  while (true) {
    const int descriptor = open(file.c_str(), kOpenFlags | O_RDWR | O_CREAT, 0644);
    if (descriptor < 0) throw_cannot_write(file, errno);
    struct flock request = whole_file(F_WRLCK);
    if (fcntl(descriptor, F_OFD_SETLK, &request) != 0) {
      const int code = errno;
      const std::string holder = read_holder(descriptor);
      close(descriptor);
      if (code == EAGAIN || code == EACCES) return {.holder = holder};
      throw DirectoryError(fmt::format("cannot lock {} ({})", file.string(), error_text(code)));
    }
    if (is_in_place(descriptor, file)) return {.descriptor = descriptor};
    close(descriptor);
  }
}

[[noreturn]] void throw_in_use(const fs::path& file, const std::string& holder) {
  throw DirectoryError(
      fmt::format("{} is in use by {}; wait for it to end or choose another "
                  "directory with -o",
                  file.parent_path().string(), holder));
}

}  // namespace

WriterLock::WriterLock(const fs::path& file, const std::string& role, std::chrono::seconds patience)
    : file_(file) {
  constexpr auto kBetweenTries = 20ms;
  const auto end = std::chrono::steady_clock::now() + patience;
  Attempt attempt = try_lock(file);
  while (attempt.descriptor < 0) {
    if (std::chrono::steady_clock::now() >= end) throw_in_use(file, attempt.holder);
    std::this_thread::sleep_for(kBetweenTries);
    attempt = try_lock(file);
  }
  descriptor_ = attempt.descriptor;
  const std::string self = describe_this_process(role);
  if (ftruncate(descriptor_, 0) != 0 ||
      pwrite(descriptor_, self.data(), self.size(), 0) != static_cast<ssize_t>(self.size())) {
    const int code = errno;
    close(std::exchange(descriptor_, -1));
    throw_cannot_write(file, code);
  }
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

void WriterLock::remove_file() const {
  std::error_code status;
  fs::remove(file_, status);
  if (status) {
    throw DirectoryError(
        fmt::format("cannot remove {} ({}); check permissions", file_.string(), status.message()));
  }
}

std::optional<std::string> WriterLock::holder(const fs::path& file) {
  const int descriptor = open(file.c_str(), kOpenFlags | O_RDONLY);
  if (descriptor < 0) return std::nullopt;
  std::optional<std::string> holder;
  struct flock request = whole_file(F_WRLCK);
  if (fcntl(descriptor, F_OFD_GETLK, &request) == 0 && request.l_type != F_UNLCK) {
    holder = read_holder(descriptor);
  }
  close(descriptor);
  return holder;
}

}  // namespace vnsweep
