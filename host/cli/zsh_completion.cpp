#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "host/cli/command_description.hpp"
#include "host/cli/completion.hpp"

namespace vnsweep {
namespace {

constexpr const char* kFrame = R"(#compdef vnsweep
# zsh completion of vnsweep; printed by `vnsweep completion zsh`.

_vnsweep_devices() {
  local -a lines devices
  lines=("${(@f)$(_call_program devices vnsweep devices 2>/dev/null)}")
  devices=(auto ${${lines:#* not available*}%% *})
  # The last of a list.
  compset -P '*,'
  compadd -a devices
}

_vnsweep_commands() {
  local -a commands
  commands=(
@NAMES@  )
  _describe -t commands command commands
}

_vnsweep() {
  local context state state_descr line ret=1
  typeset -A opt_args
  _arguments -C \
@OPTIONS@    '1:command:_vnsweep_commands' \
    '*::argument:->argument' && ret=0
  [[ $state == argument ]] || return ret
  case $line[1] in
@COMMANDS@  esac
  return ret
}

if [[ ${funcstack[1]} == _vnsweep ]]; then
  _vnsweep "$@"
else
  compdef _vnsweep vnsweep
fi
)";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return CLI::detail::find_and_replace(std::move(text), what, with);
}

/// Text inside single quotes.
std::string quotable(const std::string& text) {
  return replaced(text, "'", "'\\''");
}

std::string action_of(const ArgumentDescription& argument) {
  switch (argument.kind) {
    case ValueKind::words:
      return fmt::format("({})", fmt::join(argument.words, " "));
    case ValueKind::device:
      return "_vnsweep_devices";
    case ValueKind::manifest:
      return "_files -g \"*.(yaml|yml|json)\"";
    case ValueKind::directory:
      return "_files -/";
    case ValueKind::file:
      return "_files";
    case ValueKind::none:
    case ValueKind::text:
      break;
  }
  // Nothing to offer, but a value has to follow.
  return " ";
}

/// A specification for _arguments.
std::string specification_of(const ArgumentDescription& argument) {
  const bool takes_value = argument.kind != ValueKind::none;
  const std::string value =
      takes_value ? fmt::format(":{}:{}", argument.value, action_of(argument)) : std::string();
  if (argument.options.empty()) {
    const char* const optional = argument.required ? "" : ":";
    return fmt::format("'{}{}'", argument.repeated ? "*" : optional, value);
  }
  const std::string help = replaced(replaced(quotable(argument.help), "[", "\\["), "]", "\\]");
  std::vector<std::string> names;
  for (const std::string& option : argument.options) {
    // --name=VALUE is as good as --name VALUE.
    names.push_back(takes_value && option.starts_with("--") ? option + "=" : option);
  }
  if (names.size() == 1) return fmt::format("'{}[{}]{}'", names.front(), help, value);
  return fmt::format("'({})'{{{}}}'[{}]{}'", fmt::join(argument.options, " "),
                     fmt::join(names, ","), help, value);
}

}  // namespace

std::string zsh_completion(const CLI::App& program) {
  std::string names;
  std::string commands;
  for (const CommandDescription& command : describe_commands(program)) {
    names += fmt::format("    '{}:{}'\n", command.name, quotable(command.help));
    commands += fmt::format("    {})\n      _arguments", command.name);
    for (const ArgumentDescription& argument : command.arguments)
      commands += " \\\n        " + specification_of(argument);
    commands += " && ret=0\n      ;;\n";
  }
  std::string options;
  for (const ArgumentDescription& argument : describe_options(program))
    options += fmt::format("    {} \\\n", specification_of(argument));
  std::string script = replaced(kFrame, "@NAMES@", names);
  script = replaced(std::move(script), "@OPTIONS@", options);
  return replaced(std::move(script), "@COMMANDS@", commands);
}

}  // namespace vnsweep
