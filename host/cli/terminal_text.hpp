#pragma once

#include <string>
#include <string_view>

namespace vnsweep {

/// A text for people at a terminal, which obeys control characters that a name of a file or of a
/// manifest may hold: "\\x1b" in place of such a character (beyond ASCII "\\u202e") and of bytes
/// that are no UTF-8. Line ends and tabs stay.
std::string terminal_text(std::string_view text);

}  // namespace vnsweep
