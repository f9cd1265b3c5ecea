#include "host/store/write_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "host/store/directory_error.hpp"

namespace vnsweep {

void write_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path temporary = file.string() + ".tmp";
  std::error_code status;
  // Whatever a cut-off write left there, or a link that leads out of the directory.
  std::filesystem::remove(temporary, status);
  std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) {
    const int code = errno;
    std::filesystem::remove(temporary, status);
    throw_cannot_write(file, code);
  }
  std::filesystem::rename(temporary, file, status);
  if (status) throw_cannot_write(file, status.value());
}

}  // namespace vnsweep
