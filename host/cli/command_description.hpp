#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vnsweep {

/// What the value of an argument is, as far as a shell can complete it.
enum class ValueKind { none, text, words, device, manifest, directory, file };

/// An option, or a positional argument, of a command.
struct ArgumentDescription {
  std::vector<std::string> options;  ///< with dashes, short before long; empty: positional
  std::string value;                 ///< what to call its value: DIR, i/n; empty: takes none
  ValueKind kind = ValueKind::none;
  std::vector<std::string> words;  ///< that it accepts, if kind is words
  std::string help;
  std::string default_value;  ///< empty: none, or told in the help
  bool required = false;
  bool repeated = false;  ///< takes several values
};

struct CommandDescription {
  std::string name;
  std::string help;
  std::string footer;  ///< of this command alone; may be empty
  std::vector<ArgumentDescription> arguments;
};

/// The program's commands in the order of its help, for manual page and completion. A type name of
/// DEVICE, DIR or FILE says what an option takes, and of a positional argument its name does; a
/// type name of words between bars, such as csv|json, says which ones either takes.
std::vector<CommandDescription> describe_commands(const CLI::App& program);

/// The options that stand before a command.
std::vector<ArgumentDescription> describe_options(const CLI::App& program);

}  // namespace vnsweep
