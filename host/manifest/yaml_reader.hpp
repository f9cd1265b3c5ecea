#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/manifest/diagnostics.hpp"
#include "host/manifest/field.hpp"

namespace vnsweep {

/// Where a node stands in its file.
SourcePosition position_of(const YAML::Node& node);

/// What a node is, for messages: "a list", "'tahn'", "the text \"5\"".
std::string describe(const YAML::Node& node);

/// Reads typed parts of a YAML tree. A part that is wrong becomes an error with its place, and the
/// caller gets nothing, so that reading goes on and finds the other errors too.
class YamlReader {
 public:
  using Handler = std::function<void(const YAML::Node& key, const YAML::Node& value)>;

  explicit YamlReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void error(const YAML::Node& node, std::string message);

  /// Calls the handler of every key of a mapping; unknown and repeated keys are errors.
  /// @param what  the mapping, for messages: "grid"
  /// @returns whether there was no such error
  bool for_each_key(const YAML::Node& map, std::string_view what,
                    const std::map<std::string_view, Handler>& handlers);

  std::optional<std::string> read_text(const YAML::Node& node, std::string_view what,
                                       std::size_t max_length);
  /// A value that the field allows.
  std::optional<Value> read_value(const YAML::Node& node, const Field& field);
  std::optional<double> read_real(const YAML::Node& node, std::string_view what);
  std::optional<std::int64_t> read_integer(const YAML::Node& node, std::string_view what,
                                           std::int64_t minimum);

 private:
  std::optional<Value> read_unchecked(const YAML::Node& node, const Field& field);

  Diagnostics& diagnostics_;
};

}  // namespace vnsweep
