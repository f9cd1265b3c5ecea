#include "host/figures/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "host/figures/figure_text.hpp"

namespace vnsweep::figures {
namespace {

// Of a journal: one column, and two.
constexpr double kOneColumn = 8.6;
constexpr double kTwoColumns = 17.8;
constexpr double kLeft = 1.55;  ///< label and numbers of the vertical axis
constexpr double kRight = 0.5;
constexpr double kColorBox = 1.5;  ///< in place of kRight
constexpr double kBottom = 1.25;   ///< label and numbers of the horizontal axis
constexpr double kGapX = 0.95;     ///< numbers of the vertical axis of the next panel
constexpr double kGapY = 0.75;     ///< numbers of the horizontal axis of the panel above
constexpr double kTitle = 0.45;
constexpr double kKeyRow = 0.42;
constexpr double kKeySample = 1.2;    ///< the mark in front of a label
constexpr double kCharacter = 0.165;  ///< mean width in the key
constexpr double kSpace = 0.2;

struct LineType {
  std::string_view color;
  std::string_view dashes;
  int marker;
};

constexpr std::array<LineType, kLineTypes> kTypes = {{{kBlue, "1", 7},
                                                      {kVermillion, "(12,4)", 5},
                                                      {kGreen, "(8,3,2,3)", 9},
                                                      {kPurple, "(4,3)", 13},
                                                      {kOrange, "(16,4,2,4,2,4)", 11},
                                                      {kSky, "(2,2)", 6}}};

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

double entry_width(const KeyEntry& entry) {
  return kKeySample + kCharacter * static_cast<double>(character_count(entry.label));
}

/// A title that does not run into its neighbours: smaller if it has to be, and cut in the end.
std::string title_setting(const std::string& title, double width) {
  constexpr double kSmall = 6.0 / 8.0;
  const auto characters = static_cast<double>(character_count(title));
  if (characters * kCharacter <= width)
    return fmt::format("set title {} offset 0,-0.7 font '' noenhanced\n", gnuplot_string(title));
  const auto most = static_cast<std::size_t>(width / (kSmall * kCharacter));
  return fmt::format("set title {} offset 0,-0.7 font ',6' noenhanced\n",
                     gnuplot_string(printable(title, most)));
}

std::size_t columns_for(std::size_t panels) {
  if (panels <= 1) return 1;
  return panels == 2 || panels == 4 ? 2 : 3;
}

}  // namespace

std::vector<KeyEntry> line_key(const std::vector<std::string>& labels, std::string_view with) {
  std::vector<KeyEntry> key;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    if (labels[k].empty()) continue;
    key.push_back({.style = fmt::format("with {} linetype {}", with, k + 1), .label = labels[k]});
  }
  return key;
}

Canvas::Canvas(Frame frame) : frame_(std::move(frame)) {
  const std::size_t panels = std::max<std::size_t>(1, frame_.panel_titles.size());
  columns_ = frame_.columns > 0 ? frame_.columns : columns_for(panels);
  rows_ = (panels + columns_ - 1) / columns_;
  width_ = columns_ == 1 ? kOneColumn : kTwoColumns;
  panel_height_ = columns_ == 1 ? 4.6 : columns_ == 2 ? 4.4 : 3.6;

  key_column_width_ = 0.1;
  for (const KeyEntry& entry : frame_.key)
    key_column_width_ = std::max(key_column_width_, entry_width(entry));
  key_column_width_ = std::min(key_column_width_, width_);
  key_columns_ = std::clamp<std::size_t>(static_cast<std::size_t>(width_ / key_column_width_), 1,
                                         std::max<std::size_t>(1, frame_.key.size()));
  const std::size_t key_rows = (frame_.key.size() + key_columns_ - 1) / key_columns_;
  key_height_ = kKeyRow * static_cast<double>(key_rows) + (key_rows > 0 ? 0.15 : 0.0);
  const bool titled = std::any_of(frame_.panel_titles.begin(), frame_.panel_titles.end(),
                                  [](const std::string& title) { return !title.empty(); });
  title_height_ = titled ? kTitle : 0.0;
  const auto rows = static_cast<double>(rows_);
  height_ =
      kSpace + key_height_ + rows * (title_height_ + panel_height_) + (rows - 1) * kGapY + kBottom;
}

double Canvas::bottom() const {
  return kBottom;
}

double Canvas::panel_width() const {
  const auto columns = static_cast<double>(columns_);
  const double right = frame_.color_box ? kColorBox : kRight;
  return (width_ - kLeft - right - (columns - 1) * kGapX) / columns;
}

const std::string& Canvas::y_label(std::size_t row) const {
  return frame_.y_labels.at(std::min(row, frame_.y_labels.size() - 1));
}

std::string Canvas::horizontal(double centimetres) const {
  return fmt::format("{:.4f}", centimetres / width_);
}

std::string Canvas::vertical(double centimetres) const {
  return fmt::format("{:.4f}", centimetres / height_);
}

std::string Canvas::head(std::string_view figure) const {
  std::string text = fmt::format(
      "# Draws {0}.csv. In its directory, {1} cm by {2:.1f} cm:\n"
      "#   gnuplot -e \"set terminal pdfcairo size {1}cm,{2:.1f}cm font 'sans,8'; "
      "set output '{0}.pdf'\" {0}.gp\n"
      "reset\n"
      "set encoding utf8\n"
      "set datafile separator comma\n"
      "set datafile columnheaders\n"
      "set datafile missing NaN\n"
      "set samples 200\n"
      "here(panel, line, x) = "
      "column('panel') == panel && column('line') == line ? x : NaN\n",
      figure, width_, height_);
  for (std::size_t k = 0; k < kTypes.size(); ++k) {
    text += fmt::format(
        "set linetype {} linecolor rgb '{}' dashtype {} pointtype {} pointsize 0.5 "
        "linewidth 1.4\n",
        k + 1, kTypes[k].color, kTypes[k].dashes, kTypes[k].marker);
  }
  return text + "set multiplot\n" + key() +
         fmt::format(
             "\nset border 3 linewidth 0.8\n"
             "set tics nomirror out scale 0.6 front\n"
             "set xtics nomirror autofreq offset 0,0.2\nset ytics nomirror autofreq\n"
             "set grid linetype 1 linecolor rgb '{}' linewidth 0.3 dashtype (2,4)\n",
             kGrey);
}

std::string Canvas::panel(std::size_t index) const {
  const std::size_t row = index / columns_;
  const std::size_t column = index % columns_;
  const std::size_t panels = std::max<std::size_t>(1, frame_.panel_titles.size());
  const double left = kLeft + static_cast<double>(column) * (panel_width() + kGapX);
  const double top = height_ - kSpace - key_height_ - title_height_ -
                     static_cast<double>(row) * (panel_height_ + title_height_ + kGapY);
  std::string text = fmt::format(
      "\n# panel {}\n"
      "set lmargin at screen {}\nset rmargin at screen {}\n"
      "set tmargin at screen {}\nset bmargin at screen {}\n",
      index + 1, horizontal(left), horizontal(left + panel_width()), vertical(top),
      vertical(top - panel_height_));
  const std::string title =
      index < frame_.panel_titles.size() ? frame_.panel_titles[index] : std::string();
  text += title_setting(title, panel_width() + 0.5 * kGapX);
  // Labels stand along the outer panels alone: those of the last row, and any with none below.
  const bool outermost = index + columns_ >= panels;
  text += fmt::format("set xlabel {} offset 0,0.3 noenhanced\n",
                      gnuplot_string(outermost ? frame_.x_label : ""));
  // At a fixed place, since gnuplot's own depends on how wide it takes numbers to be.
  text += fmt::format("set label 1 {} at screen {}, screen {} center rotate by 90 noenhanced\n",
                      gnuplot_string(column == 0 ? y_label(row) : ""), horizontal(0.22),
                      vertical(top - 0.5 * panel_height_));
  return text;
}

/// Each entry is a plot of its own at a place of its own: what gnuplot would lay out depends on how
/// wide a terminal takes text to be, and leaves out what it takes to be too much.
std::string Canvas::key() const {
  if (frame_.key.empty()) return "unset key\n";
  std::string text =
      "\n# key\n"
      "unset border\nunset tics\n"
      "set key inside left center Left reverse samplen 2.5 noenhanced\n";
  const double left = 0.5 * (width_ - static_cast<double>(key_columns_) * key_column_width_);
  for (std::size_t k = 0; k < frame_.key.size(); ++k) {
    const double x = left + static_cast<double>(k % key_columns_) * key_column_width_;
    const std::size_t row = k / key_columns_;
    const double y = height_ - 0.1 - kKeyRow * static_cast<double>(row);
    text += fmt::format(
        "set lmargin at screen {}\nset rmargin at screen {}\n"
        "set tmargin at screen {}\nset bmargin at screen {}\n"
        "plot [0:1] [0:1] keyentry {} title {}, -1 notitle\n",
        horizontal(x), horizontal(x + key_column_width_), vertical(y), vertical(y - kKeyRow),
        frame_.key[k].style, gnuplot_string(frame_.key[k].label));
  }
  return text + "unset key\n";
}

std::string Canvas::tail() const {
  return "\nunset multiplot\n";
}

bool wants_logarithm(double least, double greatest) {
  return least > 0.0 && greatest >= 50.0 * least;
}

std::string interval_marks(std::string_view figure, const IntervalColumns& columns,
                           std::size_t line) {
  return fmt::format(
      "  '{0}.csv' using ({1}):(column('{3}')):(0):(column('{4}') - column('{3}')) with vectors "
      "heads size graph 0.007,90 linetype {5} dashtype 1 linewidth 0.9 notitle, \\\n"
      "  '{0}.csv' using ({1}):(column('{2}')) with points linetype {5} notitle, \\\n",
      figure, columns.x, columns.middle, columns.low, columns.high, line);
}

std::string decade_tics(std::string_view axis, int low, int high) {
  static constexpr std::array<std::string_view, 10> kDigits = {"⁰", "¹", "²", "³", "⁴",
                                                               "⁵", "⁶", "⁷", "⁸", "⁹"};
  const int step = std::max(1, (high - low + 4) / 5);
  std::string text = fmt::format("set {}tics (", axis);
  for (int exponent = low; exponent <= high; exponent += step) {
    std::string raised = exponent < 0 ? "⁻" : "";
    for (const char digit : std::to_string(std::abs(exponent)))
      raised += kDigits.at(static_cast<std::size_t>(digit - '0'));
    text += fmt::format("{}'10{}' 1e{}", exponent > low ? ", " : "", raised, exponent);
  }
  return text + ")\n";
}

std::string axis_scale(std::string_view axis, bool logarithmic) {
  return fmt::format("{} logscale {}\n", logarithmic ? "set" : "unset", axis);
}

}  // namespace vnsweep::figures
