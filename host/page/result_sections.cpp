#include <fmt/format.h>

#include <algorithm>

#include "host/page/escape.hpp"
#include "host/page/findings.hpp"
#include "host/page/inline_svg.hpp"
#include "host/page/sections.hpp"
#include "host/report/curve_columns.hpp"

namespace vnsweep::page {
namespace {

/// Rows of a figure's data that stand in for a drawing; all of them are in its CSV file.
constexpr std::size_t kMostDataRows = 20;
/// Longer tables of curves are opened on demand, and not printed otherwise.
constexpr std::size_t kMostOpenCurves = 50;
/// cm; a figure beyond one column of a journal takes the page's whole width.
constexpr double kOneColumn = 10.0;

std::string link(const std::string& file, std::string_view text) {
  return fmt::format("<a href=\"{}\">{}</a>", escape_html(file), text);
}

std::string links(const ShownFigure& shown) {
  const std::string stem = "figures/" + shown.figure.name;
  std::string html = "<p class=\"links\">";
  if (shown.has_files) {
    html += link(stem + ".pdf", "PDF") + " " + link(stem + ".svg", "SVG") + " " +
            link(stem + ".png", "PNG") + " ";
  }
  return html + link(stem + ".csv", "data (CSV)") + " " + link(stem + ".gp", "gnuplot script") +
         "</p>\n";
}

/// The first rows of the data, for a figure that was not drawn.
std::string data_table(const figures::Figure& figure) {
  std::vector<std::vector<std::string>> rows(1);
  std::size_t count = 0;
  for (const figures::Column& column : figure.data) {
    rows[0].push_back(column.name);
    count = std::max(count, column.values.size());
  }
  for (std::size_t k = 0; k < std::min(count, kMostDataRows); ++k) {
    std::vector<std::string> row;
    for (const figures::Column& column : figure.data)
      row.push_back(k < column.values.size() ? column.values[k] : "");
    rows.push_back(std::move(row));
  }
  return table(count > kMostDataRows
                   ? fmt::format("First {} of {} rows of the data", kMostDataRows, count)
                   : "Data",
               rows);
}

std::string figure_html(const ShownFigure& shown) {
  const figures::Figure& figure = shown.figure;
  const std::string drawing = inline_svg(shown.svg, figure.name, figure.finding);
  std::string html =
      fmt::format("<figure id=\"figure-{}\"{}>\n<h3>{}</h3>\n", figure.name,
                  figure.width > kOneColumn ? " class=\"wide\"" : "", escape_html(figure.title));
  if (drawing.empty()) {
    html += fmt::format("<p>{}</p>\n", escape_html(figure.finding)) + data_table(figure);
  } else {
    html += fmt::format("<div class=\"drawing\">{}</div>\n", drawing);
  }
  return html + fmt::format("<figcaption>{}</figcaption>\n", escape_html(figure.caption)) +
         links(shown) + "</figure>\n";
}

}  // namespace

std::string findings_section(const Content& content) {
  std::string list = "<ul class=\"findings\">\n";
  for (const std::string& sentence : findings(content.summary))
    list += fmt::format("<li>{}</li>\n", escape_html(sentence));
  return section("findings", "Findings", list + "</ul>\n");
}

std::string figures_section(const Content& content) {
  std::string body;
  if (!content.figure_problem.empty())
    body += fmt::format("<p class=\"notice\">{}</p>\n", escape_html(content.figure_problem));
  if (content.figures.empty()) {
    if (body.empty()) return "";
    return section("figures", "Figures", body);
  }
  body += "<div class=\"figures\">\n";
  for (const ShownFigure& shown : content.figures)
    body += figure_html(shown);
  return section("figures", "Figures", body + "</div>\n");
}

std::string curves_section(const Content& content) {
  const Summary& summary = content.summary;
  if (summary.curves.empty()) return "";
  std::string body =
      "<p>depth50 is the depth where P(fail) = 1/2. Nothing is extrapolated: a crossing beyond the "
      "measured depths is given as a bound. The trend tests whether failure depends on depth; "
      "z &gt; 0 means that deeper networks fail more often.</p>\n";
  const std::string curves = table("Failure against depth", curve_rows(summary));
  body += summary.curves.size() <= kMostOpenCurves
              ? curves
              : fmt::format("<details><summary>All {} curves</summary>\n{}</details>\n",
                            summary.curves.size(), curves);
  for (const std::string& note : unsettled_notes(summary))
    body += fmt::format("<p class=\"notice\">{}</p>\n", escape_html(note));
  body += fmt::format("<p class=\"minor\">Intervals: {}. Trend: {}.</p>\n",
                      escape_html(depth50_method(summary.curves.front().spec.seeding)),
                      escape_html(trend_method(summary.curves.front().spec.seeding)));
  return section("depth", "Failure against depth", body);
}

}  // namespace vnsweep::page
