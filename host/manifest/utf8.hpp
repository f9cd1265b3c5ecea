#pragma once

#include <string_view>

namespace vnsweep {

/// Whether a text is UTF-8, without overlong forms and surrogates. JSON takes nothing else.
bool is_valid_utf8(std::string_view text);

}  // namespace vnsweep
