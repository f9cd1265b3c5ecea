#include "host/page/inline_svg.hpp"

#include <cstddef>

#include "host/page/escape.hpp"

namespace vnsweep::page {
namespace {

void remove_all(std::string& text, std::string_view begin, std::string_view end) {
  for (std::size_t from = text.find(begin); from != std::string::npos;
       from = text.find(begin, from)) {
    const std::size_t to = text.find(end, from);
    if (to == std::string::npos) return;
    text.erase(from, to + end.size() - from);
  }
}

void insert_after(std::string& text, std::string_view mark, std::string_view addition) {
  for (std::size_t at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + mark.size() + addition.size())) {
    text.insert(at + mark.size(), addition);
  }
}

}  // namespace

std::string inline_svg(std::string_view svg, std::string_view name, std::string_view text) {
  const std::size_t begin = svg.find("<svg");
  const std::size_t end = svg.rfind("</svg>");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
  std::string html(svg.substr(begin, end + 6 - begin));
  if (html.find("<script") != std::string::npos) return "";

  remove_all(html, "<title>", "</title>");
  remove_all(html, "<desc>", "</desc>");
  // Ids are of the whole page; drawings of one program have the same ones.
  const std::string prefix = std::string(name) + "-";
  for (const std::string_view mark : {" id=\"", " id='", "href=\"#", "href='#", "url(#"})
    insert_after(html, mark, prefix);
  html.insert(4, " role=\"img\" aria-label=\"" + escape_html(text) + "\"");
  return html;
}

}  // namespace vnsweep::page
