#include "host/figures/figure_text.hpp"

#include <fmt/format.h>

#include "host/manifest/utf8.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::figures {
std::string printable(std::string_view text, std::size_t longest) {
  std::string result;
  std::size_t characters = 0;
  while (!text.empty()) {
    if (characters == longest) return result + "…";
    const auto [bytes, code] = first_character(text);
    text.remove_prefix(bytes.size());
    ++characters;
    if (!code) {
      result += '?';
      continue;
    }
    // Beyond the basic plane, fonts lack most signs; those that are no characters end in FFFE.
    const bool drop = *code > 0xFFFF ? (*code & 0xFFFEU) == 0xFFFEU : is_control_character(*code);
    if (drop) {
      result += ' ';
    } else {
      result += bytes;
    }
  }
  return result;
}

std::string gnuplot_string(std::string_view text) {
  std::string quoted = "'";
  for (const char c : printable(text, 400)) {
    if (c == '\'' && quoted.size() == 1) {
      // gnuplot 5.4 takes two quotes at the beginning for an empty title.
      quoted += "’";
      continue;
    }
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + '\'';
}

std::string short_number(double value) {
  return fmt::format("{:.3g}", value);
}

std::string axis_value_text(const Field& axis, const Value& value) {
  const std::string text = printable(axis_text(value), 24);
  // A word says what it is; a number needs its name.
  return axis.type == FieldType::word ? text : fmt::format("{} {}", axis_name(axis), text);
}

std::string enumeration(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t k = 0; k < items.size(); ++k) {
    if (k > 0) text += k + 1 == items.size() ? " and " : ", ";
    text += items[k];
  }
  return text;
}

}  // namespace vnsweep::figures
