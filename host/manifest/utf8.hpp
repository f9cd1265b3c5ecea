#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vnsweep {

/// Whether a text is UTF-8, without overlong forms and surrogates. JSON takes nothing else.
bool is_valid_utf8(std::string_view text);

/// A character, or a single byte that is part of none.
struct Utf8Character {
  std::string_view bytes;
  std::optional<std::uint32_t> code;  ///< Unicode's number for it; empty for such a byte
};

/// The character that a text begins with. @param text  not empty
Utf8Character first_character(std::string_view text);

/// Whether a character is no sign but does something to those around it: controls, separators of
/// lines, and marks that turn the direction of what follows.
bool is_control_character(std::uint32_t code);

}  // namespace vnsweep
