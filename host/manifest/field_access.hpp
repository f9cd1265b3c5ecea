#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "host/manifest/field.hpp"

// How the table of fields turns members of a RunSpec into values and back.
namespace vnsweep {

template <class Enum, std::size_t kCount>
Value word_of(Enum value, const std::array<std::string_view, kCount>& words) {
  return std::string(words[static_cast<std::size_t>(value)]);
}

template <class Enum, std::size_t kCount>
Enum from_word(const Value& value, const std::array<std::string_view, kCount>& words) {
  const auto& word = std::get<std::string>(value);
  const auto at = std::find(words.begin(), words.end(), word);
  if (at == words.end()) throw std::logic_error("unchecked word '" + word + "'");
  return static_cast<Enum>(at - words.begin());
}

template <std::size_t kCount>
std::vector<std::string_view> list(const std::array<std::string_view, kCount>& words) {
  return {words.begin(), words.end()};
}

inline Value optional_value(const std::optional<std::int64_t>& value) {
  return value ? Value(*value) : Value();
}
inline Value optional_value(const std::optional<double>& value) {
  return value ? Value(*value) : Value();
}
inline Value optional_value(const std::string& value) {
  return value.empty() ? Value() : Value(value);
}

inline std::int64_t integer(const Value& value) {
  return std::get<std::int64_t>(value);
}

inline double real(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}

}  // namespace vnsweep
