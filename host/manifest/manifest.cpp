#include "host/manifest/manifest.hpp"

#include <fmt/format.h>

#include <fstream>

#include "host/manifest/manifest_reader.hpp"

namespace vnsweep {
namespace {

/// Bytes that follow a lead byte, and the range of the first of them, which excludes overlong
/// forms, surrogates and values beyond U+10FFFF. Source: Unicode 15, table 3-7.
struct Utf8Form {
  int following = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
};

/// @returns nothing for a byte that begins no character
std::optional<Utf8Form> utf8_form(unsigned char lead) {
  if (lead < 0x80) return Utf8Form{};
  if (lead >= 0xc2 && lead <= 0xdf) return Utf8Form{.following = 1};
  if (lead == 0xe0) return Utf8Form{.following = 2, .low = 0xa0};
  if (lead == 0xed) return Utf8Form{.following = 2, .high = 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return Utf8Form{.following = 2};
  if (lead == 0xf0) return Utf8Form{.following = 3, .low = 0x90};
  if (lead >= 0xf1 && lead <= 0xf3) return Utf8Form{.following = 3};
  if (lead == 0xf4) return Utf8Form{.following = 3, .high = 0x8f};
  return std::nullopt;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto form = utf8_form(static_cast<unsigned char>(text[i]));
    if (!form || i + static_cast<std::size_t>(form->following) >= text.size()) return false;
    ++i;
    for (int k = 0; k < form->following; ++k, ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      const unsigned char low = k == 0 ? form->low : 0x80;
      const unsigned char high = k == 0 ? form->high : 0xbf;
      if (byte < low || byte > high) return false;
    }
  }
  return true;
}

}  // namespace

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
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw ManifestError(
        fmt::format("{}: error: cannot be read ({}); check the path", name,
                    std::filesystem::exists(file, status) ? "no permission" : "no such file"));
  }
  // One byte more than allowed is enough to tell that a file is too large.
  std::string text(max_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_manifest(text, name, max_bytes);
}

}  // namespace vnsweep
