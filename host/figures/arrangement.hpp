#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/manifest/field.hpp"
#include "host/manifest/run_spec.hpp"

namespace vnsweep::figures {

/// How many lines and panels stay readable.
struct Room {
  std::size_t lines = 6;
  std::size_t panels = 9;
};

/// Which axes a figure has on paper (`fixed`), and which become lines and panels.
struct ArrangementRequest {
  std::vector<const Field*> fixed;
  const Field* line = nullptr;  ///< axis of the lines if it varies; null: width, or what suits
  bool lines = true;            ///< false: one line a panel, and every other axis makes panels
  Room room;
};

/// Lines and panels that the axes of a sweep make beside those on paper. An axis that another one
/// determines, as a zipped one or the critical scale does, makes neither.
class Arrangement {
 public:
  /// Panel and line, from 0.
  struct Place {
    std::size_t panel = 0;
    std::size_t line = 0;
    auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr)
  };

  Arrangement(const std::vector<const RunSpec*>& specs, const std::vector<const Field*>& axes,
              const ArrangementRequest& request);

  /// Where a run belongs, or nothing if it is left out.
  std::optional<Place> place(const RunSpec& spec) const;

  std::size_t panels() const { return panel_titles_.size(); }
  std::size_t lines() const { return line_labels_.size(); }
  const std::vector<std::string>& panel_titles() const { return panel_titles_; }  ///< may be empty
  const std::vector<std::string>& line_labels() const { return line_labels_; }
  const Field* line_axis() const { return line_axis_; }  ///< null: one line
  /// Axes of lines and panels.
  const std::vector<const Field*>& free_axes() const { return free_axes_; }
  /// "width 8, tanh": the labels of a place that tell it from the others; empty for a single one.
  std::string text(const Place& place) const;
  /// A sentence on what is not shown; empty if everything is. Begins with a space.
  const std::string& left_out() const { return left_out_; }

 private:
  void choose_lines(std::vector<Value> values, std::size_t room);
  void choose_panels(const std::vector<const RunSpec*>& specs, std::size_t room);
  std::string panel_key(const RunSpec& spec) const;

  std::vector<const Field*> free_axes_;
  const Field* line_axis_ = nullptr;
  std::vector<const Field*> panel_axes_;
  std::map<Value, std::size_t> lines_;
  std::map<std::string, std::size_t> panels_;
  std::vector<std::string> line_labels_;
  std::vector<std::string> panel_titles_;
  std::string left_out_;
};

/// Values of an axis, ascending.
std::vector<Value> axis_values(const std::vector<const RunSpec*>& specs, const Field& axis);

/// At most `most` of the values: evenly spread from the first to the last.
std::vector<Value> spread(const std::vector<Value>& values, std::size_t most);

/// Axes with two values or more that no other axis determines; depth and width are kept.
std::vector<const Field*> independent_axes(const std::vector<const RunSpec*>& specs,
                                           const std::vector<const Field*>& axes);

}  // namespace vnsweep::figures
