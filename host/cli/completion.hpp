#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace vnsweep {

// Scripts that make a shell complete the program's commands, options and values: words, devices of
// the machine, manifests, directories and files.

std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);

}  // namespace vnsweep
