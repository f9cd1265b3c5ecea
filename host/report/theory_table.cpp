#include "host/report/theory_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "host/manifest/field.hpp"
#include "host/report/text.hpp"

namespace vnsweep {
namespace {

/// For other programs; a table is wide enough without.
constexpr std::string_view kLogarithm = "log10_m_1";

struct Number {
  std::string_view name;
  double value;
};

std::vector<const Field*> cell_fields() {
  return {find_field("grid", "depth"), find_field("grid", "width"),
          find_field("grid", "scale"), find_field("model", "activation"),
          find_field("model", "init"), find_field("model", "bias_scale")};
}

double or_nan(double value) {
  return std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN();
}

/// q_L is the pre-activation of the last layer, mu_1 and mu_2 are at q_L.
std::vector<Number> numbers(const Theory& theory) {
  const LayerPrediction& last = theory.last;
  return {{"q_1", or_nan(theory.q1)},
          {"q_L", or_nan(last.q)},
          {"q_fixed", or_nan(theory.fixed_point.q)},
          {"chi", or_nan(theory.fixed_point.chi)},
          {"depth_scale", or_nan(theory.fixed_point.depth_scale)},
          {"mu_1", or_nan(last.mu1)},
          {"mu_2", or_nan(last.mu2)},
          {"m_1", or_nan(last.m1())},
          {kLogarithm, or_nan(last.log10_m1)},
          {"vni_local", or_nan(last.local_vni)},
          {"vni_annealed", or_nan(last.annealed_vni)}};
}

std::vector<Number> numbers(const LayerPrediction& layer) {
  return {{"q", or_nan(layer.q)},
          {"mu_1", or_nan(layer.mu1)},
          {"mu_2", or_nan(layer.mu2)},
          {"m_1", or_nan(layer.m1())},
          {kLogarithm, or_nan(layer.log10_m1)},
          {"vni_local", or_nan(layer.local_vni)},
          {"vni_annealed", or_nan(layer.annealed_vni)}};
}

/// A row's numbers: those of the cell, or of one layer of it, counted from 1.
struct Row {
  const TheoryCell* cell = nullptr;
  std::int64_t layer = 0;  ///< 0: the cell
  std::vector<Number> values;
};

std::vector<Row> rows_of(const std::vector<TheoryCell>& cells) {
  std::vector<Row> rows;
  for (const TheoryCell& cell : cells) {
    if (cell.layers.empty()) rows.push_back({.cell = &cell, .values = numbers(cell.theory)});
    for (std::size_t l = 0; l < cell.layers.size(); ++l) {
      rows.push_back({.cell = &cell,
                      .layer = static_cast<std::int64_t>(l) + 1,
                      .values = numbers(cell.layers[l])});
    }
  }
  return rows;
}

/// Letters a, b, ... of the notes, of which there are fewer than ten, in the order in which they
/// come.
class NoteLetters {
 public:
  std::string letters(const std::vector<std::string>& notes) {
    std::string text;
    for (const std::string& note : notes) {
      auto found = std::find(notes_.begin(), notes_.end(), note);
      if (found == notes_.end()) found = notes_.insert(notes_.end(), note);
      text += (text.empty() ? "" : " ") + letter(static_cast<std::size_t>(found - notes_.begin()));
    }
    return text;
  }

  void write(std::ostream& out) const {
    if (!notes_.empty()) out << '\n';
    for (std::size_t k = 0; k < notes_.size(); ++k)
      out << fmt::format("{}  {}\n", letter(k), notes_[k]);
  }

 private:
  static std::string letter(std::size_t index) {
    return std::string(1, static_cast<char>('a' + index));
  }
  std::vector<std::string> notes_;
};

std::vector<std::string> head(const std::vector<Row>& rows) {
  std::vector<std::string> names;
  for (const Field* field : cell_fields())
    names.emplace_back(field->name);
  names.emplace_back("inputs");
  if (rows.empty()) return names;
  if (rows.front().layer > 0) names.emplace_back("layer");
  for (const Number& number : rows.front().values)
    names.emplace_back(number.name);
  return names;
}

/// The fields that tell rows apart, as text.
std::vector<std::string> key(const Row& row, bool is_exact) {
  std::vector<std::string> texts;
  for (const Field* field : cell_fields()) {
    const Value value = field->get(row.cell->spec);
    const auto* number = std::get_if<double>(&value);
    texts.push_back(number == nullptr || is_exact ? to_string(value)
                                                  : fmt::format("{:.6g}", *number));
  }
  const std::int64_t dimension = row.cell->inputs.dimension;
  texts.push_back(dimension == 0 ? "" : std::to_string(dimension));
  if (row.layer > 0) texts.push_back(std::to_string(row.layer));
  return texts;
}

std::string_view limit_name(QLimit limit) {
  constexpr std::array<std::string_view, 3> kNames = {"approached", "every", "grows"};
  return kNames[static_cast<std::size_t>(limit)];
}

void add(const std::vector<Number>& values, nlohmann::ordered_json& object) {
  for (const auto& [name, value] : values) {
    object[std::string(name)] =
        std::isnan(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
  }
}

}  // namespace

void write_theory_table(const std::vector<TheoryCell>& cells, std::ostream& out) {
  const std::vector<Row> rows = rows_of(cells);
  NoteLetters notes;
  std::vector<std::vector<std::string>> table = {head(rows)};
  std::erase(table[0], kLogarithm);
  table[0].emplace_back("notes");
  for (const Row& row : rows) {
    std::vector<std::string> texts = key(row, false);
    for (std::string& text : texts) {
      if (text.empty()) text = "-";
    }
    for (const Number& number : row.values) {
      if (number.name == kLogarithm) continue;
      texts.push_back(std::isnan(number.value) ? "-" : fmt::format("{:.5g}", number.value));
    }
    texts.push_back(notes.letters(row.cell->theory.notes));
    table.push_back(std::move(texts));
  }
  out << aligned_table(table);
  notes.write(out);
}

void write_theory_csv(const std::vector<TheoryCell>& cells, std::ostream& out) {
  const std::vector<Row> rows = rows_of(cells);
  out << csv_line(head(rows));
  for (const Row& row : rows) {
    std::vector<std::string> texts = key(row, true);
    for (const Number& number : row.values)
      texts.push_back(number_text(number.value));
    out << csv_line(texts);
  }
}

void write_theory_json(const std::vector<TheoryCell>& cells, std::ostream& out) {
  nlohmann::ordered_json json = {{"cells", nlohmann::ordered_json::array()}};
  for (const TheoryCell& cell : cells) {
    nlohmann::ordered_json object;
    for (const Field* field : cell_fields())
      object[std::string(field->name)] = to_json(field->get(cell.spec));
    object["inputs"] = nullptr;
    if (cell.inputs.dimension > 0) object["inputs"] = cell.inputs.dimension;
    add(numbers(cell.theory), object);
    object["q_limit"] = limit_name(cell.theory.fixed_point.limit);
    object["notes"] = cell.theory.notes;
    for (const LayerPrediction& layer : cell.layers) {
      nlohmann::ordered_json entry = {{"layer", object["layers"].size() + 1}};
      add(numbers(layer), entry);
      object["layers"].push_back(std::move(entry));
    }
    json["cells"].push_back(std::move(object));
  }
  out << json.dump(2) << '\n';
}

}  // namespace vnsweep
