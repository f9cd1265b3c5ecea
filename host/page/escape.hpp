#pragma once

#include <string>
#include <string_view>

namespace vnsweep::page {

/// Text of a manifest or a database as HTML, in an element or in a quoted attribute: & < > " ' are
/// character references. What HTML cannot hold, control characters but tab and line feed and bytes
/// that are not UTF-8, becomes U+FFFD, one for each character or byte.
std::string escape_html(std::string_view text);

/// One word of a POSIX shell, quoted where it has to be, for commands to be copied.
std::string shell_word(std::string_view text);

}  // namespace vnsweep::page
