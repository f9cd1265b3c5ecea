#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "host/cli/exit_code.hpp"

namespace vnsweep {

/// Adds the commands that need a batch system; the one that is given becomes the action.
void add_submit(CLI::App& app, std::function<ExitCode()>& action);
void add_cancel(CLI::App& app, std::function<ExitCode()>& action);

}  // namespace vnsweep
