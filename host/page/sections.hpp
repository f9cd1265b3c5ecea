#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/page/page.hpp"

namespace vnsweep::page {

// The parts of the page in its order, each a whole element; empty where there is nothing to say.

std::string findings_section(const Content& content);
std::string figures_section(const Content& content);
std::string curves_section(const Content& content);
std::string cells_section(const Content& content);
std::string errors_section(const Content& content);
std::string sweep_section(const Content& content);
std::string provenance_section(const Content& content);
std::string reproduce_section(const Content& content);

/// A section with its heading. @param body  HTML
std::string section(std::string_view id, std::string_view heading, const std::string& body);

/// A table in a box that scrolls where the page is narrower; texts are not yet escaped.
/// @param rows  the first is the head
std::string table(std::string_view caption, const std::vector<std::vector<std::string>>& rows);

/// The same around a table that is HTML already.
std::string scroll_box(std::string_view label, const std::string& html);

/// A command to be copied. @param text  not yet escaped
std::string command_block(std::string_view text);

}  // namespace vnsweep::page
