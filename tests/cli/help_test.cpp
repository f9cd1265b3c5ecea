// The manual page and the completion of shells, as those programs see them that read them.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/cli/program_fixture.hpp"

namespace vnsweep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class HelpTest : public testing::CliTest {
 protected:
  struct ShellOutput {
    int exit_code = -1;
    std::string text;  ///< of both streams
  };

  ShellOutput shell(const std::string& command) const {
    const std::string line =
        "cd '" + path("") + "' && { " + command + "; } >'" + path("text") + "' 2>&1";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, testing::read(path("text"))};
  }

  bool has(const std::string& program) const {
    return shell("command -v " + program).exit_code == 0;
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
};

TEST_F(HelpTest, ManualPageHasWhatItsReadersLookFor) {
  const std::string page = run({"--help-man"}).out;

  EXPECT_THAT(page, AllOf(HasSubstr(".SH NAME\nvnsweep \\- "), HasSubstr(".SH SYNOPSIS"),
                          HasSubstr(".SS run\n"), HasSubstr(".SS theory\n"),
                          HasSubstr("\\fB\\-\\-log\\-json\\fR \\fIFILE\\fR")));
  EXPECT_THAT(page, AllOf(HasSubstr(".SH EXIT STATUS\n.TP\n\\fB0\\fR\ncomplete\n.TP\n\\fB2\\fR"),
                          HasSubstr("\\fB75\\fR\ninterrupted"), HasSubstr("DIR/runs\\-K.db"),
                          HasSubstr("manifest.schema.json"), HasSubstr("CUDA_VISIBLE_DEVICES"),
                          HasSubstr("XDG_CACHE_HOME")));
}

TEST_F(HelpTest, ManualPageNamesEveryCommandOfTheHelp) {
  std::istringstream help(run({"--help"}).out);
  const std::string page = run({"--help-man"}).out;

  int commands = 0;
  std::string line;
  while (std::getline(help, line) && line != "Subcommands:") {
  }
  while (std::getline(help, line) && !line.empty()) {
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    EXPECT_THAT(page, HasSubstr(".SS " + name + "\n"));
    EXPECT_THAT(page, HasSubstr("\\fBvnsweep " + name + "\\fR"));
    ++commands;
  }
  EXPECT_GE(commands, 15);
}

TEST_F(HelpTest, FormatterFindsNothingWrongWithTheManualPage) {
  if (!has("groff")) GTEST_SKIP() << "there is no groff";
  write("vnsweep.1", run({"--help-man"}).out);

  const ShellOutput warnings = shell("groff -man -ww -z -Tutf8 vnsweep.1");
  const ShellOutput page = shell("groff -man -Tascii -P-c vnsweep.1 | sed 's/.\\x08//g'");

  EXPECT_EQ(warnings.exit_code, 0);
  EXPECT_THAT(warnings.text, IsEmpty());
  EXPECT_THAT(page.text, AllOf(HasSubstr("vnsweep export --table probes|runs [OPTION]... DIR"),
                               HasSubstr("runs/<manifest's file name>"),
                               HasSubstr("~/.cache/vnsweep/calibration.json")));
}

/// What bash would offer. The last word is the one at the cursor.
class BashCompletionTest : public HelpTest {
 protected:
  void SetUp() override {
    if (!has("bash")) GTEST_SKIP() << "there is no bash";
    write("complete.sh",
          "set -u\nsource ./completion.bash\nCOMP_WORDS=(vnsweep \"${@:2}\")\n"
          "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
          "_vnsweep \"$1\"\n"
          "[[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    write("completion.bash", run({"completion", "bash"}).out);
  }

  std::vector<std::string> complete(const std::vector<std::string>& words) const {
    std::string command = "bash --norc complete.sh '" VNSWEEP_EXECUTABLE "'";
    for (const std::string& word : words)
      command += " '" + word + "'";
    std::istringstream lines(shell(command).text);
    std::vector<std::string> offered;
    for (std::string line; std::getline(lines, line);)
      offered.push_back(line);
    return offered;
  }
};

TEST_F(BashCompletionTest, IsRegisteredForTheProgram) {
  const ShellOutput output =
      shell("bash --norc -c 'source ./completion.bash; complete -p vnsweep'");

  EXPECT_EQ(output.text, "complete -F _vnsweep vnsweep\n");
}

TEST_F(BashCompletionTest, OffersCommandsAndTheirOptions) {
  EXPECT_THAT(complete({"re"}), ElementsAre("report", "reproduce"));
  EXPECT_THAT(complete({"--v"}), ElementsAre("--version"));
  EXPECT_THAT(complete({"run", "--w"}), ElementsAre("--workers-per-gpu"));
  EXPECT_THAT(complete({"status", "--w"}), ElementsAre("--watch"));
  EXPECT_THAT(complete({"run", "-q", "m.yaml", "--l"}), ElementsAre("--log-json"));
}

TEST_F(BashCompletionTest, OffersTheWordsThatAnOptionTakes) {
  EXPECT_THAT(complete({"summary", "--format", ""}), ElementsAre("csv", "json", "table"));
  EXPECT_THAT(complete({"summary", "--format", "=", "c"}), ElementsAre("csv"));
  EXPECT_THAT(complete({"summary", "--format", "="}), ElementsAre("csv", "json", "table"));
  EXPECT_THAT(complete({"completion", ""}), ElementsAre("bash", "zsh"));
  EXPECT_THAT(complete({"run", "--threads", ""}), IsEmpty());
}

TEST_F(BashCompletionTest, OffersTheDevicesOfTheMachine) {
  EXPECT_THAT(complete({"run", "--device", ""}),
              AllOf(Not(IsEmpty()), ::testing::Contains("auto"), ::testing::Contains("reference")));
  EXPECT_THAT(complete({"run", "--device", "cpu,ref"}), ElementsAre("cpu,reference"));
  // Bash keeps what is before a colon.
  EXPECT_THAT(complete({"run", "--device", "cuda", ":", "0,cp"}), ElementsAre("0,cpu"));
}

TEST_F(BashCompletionTest, OffersManifestsAndDirectoriesWhereTheyAreWanted) {
  for (const char* name : {"sweep.yaml", "two words.yml", "other.json", "notes.txt"})
    write(name, "");
  std::filesystem::create_directory(path("results"));

  EXPECT_THAT(complete({"run", ""}),
              UnorderedElementsAre("results", "sweep.yaml", "two words.yml", "other.json"));
  EXPECT_THAT(complete({"run", "--quiet", "sw"}), ElementsAre("sweep.yaml"));
  EXPECT_THAT(complete({"run", "sweep.yaml", "-o", ""}), ElementsAre("results"));
  EXPECT_THAT(complete({"run", "sweep.yaml", ""}), IsEmpty());
  EXPECT_THAT(complete({"compare", "results", ""}), ElementsAre("results"));
  EXPECT_THAT(complete({"merge", "a", "b", "c", "res"}), ElementsAre("results"));
  EXPECT_THAT(complete({"run", "sweep.yaml", "--log-json", "no"}), ElementsAre("notes.txt"));
}

/// Types a line into an interactive zsh on a terminal of its own and returns what it makes of it.
class ZshCompletionTest : public HelpTest {
 protected:
  void SetUp() override {
    if (!has("zsh")) GTEST_SKIP() << "there is no zsh";
    write("_vnsweep", run({"completion", "zsh"}).out);
    write("complete.zsh",
          "zmodload zsh/zpty\n"
          "zpty shell zsh -f -i\n"
          "zpty -w shell 'PROMPT= ; fpath=($PWD $fpath); path=(" +
              std::filesystem::path(VNSWEEP_EXECUTABLE).parent_path().string() +
              " $path); autoload -U compinit; compinit -u -D; unsetopt zle_bracketed_paste'\n"
              "zpty -w shell 'take() { print -r -- \"<<$BUFFER>>\"; }; zle -N take; "
              "bindkey \"^X\" take; print -r ready'\n"
              "zpty -r -m shell line '*ready*ready*'\n"
              "zpty -n -w shell \"$1\"$'\\t\\x18'\n"
              "zpty -r -m shell line '*<<*>>*'\n"
              "zpty -d shell\n"
              "line=${line##*<<}\n"
              "print -rn -- \"${line%%>>*}\"\n");
  }

  std::string complete(const std::string& line) const {
    return shell("timeout 60 zsh -f complete.zsh '" + line + "'").text;
  }
};

TEST_F(ZshCompletionTest, CompletesCommandsOptionsAndValues) {
  EXPECT_EQ(complete("vnsweep summ"), "vnsweep summary ");
  EXPECT_EQ(complete("vnsweep run --log"), "vnsweep run --log-json=");
  EXPECT_EQ(complete("vnsweep summary --format c"), "vnsweep summary --format csv ");
  EXPECT_EQ(complete("vnsweep run --device cpu,re"), "vnsweep run --device cpu,reference ");
}

TEST_F(ZshCompletionTest, CompletesManifestsAlone) {
  write("sweep.yaml", "");
  write("sweep.txt", "");

  EXPECT_EQ(complete("vnsweep plan sw"), "vnsweep plan sweep.yaml ");
}

TEST_F(HelpTest, AnUnknownShellIsRefused) {
  const testing::Output output = run({"completion", "fish"});

  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, AllOf(HasSubstr("SHELL"), HasSubstr("fish")));
}

}  // namespace
}  // namespace vnsweep
