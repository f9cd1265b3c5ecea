#include "host/manifest/utf8.hpp"

#include <cstddef>
#include <optional>

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

}  // namespace

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

}  // namespace vnsweep
