#include "host/page/page.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "host/page/findings.hpp"
#include "host/plan/run_identity.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep::page {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

StoredRun stored(const RunSpec& spec, RunStatus status, double vni) {
  StoredRun run;
  run.spec = spec;
  run.run_id = run_id(spec);
  run.status = status;
  if (status == RunStatus::failed) run.cause = "walking_dead";
  if (status == RunStatus::error) run.error = "out of <memory>";
  run.vni_initial = 0.25;
  run.vni_final = vni;
  run.n_eff_final = 1.0 / vni;
  run.engine = "cpu";
  run.device = "cpu:0";
  run.finished_at = "2026-01-02T03:04:05.000Z";
  return run;
}

/// Depths 2 and 4, width 3, 40 runs each: all succeed at depth 2 (VNI 0.5), all fail at 4 (0.95).
Content content() {
  Content content{.manifest =
                      testing::manifest_with_grid("{depth: [2, 4], width: 3, seed: {count: 40}}")};
  for (const RunSpec& spec : expand_grid(content.manifest)) {
    content.runs.push_back(spec.depth == 2 ? stored(spec, RunStatus::succeeded, 0.5)
                                           : stored(spec, RunStatus::failed, 0.95));
  }
  content.summary = summarize(content.manifest, content.runs, IntervalMethod::wilson, 0.95);
  content.counts = {.wanted = 80, .succeeded = 40, .failed = 40};
  content.provenance = {.numerics = "2", .reporter = "0.1.0 (abc)", .written_at = "2026-01-02"};
  content.directory = "runs/test";
  return content;
}

TEST(FindingsTest, SayWhatWasMeasuredWithIntervals) {
  const std::vector<std::string> sentences = findings(content().summary);

  // Wilson, 40 of 80: centre 1/2, half-width 1.959964/2 / sqrt(80 + 1.959964^2) = 0.10702.
  EXPECT_EQ(sentences[0],
            "Of 80 runs, 40 failed: P(fail) = 0.500, 95 % Wilson interval [0.393, 0.607], over the "
            "2 cells of this grid.");
  EXPECT_THAT(sentences[1], HasSubstr("Against depth: half of the trainings fail at depth 3 ("));
  EXPECT_EQ(sentences[2], "Only cause of failure: walking dead, 40 of 40 failures.");
  EXPECT_THAT(sentences[3], HasSubstr("0.950 in 40 failed runs (middle half 0.950 to 0.950), 0.500 "
                                      "in 40 successful runs"));
}

TEST(FindingsTest, SharedRandomNumbersTakeTheOverallInterval) {
  Content paired = content();
  for (StoredRun& run : paired.runs)
    run.spec.seeding = Seeding::paired;

  const Summary summary = summarize(paired.manifest, paired.runs, IntervalMethod::wilson, 0.95);

  EXPECT_THAT(
      findings(summary)[0],
      AllOf(HasSubstr("P(fail) = 0.500 (no interval: runs of one seed"), Not(HasSubstr("Wilson"))));
}

TEST(FindingsTest, WithoutRunsThereIsNothingToReport) {
  const Summary summary = summarize(content().manifest, {}, IntervalMethod::wilson, 0.95);

  EXPECT_THAT(findings(summary), ElementsAre(HasSubstr("No run is finished yet")));
}

TEST(PageTest, IsADocumentThatABrowserAndAScreenReaderUnderstand) {
  const std::string html = page_html(content());

  EXPECT_EQ(html.rfind("<!DOCTYPE html>\n<html lang=\"en\">", 0), 0U);
  EXPECT_THAT(html, HasSubstr("<title>test - vnsweep report</title>"));
  EXPECT_THAT(html, HasSubstr("<a class=\"skip\" href=\"#main\">"));
  EXPECT_THAT(html, HasSubstr("<main id=\"main\">"));
  EXPECT_THAT(html, HasSubstr("<label for=\"cell-filter\">"));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, Not(AllOf(HasSubstr("http://"), HasSubstr("https://"))));
}

TEST(PageTest, CellsAreTheTextsOfTheSummary) {
  const std::string html = page_html(content());

  const std::string id = content().runs[40].run_id.substr(0, 8);
  EXPECT_THAT(html, HasSubstr("<tr><td>4<td>3<td>1<td>40<td>40<td>1.000<td>[0.912, 1.000]<td>0.250"
                              "<td>0.950<td>1.05<td>0<td>0<td>40<td>0<td>" +
                              id));
  EXPECT_THAT(html,
              HasSubstr("<th scope=\"col\" data-key=\"p_fail\"><button type=\"button\">P(fail)"
                        "</button></th>"));
}

TEST(PageTest, AnUnfinishedSweepSaysSoAtTheTop) {
  Content unfinished = content();
  unfinished.counts = {.wanted = 100, .succeeded = 40, .failed = 40, .missing = 20};

  const std::string html = page_html(unfinished);

  const std::size_t at = html.find("<strong>Unfinished:</strong> 80 of 100 runs are stored.");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(at, html.find("<h2"));
  EXPECT_THAT(page_html(content()), Not(HasSubstr("Unfinished")));
}

TEST(PageTest, RunsThatErroredAreListedWithTheirText) {
  Content with_error = content();
  with_error.runs.push_back(
      stored(testing::runs_of("{depth: 9, width: 3}").front(), RunStatus::error, 0.5));
  with_error.summary =
      summarize(with_error.manifest, with_error.runs, IntervalMethod::wilson, 0.95);

  const std::string html = page_html(with_error);

  EXPECT_THAT(html, HasSubstr("<section id=\"errors\""));
  EXPECT_THAT(html, HasSubstr("<td>out of &lt;memory&gt;</td>"));
  EXPECT_THAT(page_html(content()), Not(HasSubstr("<section id=\"errors\"")));
}

TEST(PageTest, TextFromOutsideIsEscapedEverywhere) {
  Content hostile = content();
  const std::string harm = "<script>harm()</script>";
  hostile.summary.name = harm;
  hostile.manifest.description = harm;
  hostile.manifest.resolved["name"] = harm;
  hostile.directory = harm;
  hostile.figure_problem = harm;
  hostile.provenance.sessions = {{.started_at = harm, .host = harm, .version = harm}};
  hostile.provenance.devices = {{.engine = harm, .device = harm}};
  hostile.figures.push_back({.figure = {.name = "map",
                                        .title = harm,
                                        .caption = harm,
                                        .finding = harm,
                                        .data = {{harm, {harm}}}}});

  const std::string html = page_html(hostile);

  EXPECT_THAT(html, Not(HasSubstr("<script>harm")));
  EXPECT_THAT(html, HasSubstr("<h1>&lt;script&gt;harm()&lt;/script&gt;</h1>"));
}

TEST(PageTest, AFigureIsInThePageWithLinksToItsFiles) {
  Content with_figure = content();
  with_figure.figures.push_back({.figure = {.name = "map",
                                            .title = "Map",
                                            .caption = "n = 40",
                                            .finding = "Deep networks fail"},
                                 .svg = "<svg viewBox=\"0 0 1 1\"></svg>",
                                 .has_files = true});

  const std::string html = page_html(with_figure);

  EXPECT_THAT(html, HasSubstr("<svg role=\"img\" aria-label=\"Deep networks fail\" viewBox="));
  EXPECT_THAT(html, HasSubstr("<figcaption>n = 40</figcaption>"));
  for (const char* end : {"pdf", "svg", "png", "csv", "gp"})
    EXPECT_THAT(html, HasSubstr("<a href=\"figures/map." + std::string(end) + "\">"));
}

TEST(PageTest, AFigureThatWasNotDrawnShowsItsDataAndWhy) {
  Content without = content();
  without.figure_problem = "no pictures (there is no gnuplot); install gnuplot-nox";
  without.figures.push_back({.figure = {.name = "map",
                                        .finding = "Deep networks fail",
                                        .data = {{"depth", {"2", "4"}}, {"p_fail", {"0", "1"}}}}});

  const std::string html = page_html(without);

  EXPECT_THAT(html, HasSubstr("install gnuplot-nox"));
  EXPECT_THAT(html, HasSubstr("<p>Deep networks fail</p>"));
  EXPECT_THAT(html, HasSubstr("<tr><td>4</td><td>1</td></tr>"));
  EXPECT_THAT(html, HasSubstr("href=\"figures/map.csv\""));
  EXPECT_THAT(html, Not(HasSubstr("map.pdf")));
}

TEST(PageTest, CommandsNameTheDirectoryAsAShellReadsIt) {
  Content content_in_odd_place = content();
  content_in_odd_place.directory = "my runs";

  const std::string html = page_html(content_in_odd_place);

  EXPECT_THAT(html, HasSubstr("vnsweep reproduce &#39;my runs&#39; RUN_ID"));
  EXPECT_THAT(html, HasSubstr("vnsweep run &#39;my runs/manifest.yaml&#39; -o NEW_DIRECTORY"));
}

}  // namespace
}  // namespace vnsweep::page
