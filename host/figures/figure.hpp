#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/report/summary.hpp"
#include "host/store/stored_sweep.hpp"

namespace vnsweep::figures {

/// A column of tidy data: one row an observation. Numbers in the shortest form that reads back to
/// the same number, empty where there is none; no control characters.
struct Column {
  std::string name;
  std::vector<std::string> values;
};

/// One picture and everything that it is made of.
struct Figure {
  std::string name;     ///< stem of its files: [a-z0-9-]+, never from a manifest
  std::string title;    ///< plain text
  std::string caption;  ///< what is shown: definitions, units, sample sizes, what was left out
  std::string finding;  ///< alternative text: what the picture shows, with numbers
  std::vector<Column> data;
  /// gnuplot commands that draw <name>.csv of the working directory; terminal and output are set
  /// before, by whoever runs it.
  std::string script;
  double width = 8.6;   ///< cm: one column of a journal, or two
  double height = 6.0;  ///< cm
};

/// The figures that the data support, in the order of a report; none without a finished run. Equal
/// to the last bit for runs in any order.
/// @param summary  of the same runs
std::vector<Figure> make_figures(const std::vector<StoredRun>& runs, const Summary& summary,
                                 const ReadProbes& probes);

/// Pictures of one figure; paths are empty if it was not drawn.
struct Rendered {
  std::filesystem::path svg;  ///< transparent; black is `currentColor`; no script, nothing external
  std::filesystem::path pdf;
  std::filesystem::path png;  ///< white, 300 dots per inch
};

struct RenderResult {
  std::map<std::string, Rendered> files;  ///< by the figure's name
  std::string problem;                    ///< why pictures are missing and what to do; empty: none
};

/// Writes <name>.csv and <name>.gp of every figure into `directory`, which has to be there, and
/// draws them with gnuplot where that is installed. No shell is involved, and no text of the data
/// is ever a command.
/// @throws std::runtime_error if a file cannot be written
/// @throws std::invalid_argument if a name is not [a-z0-9-]+
RenderResult write_figures(const std::vector<Figure>& figures,
                           const std::filesystem::path& directory);

/// The program to be used instead of gnuplot of PATH, and how long one figure may take.
struct Drawing {
  std::string program = "gnuplot";
  std::int64_t seconds = 60;
};
RenderResult write_figures(const std::vector<Figure>& figures,
                           const std::filesystem::path& directory, const Drawing& drawing);

}  // namespace vnsweep::figures
