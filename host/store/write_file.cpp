#include "host/store/write_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include "host/store/directory_error.hpp"

namespace vnsweep {

void write_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path temporary = file.string() + ".tmp";
  std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  std::error_code status;
  if (!stream) {
    const int code = errno;
    std::filesystem::remove(temporary, status);
    throw DirectoryError(fmt::format("cannot write {} ({}); check space and permissions",
                                     file.string(), std::generic_category().message(code)));
  }
  std::filesystem::rename(temporary, file, status);
  if (status) {
    throw DirectoryError(
        fmt::format("cannot write {} ({}); check permissions", file.string(), status.message()));
  }
}

}  // namespace vnsweep
