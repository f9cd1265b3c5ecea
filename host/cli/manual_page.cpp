#include "host/cli/manual_page.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <string_view>
#include <vector>

#include "build_info.hpp"
#include "host/cli/command_description.hpp"
#include "host/cli/exit_code.hpp"

namespace vnsweep {
namespace {

struct Entry {
  const char* name;
  const char* meaning;
};

constexpr std::array kFiles = {
    Entry{"DIR/manifest.yaml, DIR/manifest.json",
          "The manifest as given last, and with every default resolved."},
    Entry{"DIR/runs-K.db",
          "SQLite database with the runs and probes of shard K, counted from 0; a sweep without "
          "shards has runs-0.db. Read it with export, or from Python with vnsweep.py."},
    Entry{"DIR/runs-K.lock, DIR/manifest.lock", "Name the processes that write there."},
    Entry{"DIR/jobs.json, DIR/slurm/",
          "Jobs that submit started, and their scripts, logs and copy of the manifest."},
    Entry{"DIR/report/", "Page, figures and their data, as report writes them."},
    Entry{"~/.cache/vnsweep/calibration.json", "Speeds of this machine, as plan measured them."},
    Entry{"/usr/share/vnsweep/sweeps/",
          "Manifests to begin with, and manifest.schema.json, the JSON Schema of manifests, for "
          "completion and checks in an editor. Another prefix has the same folders below share/."},
    Entry{"/usr/share/vnsweep/python/vnsweep.py", "Reads a results directory into pandas."},
    Entry{"/usr/share/doc/vnsweep/README.md",
          "Manifests key by key, what is measured, and what is promised about the numbers."},
};

constexpr std::array kEnvironment = {
    Entry{"CUDA_VISIBLE_DEVICES", "GPUs that may be used, as for every CUDA program."},
    Entry{"XDG_CACHE_HOME, HOME",
          "Where plan keeps its calibration: vnsweep/calibration.json below $XDG_CACHE_HOME or "
          "$HOME/.cache. Without them it measures every time, unless --calibration names a file."},
    Entry{"PATH", "Where report looks for gnuplot, and submit, status and cancel for Slurm."},
};

/// Text of a man page: what is not set here stays as it is typed, hyphens and quotes included.
class Page {
 public:
  void request(const std::string& line) { text_ += line + '\n'; }

  void section(const char* title) { request(fmt::format(".SH {}", title)); }

  /// Lines that begin with a space stay lines, an empty line begins a paragraph.
  void prose(const std::string& paragraphs) {
    std::istringstream lines(paragraphs);
    bool example = false;
    for (std::string line; std::getline(lines, line);) {
      const bool indented = line.starts_with(' ');
      if (indented != example) request(indented ? ".RS\n.nf" : ".fi\n.RE");
      example = indented;
      const std::size_t begin = line.find_first_not_of(' ');
      request(begin == std::string::npos ? ".PP" : escaped(line.substr(begin)));
    }
    if (example) request(".fi\n.RE");
  }

  /// @param tag  with requests for fonts
  void item(const std::string& tag, const std::string& meaning) {
    request(".TP\n" + tag);
    prose(meaning.empty() ? std::string("\n") : meaning);
  }

  template <class Entries>
  void entries(const Entries& entries) {
    for (const Entry& entry : entries)
      item(bold(entry.name), entry.meaning);
  }

  static std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
  static std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

  const std::string& text() const { return text_; }

 private:
  static std::string escaped(std::string_view text) {
    std::string result;
    // A line that begins with one of these is a request.
    if (text.starts_with('.') || text.starts_with('\'')) result += "\\&";
    for (const char c : text) {
      switch (c) {
        case '\\':
          result += "\\e";
          break;
        case '-':
          result += "\\-";
          break;
        case '\'':
          result += "\\(aq";
          break;
        case '`':
          result += "\\(ga";
          break;
        case '^':
          result += "\\(ha";
          break;
        case '~':
          result += "\\(ti";
          break;
        default:
          result += c;
      }
    }
    return result;
  }

  std::string text_;
};

std::string tag_of(const ArgumentDescription& argument) {
  std::string tag;
  for (const std::string& option : argument.options)
    tag += (tag.empty() ? "" : ", ") + Page::bold(option);
  if (argument.value.empty()) return tag;
  if (!tag.empty()) tag += ' ';
  tag += Page::italic(argument.value);
  if (argument.repeated) tag += " ...";
  return tag;
}

void write_arguments(Page& page, const std::vector<ArgumentDescription>& arguments) {
  for (const ArgumentDescription& argument : arguments) {
    std::string meaning = argument.help;
    if (!argument.default_value.empty())
      meaning += fmt::format(" (default: {})", argument.default_value);
    if (argument.required && !argument.options.empty()) meaning += " (required)";
    page.item(tag_of(argument), meaning);
  }
}

/// Every command has it; it is told once.
bool is_help(const ArgumentDescription& argument) {
  return !argument.options.empty() && argument.options.back() == "--help";
}

std::string synopsis_of(const CommandDescription& command) {
  std::string line = Page::bold("vnsweep " + command.name);
  bool options = false;
  for (const ArgumentDescription& argument : command.arguments) {
    if (argument.options.empty() || is_help(argument)) continue;
    if (argument.required)
      line += " " + Page::bold(argument.options.front()) + " " + Page::italic(argument.value);
    options = options || !argument.required;
  }
  if (options) line += " [" + Page::italic("OPTION") + "]...";
  for (const ArgumentDescription& argument : command.arguments) {
    if (!argument.options.empty()) continue;
    const std::string name = Page::italic(argument.value) + (argument.repeated ? "..." : "");
    line += argument.required ? " " + name : " [" + name + "]";
  }
  return line;
}

void write_commands(Page& page, const CLI::App& program) {
  const std::vector<CommandDescription> commands = describe_commands(program);
  page.section("SYNOPSIS");
  for (const CommandDescription& command : commands) {
    if (&command != &commands.front()) page.request(".br");
    page.request(synopsis_of(command));
  }
  page.section("DESCRIPTION");
  page.prose(program.get_description());
  page.prose("\nResults go to standard output, everything else to standard error.");
  page.section("OPTIONS");
  page.prose("Every command has --help, which tells of that command alone.");
  write_arguments(page, describe_options(program));
  page.section("COMMANDS");
  for (const CommandDescription& command : commands) {
    page.request(".SS " + command.name);
    page.prose(command.help + ".");
    std::vector<ArgumentDescription> arguments = command.arguments;
    std::erase_if(arguments, is_help);
    write_arguments(page, arguments);
    if (!command.footer.empty()) page.prose("\n" + command.footer);
  }
}

}  // namespace

std::string manual_page(const CLI::App& program) {
  Page page;
  page.request(fmt::format(".TH VNSWEEP 1 \"\" \"vnsweep {}\" \"User Commands\"", build::kVersion));
  page.request(".\\\" Printed by `vnsweep --help-man`.");
  // Ragged lines without broken words: paths and options stay readable.
  page.request(".nh\n.ad l");
  page.section("NAME");
  page.request("vnsweep \\- measure how likely the training of deep networks is to fail, and why");
  write_commands(page, program);
  page.section("EXIT STATUS");
  for (const ExitCodeMeaning& entry : kExitCodes)
    page.item(Page::bold(std::to_string(static_cast<int>(entry.code))), entry.meaning);
  page.section("FILES");
  page.entries(kFiles);
  page.section("ENVIRONMENT");
  page.entries(kEnvironment);
  page.section("SEE ALSO");
  page.request(".BR gnuplot (1),\n.BR sbatch (1)");
  page.request(
      ".PP\nVanishing Nodes: Another Phenomenon That Makes Training Deep Neural Networks "
      "Difficult,\n.UR https://arxiv.org/abs/1910.09745\narXiv:1910.09745\n.UE .");
  return page.text();
}

}  // namespace vnsweep
