#include "host/figures/arrangement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "host/figures/figure_text.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::figures {
namespace {

bool is_grid_axis(const Field& field, std::string_view name) {
  return field.section == "grid" && field.name == name;
}

/// Whether each value of `cause` goes with one value of `effect`.
bool determines(const std::vector<const RunSpec*>& specs, const Field& cause, const Field& effect) {
  std::map<Value, Value> known;
  return std::all_of(specs.begin(), specs.end(), [&](const RunSpec* spec) {
    const Value value = effect.get(*spec);
    return known.emplace(cause.get(*spec), value).first->second == value;
  });
}

bool contains(const std::vector<const Field*>& fields, const Field* field) {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

std::string shown_text(const Field& axis, std::size_t shown, std::size_t all) {
  return fmt::format("{} of {} values of {}", shown, all, axis_name(axis));
}

}  // namespace

std::vector<Value> axis_values(const std::vector<const RunSpec*>& specs, const Field& axis) {
  std::set<Value> values;
  for (const RunSpec* spec : specs)
    values.insert(axis.get(*spec));
  return {values.begin(), values.end()};
}

std::vector<Value> spread(const std::vector<Value>& values, std::size_t most) {
  if (values.size() <= most) return values;
  if (most == 1) return {values.back()};
  std::vector<Value> chosen;
  for (std::size_t k = 0; k < most; ++k)
    chosen.push_back(values[k * (values.size() - 1) / (most - 1)]);
  return chosen;
}

std::vector<const Field*> independent_axes(const std::vector<const RunSpec*>& specs,
                                           const std::vector<const Field*>& axes) {
  std::vector<const Field*> varying;
  for (const Field* axis : axes) {
    if (axis_values(specs, *axis).size() > 1) varying.push_back(axis);
  }
  // Of two axes that determine each other the word stays, since it says more than a number.
  std::vector<const Field*> candidates;
  for (const bool word : {false, true}) {
    for (auto axis = varying.rbegin(); axis != varying.rend(); ++axis) {
      if (((*axis)->type == FieldType::word) == word) candidates.push_back(*axis);
    }
  }
  for (const Field* candidate : candidates) {
    if (is_grid_axis(*candidate, "depth") || is_grid_axis(*candidate, "width")) continue;
    const bool follows = std::any_of(varying.begin(), varying.end(), [&](const Field* other) {
      return other != candidate && determines(specs, *other, *candidate);
    });
    if (follows) std::erase(varying, candidate);
  }
  return varying;
}

Arrangement::Arrangement(const std::vector<const RunSpec*>& specs,
                         const std::vector<const Field*>& axes, const ArrangementRequest& request) {
  for (const Field* axis : independent_axes(specs, axes)) {
    if (!contains(request.fixed, axis)) free_axes_.push_back(axis);
  }
  if (request.lines) {
    std::size_t most = 0;
    for (const Field* axis : free_axes_) {
      const std::size_t count = axis_values(specs, *axis).size();
      const bool asked =
          request.line != nullptr ? axis == request.line : is_grid_axis(*axis, "width");
      const std::size_t worth = asked ? axes.size() * 1000 : std::min(count, request.room.lines);
      if (worth > most) {
        most = worth;
        line_axis_ = axis;
      }
    }
  }
  panel_axes_ = free_axes_;
  std::erase(panel_axes_, line_axis_);
  if (line_axis_ == nullptr) {
    line_labels_.emplace_back();
  } else {
    choose_lines(axis_values(specs, *line_axis_), request.room.lines);
  }
  choose_panels(specs, request.room.panels);
}

void Arrangement::choose_lines(std::vector<Value> values, std::size_t room) {
  const std::size_t all = values.size();
  values = spread(values, room);
  if (values.size() < all) left_out_ = shown_text(*line_axis_, values.size(), all);
  for (const Value& value : values) {
    lines_.emplace(value, line_labels_.size());
    line_labels_.push_back(axis_value_text(*line_axis_, value));
  }
}

void Arrangement::choose_panels(const std::vector<const RunSpec*>& specs, std::size_t room) {
  std::vector<std::vector<Value>> values;
  std::vector<std::size_t> all;
  for (const Field* axis : panel_axes_) {
    values.push_back(axis_values(specs, *axis));
    all.push_back(values.back().size());
  }
  const auto is_shown = [&](const RunSpec& spec) {
    for (std::size_t k = 0; k < panel_axes_.size(); ++k) {
      if (std::find(values[k].begin(), values[k].end(), panel_axes_[k]->get(spec)) ==
          values[k].end()) {
        return false;
      }
    }
    return true;
  };
  std::map<std::vector<Value>, const RunSpec*> combinations;
  for (;;) {
    combinations.clear();
    for (const RunSpec* spec : specs) {
      if (!is_shown(*spec)) continue;
      std::vector<Value> key;
      for (const Field* axis : panel_axes_)
        key.push_back(axis->get(*spec));
      combinations.emplace(std::move(key), spec);
    }
    if (combinations.size() <= room) break;
    auto longest = std::max_element(values.begin(), values.end(), [](const auto& a, const auto& b) {
      return a.size() < b.size();
    });
    *longest = spread(*longest, longest->size() - 1);
  }
  for (const auto& [key, spec] : combinations) {
    panels_.emplace(panel_key(*spec), panel_titles_.size());
    std::string title;
    for (std::size_t k = 0; k < panel_axes_.size(); ++k)
      title += (k > 0 ? ", " : "") + axis_value_text(*panel_axes_[k], key[k]);
    panel_titles_.push_back(title);
  }
  for (std::size_t k = 0; k < panel_axes_.size(); ++k) {
    if (values[k].size() == all[k]) continue;
    left_out_ +=
        (left_out_.empty() ? "" : " and ") + shown_text(*panel_axes_[k], values[k].size(), all[k]);
  }
  if (!left_out_.empty()) {
    left_out_ = fmt::format(
        " To stay readable, the figure shows {}; `vnsweep summary` and `vnsweep export` have the "
        "rest.",
        left_out_);
  }
}

std::string Arrangement::panel_key(const RunSpec& spec) const {
  std::string key;
  for (const Field* axis : panel_axes_) {
    // The length keeps texts apart whatever they hold.
    const std::string text = to_string(axis->get(spec));
    key += fmt::format("{}:{}", text.size(), text);
  }
  return key;
}

std::optional<Arrangement::Place> Arrangement::place(const RunSpec& spec) const {
  const auto panel = panels_.find(panel_key(spec));
  if (panel == panels_.end()) return std::nullopt;
  if (line_axis_ == nullptr) return Place{.panel = panel->second, .line = 0};
  const auto line = lines_.find(line_axis_->get(spec));
  if (line == lines_.end()) return std::nullopt;
  return Place{.panel = panel->second, .line = line->second};
}

std::string Arrangement::text(const Place& place) const {
  const std::string& line = line_labels_.at(place.line);
  const std::string& panel = panel_titles_.at(place.panel);
  return line + (line.empty() || panel.empty() ? "" : ", ") + panel;
}

}  // namespace vnsweep::figures
