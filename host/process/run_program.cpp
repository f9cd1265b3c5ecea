#include "host/process/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace vnsweep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostMessages = 4000;
/// Far more than the queue of a large cluster; more than this is no answer to what was asked.
constexpr std::size_t kMostOutput = std::size_t{1} << 27;

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

std::vector<std::string> variables_of(ProgramEnvironment environment) {
  std::vector<std::string> variables;
  if (environment == ProgramEnvironment::inherited) {
    for (char** variable = environ; *variable != nullptr; ++variable)
      variables.emplace_back(*variable);
    return variables;
  }
  variables = {"LANG=C.UTF-8"};
  for (const char* name : {"PATH", "HOME"}) {
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

/// A stream of the program, and where what comes out of it goes.
struct Stream {
  int descriptor;
  std::string* text;
  std::size_t most;  ///< bytes that are kept
};

/// Takes what is there. @returns false at the end of the stream
bool read_some(const Stream& stream) {
  std::array<char, 4096> bytes{};
  const ssize_t size = read(stream.descriptor, bytes.data(), bytes.size());
  if (size < 0 && errno == EINTR) return true;
  if (size <= 0) return false;
  const std::size_t room = stream.most - std::min(stream.most, stream.text->size());
  stream.text->append(bytes.data(), std::min(room, static_cast<std::size_t>(size)));
  return true;
}

/// Reads until the other ends are closed. @returns false if the time was up before
bool read_streams(std::vector<Stream> streams, Clock::time_point deadline) {
  while (!streams.empty()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    std::vector<struct pollfd> requests;
    for (const Stream& stream : streams)
      requests.push_back({.fd = stream.descriptor, .events = POLLIN, .revents = 0});
    const int ready = poll(requests.data(), requests.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ready <= 0) continue;
    std::vector<Stream> open;
    for (std::size_t k = 0; k < streams.size(); ++k) {
      if (requests[k].revents == 0 || read_some(streams[k])) open.push_back(streams[k]);
    }
    streams = std::move(open);
  }
  return true;
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

ProgramResult run_program(const ProgramCall& call) {
  Pipe output;
  Pipe messages;
  FileActions actions;
  actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  actions.duplicate(output.ends[1], STDOUT_FILENO);
  actions.duplicate(messages.ends[1], STDERR_FILENO);
  if (!call.directory.empty()) actions.change_directory(call.directory);

  std::vector<std::string> words = {call.program};
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  std::vector<std::string> variables = variables_of(call.environment);
  pid_t process = -1;
  const auto deadline = Clock::now() + std::chrono::seconds(call.seconds);
  const int code = posix_spawnp(&process, call.program.c_str(), actions.get(), nullptr,
                                pointers(words).data(), pointers(variables).data());
  ProgramResult result;
  if (code == ENOENT || code == EACCES) return result;
  check(code, "posix_spawnp");
  output.close_writing();
  messages.close_writing();
  result.started = true;
  result.timed_out = !read_streams({{output.ends[0], &result.output, kMostOutput},
                                    {messages.ends[0], &result.messages, kMostMessages}},
                                   deadline);
  if (result.timed_out) kill(process, SIGKILL);
  result.status = wait_for(process);
  return result;
}

}  // namespace vnsweep
