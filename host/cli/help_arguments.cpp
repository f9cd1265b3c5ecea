#include "host/cli/help_arguments.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "host/cli/completion.hpp"
#include "host/cli/manual_page.hpp"
#include "host/cli/output.hpp"

namespace vnsweep {

void add_help(CLI::App& program, std::function<ExitCode()>& action) {
  program.add_flag_callback(
      "--help-man",
      [&program] {
        std::cout << manual_page(program);
        check_output();
        throw CLI::Success();
      },
      "Print the manual page, for man -l -");

  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      program.add_subcommand("completion", "Print what makes a shell complete this command line");
  command->add_option("SHELL", *shell, "Which one")
      ->required()
      ->type_name("bash|zsh")
      ->check(CLI::IsMember({"bash", "zsh"}).description(""));
  command->footer(
      "bash: add  source <(vnsweep completion bash)  to ~/.bashrc.\n"
      "zsh: vnsweep completion zsh > FOLDER/_vnsweep, where FOLDER is one of $fpath.");
  command->callback([&program, &action, shell] {
    action = [&program, shell] {
      std::cout << (*shell == "bash" ? bash_completion(program) : zsh_completion(program));
      check_output();
      return ExitCode::complete;
    };
  });
}

std::string exit_code_text() {
  std::string text = "Exit codes:";
  for (const ExitCodeMeaning& entry : kExitCodes)
    text += fmt::format("\n  {:<4} {}", static_cast<int>(entry.code), entry.meaning);
  return text;
}

}  // namespace vnsweep
