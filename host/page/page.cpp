#include "host/page/page.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/page/assets.hpp"
#include "host/page/escape.hpp"
#include "host/page/sections.hpp"

namespace vnsweep::page {
namespace {

std::string head_html(const Content& content) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"generator\" content=\"vnsweep {}\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{} - vnsweep report</title>\n"
      "<style>{}</style>\n</head>\n",
      content_security_policy(), escape_html(content.provenance.reporter),
      escape_html(content.summary.name), style_sheet());
}

/// What a reader has to know before the numbers.
std::string state_html(const Content& content) {
  const SweepProgress::Counts& counts = content.counts;
  const std::size_t stored = counts.succeeded + counts.failed;
  std::string html;
  if (counts.missing > 0) {
    html += fmt::format(
        "<p class=\"notice\"><strong>Unfinished:</strong> {} of {} runs are stored. The numbers "
        "below will change.</p>\n",
        stored + counts.errors, counts.wanted);
  }
  if (counts.errors > 0) {
    html += fmt::format(
        "<p class=\"notice\"><strong>Errors:</strong> {} of {} runs could not be made; <a "
        "href=\"#errors\">see which</a>.</p>\n",
        counts.errors, counts.wanted);
  }
  return html;
}

std::string navigation(const std::string& sections) {
  constexpr std::pair<const char*, const char*> kLinks[] = {
      {"findings", "Findings"}, {"figures", "Figures"},       {"depth", "Failure against depth"},
      {"cells", "Cells"},       {"errors", "Errors"},         {"sweep", "What was run"},
      {"terms", "Terms"},       {"provenance", "Provenance"}, {"reproduce", "Reproduce"}};
  std::string html = "<nav aria-label=\"Sections\"><ul>\n";
  for (const auto& [id, text] : kLinks) {
    if (sections.find(fmt::format("<section id=\"{}\"", id)) == std::string::npos) continue;
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, text);
  }
  return html + "</ul></nav>\n";
}

std::string terms_section() {
  return section(
      "terms", "Terms",
      "<dl>\n"
      "<dt>depth, width</dt><dd>Number of hidden layers L, and of nodes in each, N.</dd>\n"
      "<dt>scale</dt><dd>sigma_w: a weight is drawn from a normal distribution of variance "
      "scale&sup2; / fan-in.</dd>\n"
      "<dt>P(fail)</dt><dd>Share of runs that did not reach the manifest's <code>success</code> "
      "thresholds within their steps, or diverged.</dd>\n"
      "<dt>VNI</dt><dd>Vanishing node indicator: mean squared Pearson correlation between the "
      "outputs of the n live nodes of a layer, from 1/n (unrelated) to 1 (copies of one node). In "
      "the table, of the last hidden layer, averaged over the cell's runs.</dd>\n"
      "<dt>N_eff</dt><dd>1 / VNI, the effective number of nodes; 0 without a live node.</dd>\n"
      "<dt>exploding, vanishing</dt><dd>Failed with log10(g_1/g_L) beyond the threshold "
      "(<code>diagnosis.gradient_ratio</code>), where g_l is the root mean square of the gradient "
      "at layer l, or with numbers that are not finite.</dd>\n"
      "<dt>walking dead</dt><dd>Failed with gradients of a healthy size but a VNI of the last "
      "hidden layer at or above <code>diagnosis.vni</code>.</dd>\n"
      "<dt>unconverged</dt><dd>Failed for none of these reasons.</dd>\n"
      "</dl>\n");
}

}  // namespace

std::string page_html(const Content& content) {
  const std::string sections = findings_section(content) + figures_section(content) +
                               curves_section(content) + cells_section(content) +
                               errors_section(content) + sweep_section(content) + terms_section() +
                               provenance_section(content) + reproduce_section(content);
  std::string html = head_html(content);
  html +=
      "<body>\n<a class=\"skip\" href=\"#main\">Skip to the findings</a>\n<header>\n"
      "<p class=\"kind\">vnsweep report</p>\n";
  html += fmt::format("<h1>{}</h1>\n", escape_html(content.summary.name));
  if (!content.manifest.description.empty()) {
    html +=
        fmt::format("<p class=\"description\">{}</p>\n", escape_html(content.manifest.description));
  }
  html += state_html(content) + navigation(sections) + "</header>\n<main id=\"main\">\n" +
          sections + "</main>\n";
  html += fmt::format("<footer><p class=\"minor\">Written {} by vnsweep {}.</p></footer>\n",
                      escape_html(content.provenance.written_at),
                      escape_html(content.provenance.reporter));
  return html + fmt::format("<script>{}</script>\n</body>\n</html>\n", script());
}

}  // namespace vnsweep::page
