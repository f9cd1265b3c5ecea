#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "host/cli/command_description.hpp"
#include "host/cli/completion.hpp"

namespace vnsweep {
namespace {

constexpr const char* kFrame =
    R"bash(# bash completion of vnsweep; printed by `vnsweep completion bash`.

# Options of a command, or of none.
_vnsweep_options() {
  case "$1" in
@OPTIONS@  esac
}

# What stands after an option, or as the n-th positional argument, of a command.
_vnsweep_value() {
  case "$1 $2" in
@VALUES@  esac
}

# Sets what --device accepts. GPUs are looked for once in a shell.
_vnsweep_devices() {
  local name rest
  [[ -z ${_vnsweep_known_devices-} ]] || return 0
  _vnsweep_known_devices=auto
  while read -r name rest; do
    [[ $rest == 'not available'* ]] || _vnsweep_known_devices+=" $name"
  done < <("$1" devices 2>/dev/null)
}

# Directories, and files that end so.
_vnsweep_paths() {
  local current="$1" ending
  compgen -d -- "$current"
  for ending in "${@:2}"; do
    compgen -f -X "!*$ending" -- "$current"
  done
}

# Sets words to the arguments up to the cursor. Bash takes colons and equals signs for words.
_vnsweep_words() {
  local i word
  words=()
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    word="${COMP_WORDS[i]}"
    if [[ $word == = ]]; then
      ((i < COMP_CWORD)) || words+=('')
    elif ((i > 1)) && [[ $word == :* || ${COMP_WORDS[i - 1]} == : ]]; then
      words[-1]+="$word"
    else
      words+=("$word")
    fi
  done
}

_vnsweep() {
  local -a words
  _vnsweep_words
  local command='' option='' position=1 value word current="${words[-1]}" list=''
  for word in "${words[@]:0:${#words[@]}-1}"; do
    if [[ -n $option ]]; then
      option=''
    elif [[ $word == -* ]]; then
      [[ -z $(_vnsweep_value "$command" "$word") ]] || option="$word"
    elif [[ -z $command ]]; then
      command="$word"
    else
      ((++position))
    fi
  done

  if [[ -n $option ]]; then
    value="$(_vnsweep_value "$command" "$option")"
  elif [[ $current == -* ]]; then
    value="words $(_vnsweep_options "$command")"
  elif [[ -z $command ]]; then
    value='words @COMMANDS@'
  else
    value="$(_vnsweep_value "$command" "$position")"
  fi

  COMPREPLY=()
  case "$value" in
    words*) mapfile -t COMPREPLY < <(compgen -W "${value#words}" -- "$current") ;;
    device)
      list="${current%"${current##*,}"}"
      _vnsweep_devices "$1"
      mapfile -t COMPREPLY < <(compgen -P "$list" -W "$_vnsweep_known_devices" -- "${current##*,}")
      ;;
    directory) mapfile -t COMPREPLY < <(_vnsweep_paths "$current") ;;
    manifest) mapfile -t COMPREPLY < <(_vnsweep_paths "$current" .yaml .yml .json) ;;
    file) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
  esac
  case "$value" in
    # Quotes names with spaces, and adds a slash to a directory. Only while bash completes.
    directory | manifest | file) compopt -o filenames 2>/dev/null ;;
  esac
  # What is typed before a colon stays.
  COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
}

complete -F _vnsweep vnsweep
)bash";

/// What the script calls the kind of a value.
std::string value_of(const ArgumentDescription& argument) {
  switch (argument.kind) {
    case ValueKind::words:
      return fmt::format("words {}", fmt::join(argument.words, " "));
    case ValueKind::device:
      return "device";
    case ValueKind::manifest:
      return "manifest";
    case ValueKind::directory:
      return "directory";
    case ValueKind::file:
      return "file";
    case ValueKind::none:
    case ValueKind::text:
      break;
  }
  return "text";
}

std::string option_case(const std::string& pattern,
                        const std::vector<ArgumentDescription>& arguments) {
  std::vector<std::string> options;
  for (const ArgumentDescription& argument : arguments)
    options.insert(options.end(), argument.options.begin(), argument.options.end());
  return fmt::format("    {}) echo '{}' ;;\n", pattern, fmt::join(options, " "));
}

std::string value_cases(const CommandDescription& command) {
  std::string text;
  int position = 0;
  for (const ArgumentDescription& argument : command.arguments) {
    if (argument.kind == ValueKind::none) continue;
    std::vector<std::string> patterns;
    for (const std::string& option : argument.options)
      patterns.push_back(fmt::format("'{} {}'", command.name, option));
    if (patterns.empty()) {
      ++position;
      patterns.push_back(argument.repeated ? fmt::format("'{} '[0-9]*", command.name)
                                           : fmt::format("'{} {}'", command.name, position));
    }
    text += fmt::format("    {}) echo '{}' ;;\n", fmt::join(patterns, " | "), value_of(argument));
  }
  return text;
}

void fill(std::string& frame, const std::string& place, const std::string& text) {
  frame = CLI::detail::find_and_replace(std::move(frame), place, text);
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string options = option_case("''", describe_options(program));
  std::string values;
  std::vector<std::string> names;
  for (const CommandDescription& command : describe_commands(program)) {
    names.push_back(command.name);
    options += option_case(command.name, command.arguments);
    values += value_cases(command);
  }
  std::string script = kFrame;
  fill(script, "@OPTIONS@", options);
  fill(script, "@VALUES@", values);
  fill(script, "@COMMANDS@", fmt::format("{}", fmt::join(names, " ")));
  return script;
}

}  // namespace vnsweep
