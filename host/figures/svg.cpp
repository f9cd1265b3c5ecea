#include "host/figures/svg.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace vnsweep::figures {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Attributes of one line; gnuplot writes a line for each text, which is never touched.
void adapt_line(std::string& line, std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kBlacks = {
      {{"color=\"black\"", "color=\"currentColor\""},
       {"stroke=\"black\"", "stroke=\"currentColor\""},
       {"fill=\"black\"", "fill=\"currentColor\""},
       {"stroke='black'", "stroke='currentColor'"},
       {"color='black'", "color='currentColor'"},
       {"fill='black'", "fill='currentColor'"}}};
  for (const auto& [from, to] : kBlacks)
    replace_all(line, from, to);
  const std::string prefix = std::string(name) + "-gp";
  replace_all(line, "id='gp", "id='" + prefix);
  replace_all(line, "href='#gp", "href='#" + prefix);
  replace_all(line, "id=\"gnuplot_canvas\"", "id=\"" + std::string(name) + "-canvas\"");
}

/// Whether the line at `at` opens a group that the next line closes.
bool opens_empty_group(std::string_view rest) {
  const std::size_t end = rest.find('\n');
  return end != std::string_view::npos && rest.starts_with("<g ") &&
         rest.substr(0, end).ends_with('>') &&
         rest.substr(0, end).find('<', 1) == std::string_view::npos &&
         rest.substr(end + 1).starts_with("</g>\n");
}

}  // namespace

std::string adapt_svg(std::string_view svg, std::string_view name) {
  constexpr std::string_view kClose = "</g>\n";
  std::string result;
  result.reserve(svg.size());
  bool in_filter = false;
  while (!svg.empty()) {
    const std::size_t end = std::min(svg.find('\n'), svg.size() - 1) + 1;
    if (opens_empty_group(svg)) {
      svg.remove_prefix(end + kClose.size());
      continue;
    }
    std::string line(svg.substr(0, end));
    svg.remove_prefix(end);
    // Backgrounds of boxed labels, which no figure has; their ids would be the same in each.
    if (line.find("<filter ") != std::string::npos) in_filter = true;
    const bool skip = in_filter || line.starts_with("<?xml") || line.starts_with("<desc>") ||
                      line.starts_with("<title>");
    if (line.find("</filter>") != std::string::npos) in_filter = false;
    // Names of plots are the same in every picture, and show as tool tips.
    if (line.starts_with("\t<g id=\"gnuplot_plot_")) line = "\t<g>\n";
    if (skip) continue;
    if (line.find("<text>") == std::string::npos && line.find("<title>") == std::string::npos)
      adapt_line(line, name);
    result += line;
  }
  return result;
}

}  // namespace vnsweep::figures
