#include "host/cli/command_description.hpp"

#include <cstddef>

namespace vnsweep {
namespace {

ValueKind kind_of(const std::string& value) {
  if (value == "DEVICE") return ValueKind::device;
  if (value == "MANIFEST") return ValueKind::manifest;
  if (value == "FILE") return ValueKind::file;
  if (value.starts_with("DIR")) return ValueKind::directory;
  return ValueKind::text;
}

/// The name of a type, without what validators add after a colon: UINT of "UINT:UINT in [1 - 64]".
std::string type_name_of(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

ArgumentDescription describe(const CLI::Option& option) {
  ArgumentDescription argument;
  if (option.nonpositional()) {
    for (const std::string& name : option.get_snames())
      argument.options.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
      argument.options.push_back("--" + name);
  }
  if (option.get_items_expected_max() > 0) {
    const std::string type = type_name_of(option);
    argument.value = option.get_positional() ? option.get_name(true) : type;
    argument.kind = kind_of(argument.value);
    if (type.find('|') != std::string::npos) {
      argument.kind = ValueKind::words;
      argument.words = CLI::detail::split(type, '|');
    }
  }
  argument.help = option.get_description();
  if (argument.kind != ValueKind::none) argument.default_value = option.get_default_str();
  argument.required = option.get_required();
  argument.repeated = option.get_expected_max() > 1;
  return argument;
}

}  // namespace

std::vector<ArgumentDescription> describe_options(const CLI::App& program) {
  std::vector<ArgumentDescription> arguments;
  for (const CLI::Option* option : program.get_options()) {
    if (!option->get_group().empty()) arguments.push_back(describe(*option));
  }
  return arguments;
}

std::vector<CommandDescription> describe_commands(const CLI::App& program) {
  std::vector<CommandDescription> commands;
  for (const CLI::App* command :
       program.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); })) {
    // A command without a footer of its own has that of the program.
    const std::string footer =
        command->get_footer() == program.get_footer() ? std::string() : command->get_footer();
    commands.push_back(
        {command->get_name(), command->get_description(), footer, describe_options(*command)});
  }
  return commands;
}

}  // namespace vnsweep
