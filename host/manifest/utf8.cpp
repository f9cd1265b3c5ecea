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

Utf8Character first_character(std::string_view text) {
  const Utf8Character no_character = {text.substr(0, 1), std::nullopt};
  const auto lead = static_cast<unsigned char>(text.front());
  const auto form = utf8_form(lead);
  if (!form || static_cast<std::size_t>(form->following) >= text.size()) return no_character;
  // The lead byte's own bits come after as many ones as there are bytes, and a zero.
  std::uint32_t code = form->following == 0 ? lead : lead & (0x3fU >> form->following);
  for (int k = 1; k <= form->following; ++k) {
    const auto byte = static_cast<unsigned char>(text[static_cast<std::size_t>(k)]);
    const unsigned char low = k == 1 ? form->low : 0x80;
    const unsigned char high = k == 1 ? form->high : 0xbf;
    if (byte < low || byte > high) return no_character;
    code = (code << 6U) | (byte & 0x3fU);
  }
  return {text.substr(0, static_cast<std::size_t>(form->following) + 1), code};
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (!character.code) return false;
    text.remove_prefix(character.bytes.size());
  }
  return true;
}

bool is_control_character(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xFEFF || (code >= 0xFFFE && code <= 0xFFFF);
}

}  // namespace vnsweep
