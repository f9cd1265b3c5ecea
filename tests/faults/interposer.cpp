// A library for LD_PRELOAD that stands between a program and its files. It counts the calls that
// change something under one folder and does harm at a chosen one:
//   VNSWEEP_FAULT_FOLDER  absolute path; calls elsewhere are left alone
//   VNSWEEP_FAULT_AT      number of the call, from 1; 0 or unset: never
//   VNSWEEP_FAULT         kill   ends the process instead of the call, as SIGKILL or a crash would
//                         torn   makes half of the write and ends the process
//                         full   this and every later call that needs room fails with ENOSPC
//                         io     this and every later call fails with EIO
//                         readonly  the same with EROFS
//                         hang   harms no such call; instead threads other than the first never
//                                come back from opening a file of the folder to read
//   VNSWEEP_FAULT_COUNT   file that the number of calls is written to at the end
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Plan {
  std::string folder = variable("VNSWEEP_FAULT_FOLDER");
  std::string fault = variable("VNSWEEP_FAULT");
  std::string count_file = variable("VNSWEEP_FAULT_COUNT");
  long at = std::atol(variable("VNSWEEP_FAULT_AT").c_str());
  std::atomic<long> calls{0};

  ~Plan() {
    if (count_file.empty()) return;
    if (std::FILE* file = std::fopen(count_file.c_str(), "w")) {
      std::fprintf(file, "%ld", calls.load());
      std::fclose(file);
    }
  }
};

Plan& plan() {
  static Plan only;
  return only;
}

bool is_watched(std::string_view path) {
  return !plan().folder.empty() && path.starts_with(plan().folder);
}

bool is_watched(int descriptor) {
  std::array<char, 4096> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  return size > 0 && is_watched(std::string_view(target.data(), static_cast<std::size_t>(size)));
}

/// A relative path is under the folder that the program is in.
bool is_watched(const char* path) {
  if (path[0] == '/') return is_watched(std::string_view(path));
  std::array<char, 4096> here{};
  if (getcwd(here.data(), here.size()) == nullptr) return false;
  return is_watched(std::string_view(std::string(here.data()) + "/" + path));
}

enum class Room { needed, none };

/// Counts a call. @returns false if it must fail, with errno set
template <class Target>
bool may_go_on(Target target, Room room = Room::none) {
  if (!is_watched(target)) return true;
  const long number = ++plan().calls;
  if (plan().at == 0 || number < plan().at) return true;
  if (plan().fault == "kill") kill(getpid(), SIGKILL);
  if (plan().fault == "full" && room == Room::needed) {
    errno = ENOSPC;
    return false;
  }
  if (plan().fault == "io" || plan().fault == "readonly") {
    errno = plan().fault == "io" ? EIO : EROFS;
    return false;
  }
  return true;
}

/// Whether the write that was just counted is the one to be torn.
bool tears(int descriptor) {
  return plan().fault == "torn" && plan().calls == plan().at && is_watched(descriptor);
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// What a dead network file system does to whoever reads from it.
void hang_if_asked(const char* path) {
  if (plan().fault != "hang" || gettid() == getpid() || !is_watched(path)) return;
  while (true)
    pause();
}

bool creates(int flags) {
  return (flags & O_CREAT) != 0;
}

mode_t mode_of(int flags, std::va_list arguments) {
  return creates(flags) ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

// Their declarations carry attributes of the C library that definitions here need not repeat.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-attributes"

#define INTERPOSE_OPEN(name)                                           \
  int name(const char* path, int flags, ...) {                         \
    std::va_list arguments;                                            \
    va_start(arguments, flags);                                        \
    const mode_t mode = mode_of(flags, arguments);                     \
    va_end(arguments);                                                 \
    if (creates(flags) && !may_go_on(path, Room::needed)) return -1;   \
    return next<int(const char*, int, ...)>(#name)(path, flags, mode); \
  }
INTERPOSE_OPEN(open)
INTERPOSE_OPEN(open64)

std::FILE* fopen64(const char* path, const char* mode) {
  if (mode[0] == 'r') hang_if_asked(path);
  if (mode[0] != 'r' && !may_go_on(path, Room::needed)) return nullptr;
  return next<std::FILE*(const char*, const char*)>("fopen64")(path, mode);
}

ssize_t write(int descriptor, const void* data, std::size_t size) {
  if (!may_go_on(descriptor, Room::needed)) return -1;
  const auto original = next<ssize_t(int, const void*, std::size_t)>("write");
  if (!tears(descriptor)) return original(descriptor, data, size);
  original(descriptor, data, size / 2);
  kill(getpid(), SIGKILL);
  return -1;
}

#define INTERPOSE_PWRITE(name)                                                        \
  ssize_t name(int descriptor, const void* data, std::size_t size, off_t offset) {    \
    if (!may_go_on(descriptor, Room::needed)) return -1;                              \
    const auto original = next<ssize_t(int, const void*, std::size_t, off_t)>(#name); \
    if (!tears(descriptor)) return original(descriptor, data, size, offset);          \
    original(descriptor, data, size / 2, offset);                                     \
    kill(getpid(), SIGKILL);                                                          \
    return -1;                                                                        \
  }
INTERPOSE_PWRITE(pwrite)
INTERPOSE_PWRITE(pwrite64)

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  if (!may_go_on(descriptor, Room::needed)) return -1;
  return next<ssize_t(int, const struct iovec*, int)>("writev")(descriptor, parts, count);
}

#define INTERPOSE_TRUNCATE(name)                           \
  int name(int descriptor, off_t size) {                   \
    if (!may_go_on(descriptor)) return -1;                 \
    return next<int(int, off_t)>(#name)(descriptor, size); \
  }
INTERPOSE_TRUNCATE(ftruncate)
INTERPOSE_TRUNCATE(ftruncate64)

int fdatasync(int descriptor) {
  if (!may_go_on(descriptor)) return -1;
  return next<int(int)>("fdatasync")(descriptor);
}

int fsync(int descriptor) {
  if (!may_go_on(descriptor)) return -1;
  return next<int(int)>("fsync")(descriptor);
}

int unlink(const char* path) {
  if (!may_go_on(path)) return -1;
  return next<int(const char*)>("unlink")(path);
}

int rename(const char* from, const char* to) {
  if (!may_go_on(to)) return -1;
  return next<int(const char*, const char*)>("rename")(from, to);
}

int mkdir(const char* path, mode_t mode) {
  if (!may_go_on(path, Room::needed)) return -1;
  return next<int(const char*, mode_t)>("mkdir")(path, mode);
}

#pragma GCC diagnostic pop

}  // extern "C"
