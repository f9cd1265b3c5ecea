#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "host/figures/canvas.hpp"
#include "host/figures/figure_text.hpp"
#include "host/process/run_program.hpp"
#include "tests/host/figures/figure_runs.hpp"

namespace vnsweep::figures {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Lines and panels of a figure are named by `label`.
Figure labelled_figure(const std::string& label) {
  const Canvas canvas({.x_label = label,
                       .y_labels = {label},
                       .panel_titles = {label},
                       .key = line_key({label}, "lines")});
  Figure figure{.name = "labelled", .title = label};
  figure.data = {{.name = "panel", .values = {"1", "1"}},
                 {.name = "line", .values = {"1", "1"}},
                 {.name = "x", .values = {"1", "2"}},
                 {.name = "text", .values = {printable(label), "plain"}}};
  figure.script = canvas.head("labelled") + canvas.panel(0) +
                  "plot 'labelled.csv' using (here(1, 1, column('x'))):(column('x')) with "
                  "linespoints linetype 1 notitle\n" +
                  canvas.tail();
  figure.width = canvas.width();
  figure.height = canvas.height();
  return figure;
}

class WriteFiguresTest : public ::testing::Test {
 protected:
  void skip_without_gnuplot() const {
    if (!run_program({.program = "gnuplot", .arguments = {"--version"}}).started)
      GTEST_SKIP() << "gnuplot is not installed (Debian package gnuplot-nox)";
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(WriteFiguresTest, PicturesAreDrawnBesideDataAndScript) {
  skip_without_gnuplot();
  if (IsSkipped()) return;

  const RenderResult result = write_figures({labelled_figure("width 8")}, directory_.path());

  EXPECT_EQ(result.problem, "");
  const Rendered& files = result.files.at("labelled");
  EXPECT_EQ(files.svg, directory_.path() / "labelled.svg");
  EXPECT_THAT(text_of(files.pdf), StartsWith("%PDF"));
  EXPECT_THAT(text_of(files.png), StartsWith("\x89PNG"));
  const std::string svg = text_of(files.svg);
  EXPECT_THAT(svg, StartsWith("<svg"));
  EXPECT_THAT(svg, HasSubstr("currentColor"));
  EXPECT_THAT(svg, Not(HasSubstr("\"black\"")));
  EXPECT_THAT(svg, HasSubstr("width 8"));
  EXPECT_EQ(text_of(directory_.path() / "labelled.csv"),
            "panel,line,x,text\n1,1,1,width 8\n1,1,2,plain\n");
}

TEST_F(WriteFiguresTest, TextThatLooksLikeACommandIsPrintedAndNotRun) {
  skip_without_gnuplot();
  if (IsSkipped()) return;
  const std::vector<std::string> hostile = {"`touch ran`",
                                            "'; system 'touch ran'; '",
                                            "\" . system(\"touch ran\") . \"",
                                            "a'\nsystem 'touch ran'\nset title 'b",
                                            "@ARG1 $ran ${ran} %d %s %T",
                                            "\\'; !touch ran",
                                            "a \\\n!touch ran",
                                            "{/Symbol a}^2_{x} &{~} @",
                                            "größer 深さ 🙂 \xE2\x80\xAE",
                                            std::string("nul\0byte", 8),
                                            "\xFF\xFE"};
  for (const std::string& text : hostile) {
    const RenderResult result = write_figures({labelled_figure(text)}, directory_.path());

    EXPECT_EQ(result.problem, "") << text;
    EXPECT_FALSE(fs::exists(directory_.path() / "ran")) << text;
    EXPECT_FALSE(fs::is_empty(result.files.at("labelled").svg)) << text;
  }
}

TEST_F(WriteFiguresTest, MarkupInTextStaysText) {
  skip_without_gnuplot();
  if (IsSkipped()) return;
  const std::string text = "<script>alert(1)</script>&amp;]]><!--";

  const RenderResult result = write_figures({labelled_figure(text)}, directory_.path());

  const std::string svg = text_of(result.files.at("labelled").svg);
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, Not(HasSubstr("<!--")));
  EXPECT_THAT(svg, HasSubstr("&lt;script>alert(1)&lt;/script>&amp;amp;"));
}

TEST_F(WriteFiguresTest, WithoutGnuplotDataAndScriptsAreWrittenAndThePackageNamed) {
  const RenderResult result = write_figures({labelled_figure("a"), labelled_figure("a")},
                                            directory_.path(), {.program = "no-such-program"});

  EXPECT_THAT(result.problem, HasSubstr("gnuplot-nox"));
  EXPECT_THAT(result.files.at("labelled").svg.string(), IsEmpty());
  EXPECT_TRUE(fs::exists(directory_.path() / "labelled.csv"));
  EXPECT_TRUE(fs::exists(directory_.path() / "labelled.gp"));
}

TEST_F(WriteFiguresTest, AScriptThatFailsIsReportedAndLeavesNoPicture) {
  skip_without_gnuplot();
  if (IsSkipped()) return;
  Figure figure = labelled_figure("a");
  figure.script += "plot nonsense(\n";

  const RenderResult result = write_figures({figure}, directory_.path());

  EXPECT_THAT(result.problem, HasSubstr("could not draw labelled"));
  EXPECT_FALSE(fs::exists(directory_.path() / "labelled.svg"));
}

TEST_F(WriteFiguresTest, NamesThatAreNoPlainFileNamesAreRefused) {
  for (const char* name : {"", "../x", "a b", "A", "x.gp", "a_b"}) {
    Figure figure = labelled_figure("a");
    figure.name = name;

    EXPECT_THROW(write_figures({figure}, directory_.path()), std::invalid_argument) << name;
  }
}

TEST_F(WriteFiguresTest, EveryFigureOfASweepCanBeDrawn) {
  skip_without_gnuplot();
  if (IsSkipped()) return;
  const Manifest manifest = testing::manifest_with_grid(
      "{depth: [2, 60], width: [3, 5], scale: [1, 2], seed: {count: 4}}");
  std::vector<StoredRun> runs;
  for (const RunSpec& spec : expand_grid(manifest)) {
    const bool failed = spec.depth == 60 && spec.seed < 3;
    runs.push_back(testing::stored_run(spec, failed, failed ? "walking_dead" : ""));
  }
  const Summary summary = summarize(manifest, runs, IntervalMethod::wilson, 0.95);
  const std::vector<Figure> figures = make_figures(runs, summary, testing::ProbeTable().reader());

  const RenderResult result = write_figures(figures, directory_.path());

  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(figures.size(), 7U);
  for (const auto& [name, files] : result.files)
    EXPECT_FALSE(fs::is_empty(files.svg)) << name;
}

}  // namespace
}  // namespace vnsweep::figures
