#include <fmt/format.h>

#include "host/page/escape.hpp"
#include "host/page/sections.hpp"

namespace vnsweep::page {

std::string section(std::string_view id, std::string_view heading, const std::string& body) {
  return fmt::format(
      "<section id=\"{0}\" aria-labelledby=\"{0}-heading\">\n<h2 id=\"{0}-heading\">{1}</h2>\n{2}"
      "</section>\n",
      id, escape_html(heading), body);
}

std::string scroll_box(std::string_view label, const std::string& html) {
  // A box that scrolls has to be reached by keyboard.
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n{}</div>\n",
      escape_html(label), html);
}

std::string table(std::string_view caption, const std::vector<std::vector<std::string>>& rows) {
  std::string html = fmt::format("<table><caption>{}</caption>\n<thead><tr>", escape_html(caption));
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (k == 1) html += "<tbody>\n";
    if (k > 0) html += "<tr>";
    for (const std::string& text : rows[k]) {
      html += k == 0 ? "<th scope=\"col\">" : "<td>";
      html += escape_html(text);
      html += k == 0 ? "</th>" : "</td>";
    }
    html += k == 0 ? "</tr></thead>\n" : "</tr>\n";
  }
  html += rows.size() > 1 ? "</tbody></table>\n" : "</table>\n";
  return scroll_box(caption, html);
}

std::string command_block(std::string_view text) {
  return fmt::format("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape_html(text));
}

}  // namespace vnsweep::page
