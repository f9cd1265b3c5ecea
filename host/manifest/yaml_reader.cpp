#include "host/manifest/yaml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

namespace vnsweep {
namespace {

bool is_quoted(const YAML::Node& node) {
  return node.Tag() == "!";
}

/// A plain scalar that looks like a number; `text` without a leading plus sign.
std::optional<std::string> number_text(const YAML::Node& node) {
  if (!node.IsScalar() || is_quoted(node)) return std::nullopt;
  std::string text = node.Scalar();
  const bool signed_twice = text.size() > 1 && (text[1] == '+' || text[1] == '-');
  if (!text.empty() && text[0] == '+' && !signed_twice) text.erase(0, 1);
  return text;
}

struct ParsedNumber {
  double value = 0.0;
  std::optional<std::int64_t> integer;  ///< when written as one and within 64 bits
  std::string problem;                  ///< why it is not a finite number, or empty
};

ParsedNumber parse_number(const YAML::Node& node) {
  ParsedNumber result;
  const std::optional<std::string> text = number_text(node);
  if (!text) {
    result.problem = fmt::format("expected a number, found {}", describe(node));
    return result;
  }
  const char* end = text->data() + text->size();
  const auto [stop, status] = std::from_chars(text->data(), end, result.value);
  static const std::set<std::string> non_finite = {".nan", ".NaN",  ".NAN",  ".inf", ".Inf",
                                                   ".INF", "-.inf", "-.Inf", "-.INF"};
  if (non_finite.contains(*text) || (stop == end && !std::isfinite(result.value))) {
    result.problem = fmt::format("expected a finite number, found '{}'", *text);
  } else if (status == std::errc::result_out_of_range) {
    result.problem = fmt::format("'{}' is out of the range of a double", text->substr(0, 60));
  } else if (status != std::errc() || stop != end) {
    result.problem = fmt::format("expected a number, found {}", describe(node));
  }
  std::int64_t whole = 0;
  const auto [whole_stop, whole_status] = std::from_chars(text->data(), end, whole);
  if (whole_stop == end && whole_status == std::errc()) result.integer = whole;
  return result;
}

std::string unknown_key_hint(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string similar = did_you_mean(name, known);
  if (!similar.empty()) return similar;
  if (name == "zip" || name == "exclude" || name == "include") {
    return "; it belongs under `grid`";
  }
  for (const Field& field : all_fields()) {
    if (field.name == name && !field.section.empty()) {
      return fmt::format("; it belongs under `{}`", field.section);
    }
  }
  return fmt::format("; known are {}", fmt::join(known, ", "));
}

}  // namespace

SourcePosition position_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return {mark.line, mark.column};
}

std::string describe(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return is_quoted(node) ? fmt::format("the text \"{}\"", node.Scalar().substr(0, 60))
                             : fmt::format("'{}'", node.Scalar().substr(0, 60));
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a mapping";
    default:
      return "nothing";
  }
}

void YamlReader::error(const YAML::Node& node, std::string message) {
  diagnostics_.error(position_of(node), std::move(message));
}

bool YamlReader::for_each_key(const YAML::Node& map, std::string_view what,
                              const std::map<std::string_view, Handler>& handlers) {
  bool sound = true;
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const YAML::Node& key = entry.first;
    if (!key.IsScalar()) {
      error(key, fmt::format("a key of {} must be a word, not {}", what, describe(key)));
      sound = false;
      continue;
    }
    const std::string name = key.Scalar();
    if (!seen.insert(name).second) {
      error(key, fmt::format("'{}' is given twice in {}", name, what));
      sound = false;
      continue;
    }
    const auto handler = handlers.find(name);
    if (handler == handlers.end()) {
      std::vector<std::string_view> known;
      for (const auto& known_key : handlers)
        known.push_back(known_key.first);
      error(key, fmt::format("unknown key '{}' in {}{}", name.substr(0, 60), what,
                             unknown_key_hint(name, known)));
      sound = false;
      continue;
    }
    handler->second(key, entry.second);
  }
  return sound;
}

std::optional<std::string> YamlReader::read_text(const YAML::Node& node, std::string_view what,
                                                 std::size_t max_length) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    error(node, fmt::format("{} must be text, not {}", what, describe(node)));
  } else if (node.Scalar().size() > max_length) {
    error(node, fmt::format("{} is longer than {} bytes", what, max_length));
  } else {
    return node.Scalar();
  }
  return std::nullopt;
}

std::optional<Value> YamlReader::read_value(const YAML::Node& node, const Field& field) {
  std::optional<Value> value = read_unchecked(node, field);
  if (!value) return std::nullopt;
  std::string problem = check_value(field, *value);
  if (problem.empty()) return value;
  if (const auto* word = std::get_if<std::string>(&*value)) {
    problem += did_you_mean(*word, field.words);
  }
  error(node, problem);
  return std::nullopt;
}

std::optional<Value> YamlReader::read_unchecked(const YAML::Node& node, const Field& field) {
  if (!node.IsScalar()) {
    error(node, fmt::format("{} must be a single value, not {}", field.name, describe(node)));
    return std::nullopt;
  }
  const std::string& text = node.Scalar();
  const bool special = std::find(field.words.begin(), field.words.end(), text) != field.words.end();
  const bool is_number = field.type == FieldType::integer || field.type == FieldType::real;
  if (!is_number || special) return Value(text);
  const ParsedNumber number = parse_number(node);
  if (!number.problem.empty()) {
    error(node,
          fmt::format("{}: {}{}", field.name, number.problem, did_you_mean(text, field.words)));
    return std::nullopt;
  }
  if (field.type == FieldType::real) return Value(number.value);
  if (!number.integer) {
    error(node, fmt::format("{} must be an integer within 64 bits, not '{}'", field.name, text));
    return std::nullopt;
  }
  return Value(*number.integer);
}

std::optional<double> YamlReader::read_real(const YAML::Node& node, std::string_view what) {
  const ParsedNumber number = parse_number(node);
  if (number.problem.empty()) return number.value;
  error(node, fmt::format("{}: {}", what, number.problem));
  return std::nullopt;
}

std::optional<std::int64_t> YamlReader::read_integer(const YAML::Node& node, std::string_view what,
                                                     std::int64_t minimum) {
  const ParsedNumber number = parse_number(node);
  if (!number.problem.empty()) {
    error(node, fmt::format("{}: {}", what, number.problem));
  } else if (!number.integer || *number.integer < minimum) {
    error(node, fmt::format("{} must be an integer of at least {}, not {}", what, minimum,
                            describe(node)));
  } else {
    return number.integer;
  }
  return std::nullopt;
}

}  // namespace vnsweep
