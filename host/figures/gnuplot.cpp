#include "host/figures/gnuplot.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <system_error>

namespace vnsweep::figures {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostMessages = 4000;

void check(int code, const char* what) {
  if (code != 0) throw std::system_error(code, std::generic_category(), what);
}

/// What a child does between its birth and the program.
class FileActions {
 public:
  FileActions() {
    check(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init");
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

  void open(int descriptor, const char* file, int flags) {
    check(posix_spawn_file_actions_addopen(&actions_, descriptor, file, flags, 0),
          "posix_spawn_file_actions_addopen");
  }
  void duplicate(int from, int to) {
    check(posix_spawn_file_actions_adddup2(&actions_, from, to),
          "posix_spawn_file_actions_adddup2");
  }
  void change_directory(const std::filesystem::path& directory) {
    check(posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()),
          "posix_spawn_file_actions_addchdir_np");
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// The two ends of a pipe, closed with the object.
struct Pipe {
  std::array<int, 2> ends = {-1, -1};
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_writing();
    close(ends[0]);
  }
  void close_writing() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
};

std::vector<std::string> environment() {
  std::vector<std::string> variables = {"LANG=C.UTF-8"};
  for (const char* name : {"PATH", "HOME"}) {
    // Fonts are found through HOME; nothing else of the user's settings may change a figure.
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (value != nullptr) variables.push_back(std::string(name) + '=' + value);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Reads until the other end is closed. @returns false if the time was up before
bool read_messages(int descriptor, Clock::time_point deadline, std::string& messages) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    struct pollfd request = {.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = poll(&request, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ready <= 0) continue;
    std::array<char, 1024> bytes{};
    const ssize_t size = read(descriptor, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    if (messages.size() < kMostMessages)
      messages.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                          const std::filesystem::path& directory, std::int64_t seconds) {
  Pipe messages;
  FileActions actions;
  actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  actions.open(STDOUT_FILENO, "/dev/null", O_WRONLY);
  actions.duplicate(messages.ends[1], STDERR_FILENO);
  actions.change_directory(directory);

  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment();
  pid_t process = -1;
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  const int code = posix_spawnp(&process, program.c_str(), actions.get(), nullptr,
                                pointers(words).data(), pointers(variables).data());
  ProgramResult result;
  if (code == ENOENT || code == EACCES) return result;
  check(code, "posix_spawnp");
  messages.close_writing();
  result.started = true;
  result.timed_out = !read_messages(messages.ends[0], deadline, result.messages);
  if (result.timed_out) kill(process, SIGKILL);
  result.status = wait_for(process);
  return result;
}

}  // namespace vnsweep::figures
