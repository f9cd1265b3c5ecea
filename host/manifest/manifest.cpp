#include "host/manifest/manifest.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "host/manifest/manifest_reader.hpp"
#include "host/manifest/utf8.hpp"

namespace vnsweep {

std::optional<PrecisionGoal> Manifest::adaptive_seeds() const {
  for (const AxisGroup& group : groups) {
    for (const Axis& axis : group.axes) {
      if (axis.adaptive) return axis.adaptive;
    }
  }
  return std::nullopt;
}

Manifest parse_manifest(std::string_view text, const std::string& file, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    throw ManifestError(
        fmt::format("{}: error: the file is larger than {} bytes (a manifest is a "
                    "short text); is it the right file?",
                    file, max_bytes));
  }
  if (text.find('\0') != std::string_view::npos || !is_valid_utf8(text)) {
    throw ManifestError(fmt::format(
        "{}: error: the file is not UTF-8 text (it holds binary data); is it the right file?",
        file));
  }
  return read_manifest(text, file);
}

Manifest load_manifest(const std::filesystem::path& file, std::size_t max_bytes) {
  const std::string name = file.string();
  std::error_code status;
  if (std::filesystem::is_directory(file, status)) {
    throw ManifestError(fmt::format("{}: error: is a directory; give the manifest file", name));
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw ManifestError(fmt::format("{}: error: cannot be read ({}); check the path", name,
                                    std::generic_category().message(errno)));
  }
  // More than allowed is enough to tell that a file is too large.
  std::string text;
  std::array<char, 65'536> piece{};
  while (text.size() <= max_bytes && stream) {
    stream.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
  }
  return parse_manifest(text, name, max_bytes);
}

}  // namespace vnsweep
