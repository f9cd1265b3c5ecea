#pragma once

#include <string_view>

namespace vnsweep::page {

/// The page's style sheet: light and dark, narrow and wide, print.
std::string_view style_sheet();

/// The page's only script: sorts and filters the table of cells. Without it all rows are shown.
std::string_view script();

/// What the page may load and run, by the browser's own enforcement: its style, this script by its
/// SHA-256, nothing from anywhere.
std::string_view content_security_policy();

}  // namespace vnsweep::page
