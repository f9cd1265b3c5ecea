#pragma once

#include <string>
#include <string_view>

namespace vnsweep::figures {

/// gnuplot's SVG for a page: black, which axes and text are drawn in, becomes `currentColor`, ids
/// begin with `name` so that several pictures can stand in one page, and what draws nothing is
/// left out. Texts stay as they are.
std::string adapt_svg(std::string_view svg, std::string_view name);

}  // namespace vnsweep::figures
