#include "host/cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "host/store/directory_error.hpp"
#include "host/store/sqlite.hpp"

namespace vnsweep {

void fill_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest number that is free is this one, as those below are taken.
    if (fcntl(stream, F_GETFD) == -1) static_cast<void>(open("/dev/null", O_RDONLY));
  }
}

void write_message(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

namespace {

/// Why output fails, as errno. The call that failed may be long ago, so that it takes another one.
int output_problem() {
  std::cout.clear();
  std::clearerr(stdout);
  errno = 0;
  std::cout.put('\n').flush();
  return errno;
}

}  // namespace

void check_output() {
  std::cout.flush();
  if (std::cout) return;
  const int code = output_problem();
  const std::string problem =
      fmt::format("cannot write to standard output ({})", std::generic_category().message(code));
  if (!is_refusal_for_now(code)) throw std::runtime_error(problem);
  throw StoreWriteError(problem + "; make room and run the same command again");
}

}  // namespace vnsweep
