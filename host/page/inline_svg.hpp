#pragma once

#include <string>
#include <string_view>

namespace vnsweep::page {

/// A drawing as part of an HTML page that holds several: without what only a file of its own has
/// (XML declaration, document type), without tooltips, its ids told apart by the name, and one
/// image with a text for whoever does not see it.
/// @param name  [a-z0-9-]+, of this drawing alone
/// @param text  what the picture shows, not yet escaped
/// @returns empty if this is not an SVG drawing, or one that a page must not hold (a script)
std::string inline_svg(std::string_view svg, std::string_view name, std::string_view text);

}  // namespace vnsweep::page
