#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vnsweep::figures {

/// Colours that people with any colour vision tell apart (Okabe & Ito 2008), darkest first.
inline constexpr std::string_view kBlue = "#0072B2";
inline constexpr std::string_view kVermillion = "#D55E00";
inline constexpr std::string_view kGreen = "#009E73";
inline constexpr std::string_view kPurple = "#CC79A7";
inline constexpr std::string_view kOrange = "#E69F00";
inline constexpr std::string_view kSky = "#56B4E9";
/// Visible on white and on black paper alike.
inline constexpr std::string_view kGrey = "#808080";

/// How many lines have a look of their own: colour, dashes and marker, so that they are told apart
/// in grey too.
inline constexpr std::size_t kLineTypes = 6;

/// What the key says of one kind of mark.
struct KeyEntry {
  std::string style;  ///< "with linespoints linetype 1"
  std::string label;
};

/// One row of the key for each line that has a label.
std::vector<KeyEntry> line_key(const std::vector<std::string>& labels, std::string_view with);

/// What surrounds the panels of a figure.
struct Frame {
  std::string x_label;
  std::vector<std::string> y_labels;      ///< one for all rows of panels, or one each
  std::vector<std::string> panel_titles;  ///< one a panel; may be empty texts
  std::vector<KeyEntry> key;
  bool color_box = false;   ///< whether a scale of colours stands to the right
  std::size_t columns = 0;  ///< of panels; 0: what suits their number
};

/// Lays out panels under a common key, and writes what all scripts share. Lengths in cm.
class Canvas {
 public:
  explicit Canvas(Frame frame);

  double width() const { return width_; }
  double height() const { return height_; }
  double panel_width() const;
  double panel_height() const { return panel_height_; }
  double bottom() const;  ///< of the lowest panel

  /// Settings before the first panel, and the key. @param figure  name of its files
  std::string head(std::string_view figure) const;
  /// Settings of the next panel; its "plot" follows.
  std::string panel(std::size_t index) const;
  std::string tail() const;

 private:
  std::string key() const;
  const std::string& y_label(std::size_t row) const;
  std::string horizontal(double centimetres) const;
  std::string vertical(double centimetres) const;

  Frame frame_;
  std::size_t columns_ = 1;
  std::size_t rows_ = 1;
  std::size_t key_columns_ = 1;
  double key_column_width_ = 0.0;
  double width_ = 0.0;
  double height_ = 0.0;
  double panel_height_ = 0.0;
  double key_height_ = 0.0;
  double title_height_ = 0.0;
};

/// Logarithmic if the values, all positive, span a factor of 50 or more.
bool wants_logarithm(double least, double greatest);

/// Which columns of a figure's data are marks with intervals.
struct IntervalColumns {
  std::string x;  ///< an expression
  std::string_view middle;
  std::string_view low;
  std::string_view high;
};

/// Marks with intervals, as entries of a "plot". gnuplot's own error bars come with white boxes,
/// which would show on black paper.
/// @param line  number of the line type, from 1
std::string interval_marks(std::string_view figure, const IntervalColumns& columns,
                           std::size_t line);

/// Powers of ten with exponents from `low` to `high`, at most about five of them, as tics.
std::string decade_tics(std::string_view axis, int low, int high);

/// "set logscale x" and its like, or the contrary.
std::string axis_scale(std::string_view axis, bool logarithmic);

}  // namespace vnsweep::figures
