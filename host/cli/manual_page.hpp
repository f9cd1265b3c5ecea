#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vnsweep {

/// The manual page vnsweep(1) in groff's man macros. Commands and options are those of the program;
/// manual_page.cpp adds what its help does not tell.
std::string manual_page(const CLI::App& program);

}  // namespace vnsweep
