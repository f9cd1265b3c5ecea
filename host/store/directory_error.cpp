#include "host/store/directory_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "host/store/sqlite.hpp"

namespace vnsweep {

bool is_refusal_for_now(int code) {
  constexpr std::array kRefusals = {ENOSPC, EDQUOT, EIO, EROFS};
  return std::find(kRefusals.begin(), kRefusals.end(), code) != kRefusals.end();
}

void throw_cannot_write(const std::filesystem::path& file, int code) {
  const std::string reason = std::generic_category().message(code);
  if (is_refusal_for_now(code)) {
    throw StoreWriteError(
        fmt::format("cannot write {} ({}); make room or mend the file system and run the same "
                    "command again",
                    file.string(), reason));
  }
  throw DirectoryError(fmt::format("cannot write {} ({}); choose a writable directory with -o",
                                   file.string(), reason));
}

}  // namespace vnsweep
