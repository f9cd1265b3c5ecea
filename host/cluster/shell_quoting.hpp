#pragma once

#include <string>
#include <string_view>

namespace vnsweep::cluster {

/// The text as one word of a shell, in which nothing is interpreted: 'it'\''s'.
std::string shell_quoted(std::string_view text);

}  // namespace vnsweep::cluster
