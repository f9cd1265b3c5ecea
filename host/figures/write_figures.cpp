#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "host/figures/figure.hpp"
#include "host/figures/svg.hpp"
#include "host/process/run_program.hpp"
#include "host/report/text.hpp"
#include "host/store/write_file.hpp"

namespace vnsweep::figures {
namespace {

namespace fs = std::filesystem;

// Text is set at 8 points. On a screen that is the size of running text.
constexpr double kScreenDotsPerCentimetre = 56.0;
constexpr double kPrintDotsPerInch = 300.0;
constexpr double kGnuplotDotsPerInch = 96.0;
constexpr double kCentimetresPerInch = 2.54;

void check_name(const Figure& figure) {
  const bool valid =
      !figure.name.empty() && std::all_of(figure.name.begin(), figure.name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  if (!valid) throw std::invalid_argument("a figure's name is not made of a-z, 0-9 and hyphens");
}

std::string csv_of(const Figure& figure) {
  std::vector<std::string> fields;
  for (const Column& column : figure.data)
    fields.push_back(column.name);
  std::string text = csv_line(fields);
  const std::size_t rows = figure.data.empty() ? 0 : figure.data.front().values.size();
  for (std::size_t row = 0; row < rows; ++row) {
    fields.clear();
    for (const Column& column : figure.data)
      fields.push_back(column.values.at(row));
    text += csv_line(fields);
  }
  return text;
}

/// gnuplot's commands that draw one figure three times.
std::vector<std::string> drawing_arguments(const Figure& figure) {
  const auto screen = [](double cm) { return static_cast<int>(cm * kScreenDotsPerCentimetre); };
  const auto print = [](double cm) {
    return static_cast<int>(cm / kCentimetresPerInch * kPrintDotsPerInch);
  };
  const double font = 8.0 / 72.0 * kCentimetresPerInch * kScreenDotsPerCentimetre;
  const double magnification = kPrintDotsPerInch / kGnuplotDotsPerInch;
  const std::vector<std::pair<std::string, std::string>> terminals = {
      {"svg", fmt::format("svg size {},{} fixed noenhanced font 'sans,{:.1f}' linewidth 1.6",
                          screen(figure.width), screen(figure.height), font)},
      {"pdf", fmt::format("pdfcairo size {:.2f}cm,{:.2f}cm noenhanced font 'sans,8'", figure.width,
                          figure.height)},
      {"png", fmt::format("pngcairo size {},{} noenhanced font 'sans,8' fontscale {:.3f} "
                          "linewidth {:.3f} pointscale {:.3f} background '#ffffff'",
                          print(figure.width), print(figure.height), magnification, magnification,
                          magnification)}};
  // Settings of the user stay out of it.
  std::vector<std::string> arguments = {"-d"};
  for (const auto& [extension, terminal] : terminals) {
    arguments.insert(
        arguments.end(),
        {"-e", fmt::format("set terminal {}; set output '{}.{}'", terminal, figure.name, extension),
         figure.name + ".gp", "-e", "unset output"});
  }
  return arguments;
}

void adapt_svg_file(const fs::path& file, const std::string& name) {
  std::ifstream stream(file, std::ios::binary);
  const std::string svg{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.good() && svg.empty())
    throw std::runtime_error(fmt::format("cannot read {}", file.string()));
  write_file(file, adapt_svg(svg, name));
}

/// Problem with what gnuplot did, or an empty string.
std::string problem_of(const ProgramResult& result, const Figure& figure, const Drawing& drawing) {
  if (result.timed_out) {
    return fmt::format(
        "{} did not draw {} within {} s; draw it from its script {}.gp, or try again on a quieter "
        "machine",
        drawing.program, figure.name, drawing.seconds, figure.name);
  }
  if (result.status == 0) return "";
  return fmt::format("{} could not draw {} (exit status {}: {}); its script is {}.gp",
                     drawing.program, figure.name, result.status, result.messages, figure.name);
}

}  // namespace

RenderResult write_figures(const std::vector<Figure>& figures, const fs::path& directory) {
  return write_figures(figures, directory, Drawing{});
}

RenderResult write_figures(const std::vector<Figure>& figures, const fs::path& directory,
                           const Drawing& drawing) {
  if (!fs::is_directory(directory)) {
    throw std::runtime_error(fmt::format(
        "{} is not a directory; make it before figures are written", directory.string()));
  }
  RenderResult result;
  bool is_installed = true;
  for (const Figure& figure : figures) {
    check_name(figure);
    write_file(directory / (figure.name + ".csv"), csv_of(figure));
    write_file(directory / (figure.name + ".gp"), figure.script);
    Rendered& files = result.files[figure.name];
    if (!is_installed) continue;
    const ProgramResult drawn =
        run_program({.program = drawing.program,
                     .arguments = drawing_arguments(figure),
                     .directory = directory,
                     // Fonts are found through HOME; nothing else may change a figure.
                     .environment = ProgramEnvironment::plain,
                     .seconds = drawing.seconds});
    if (!drawn.started) {
      is_installed = false;
      result.problem = fmt::format(
          "figures were not drawn ({} is not installed); install Debian's package gnuplot-nox and "
          "run the command again",
          drawing.program);
      continue;
    }
    const std::string problem = problem_of(drawn, figure, drawing);
    if (!problem.empty()) {
      result.problem += (result.problem.empty() ? "" : "\n") + problem;
      for (const char* extension : {".svg", ".pdf", ".png"}) {
        std::error_code ignored;
        fs::remove(directory / (figure.name + extension), ignored);
      }
      continue;
    }
    files = {.svg = directory / (figure.name + ".svg"),
             .pdf = directory / (figure.name + ".pdf"),
             .png = directory / (figure.name + ".png")};
    adapt_svg_file(files.svg, figure.name);
  }
  return result;
}

}  // namespace vnsweep::figures
