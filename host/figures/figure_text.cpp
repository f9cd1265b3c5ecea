#include "host/figures/figure_text.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "host/manifest/utf8.hpp"
#include "host/report/summary_columns.hpp"

namespace vnsweep::figures {
namespace {

/// Bytes of the character that starts with this one; 1 for what starts none.
std::size_t character_size(unsigned char first) {
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  return first >= 0xC0 ? 2 : 1;
}

/// @param character  valid UTF-8
std::uint32_t code_point(std::string_view character) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(character[k]); };
  if (character.size() == 1) return byte(0);
  std::uint32_t code = byte(0) & (0xFFU >> (character.size() + 1));
  for (std::size_t k = 1; k < character.size(); ++k)
    code = (code << 6U) | (byte(k) & 0x3FU);
  return code;
}

/// Controls, separators of lines, and marks that turn the direction of what follows.
bool is_unprintable(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xFEFF || code >= 0xFFFE;
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string result;
  std::size_t characters = 0;
  while (!text.empty()) {
    if (characters == longest) return result + "…";
    const std::size_t size = character_size(static_cast<unsigned char>(text.front()));
    const std::string_view character = text.substr(0, size);
    if (character.size() < size || !is_valid_utf8(character)) {
      result += '?';
      text.remove_prefix(1);
    } else {
      // Beyond the basic plane, fonts lack most signs; those that are no characters end in FFFE.
      const std::uint32_t code = code_point(character);
      const bool drop = code > 0xFFFF ? (code & 0xFFFEU) == 0xFFFEU : is_unprintable(code);
      if (drop) {
        result += ' ';
      } else {
        result += character;
      }
      text.remove_prefix(size);
    }
    ++characters;
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
