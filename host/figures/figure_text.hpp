#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/manifest/field.hpp"

namespace vnsweep::figures {

/// Text that prints as it reads: control characters and those that turn the direction of writing
/// become spaces, bytes that are not UTF-8 a question mark; what is longer than `longest`
/// characters ends in an ellipsis.
std::string printable(std::string_view text, std::size_t longest = 60);

/// A string of gnuplot, single-quoted: nothing in it is expanded or run, whatever it is. An
/// apostrophe at the beginning becomes a typographic one.
std::string gnuplot_string(std::string_view text);

/// A number for people: three significant digits.
std::string short_number(double value);

/// "width 8": an axis and its value, printable.
std::string axis_value_text(const Field& axis, const Value& value);

/// "a, b and c".
std::string enumeration(const std::vector<std::string>& items);

}  // namespace vnsweep::figures
