#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "host/cli/exit_code.hpp"

namespace vnsweep {

/// What the program says of itself: the option that prints its manual page, and the command that
/// prints completions for shells. To be called after every other command was added.
void add_help(CLI::App& program, std::function<ExitCode()>& action);

/// The exit codes, a line each, for the end of the help.
std::string exit_code_text();

}  // namespace vnsweep
