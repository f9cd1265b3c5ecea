#include "host/manifest/axis_reader.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "host/manifest/axis.hpp"

namespace vnsweep {
namespace {

/// One axis while it is being read.
class AxisReader {
 public:
  AxisReader(YamlReader& reader, const Field& field) : reader_(reader), field_(field) {}

  std::optional<Axis> read(const YAML::Node& node) {
    if (node.IsScalar()) {
      const std::optional<Value> value = reader_.read_value(node, field_);
      return value ? std::optional(list_axis(field_, {*value})) : std::nullopt;
    }
    if (node.IsSequence()) return read_list(node);
    if (node.IsMap()) return read_computed_axis(node);
    reader_.error(node,
                  fmt::format("{} has no values: give a value, a list or a range", field_.name));
    return std::nullopt;
  }

 private:
  std::optional<Axis> read_list(const YAML::Node& node) {
    std::vector<Value> values;
    std::set<Value> seen;
    bool valid = true;
    for (const YAML::Node& entry : node) {
      std::optional<Value> value = reader_.read_value(entry, field_);
      if (!value) {
        valid = false;
      } else if (!seen.insert(*value).second) {
        reader_.error(entry, fmt::format("{} {} is listed twice", field_.name, to_string(*value)));
        valid = false;
      } else {
        values.push_back(std::move(*value));
      }
    }
    if (!valid) return std::nullopt;
    if (values.empty()) {
      reader_.error(node, fmt::format("{} is an empty axis", field_.name));
      return std::nullopt;
    }
    return list_axis(field_, std::move(values));
  }

  std::optional<Axis> read_computed_axis(const YAML::Node& node) {
    if (field_.type == FieldType::word) {
      reader_.error(node, fmt::format("{} takes words: give one or a list of them", field_.name));
      return std::nullopt;
    }
    std::map<std::string, YAML::Node> parts;
    std::map<std::string_view, YamlReader::Handler> handlers;
    std::vector<std::string_view> keys = {"from", "to", "step", "linspace", "logspace"};
    if (field_.name == "seed") {
      for (const std::string_view key : {"count", "min", "max", "halfwidth"})
        keys.push_back(key);
    }
    for (const std::string_view key : keys) {
      handlers[key] = [&parts, key](const YAML::Node&, const YAML::Node& value) {
        parts.emplace(key, value);
      };
    }
    if (!reader_.for_each_key(node, fmt::format("the axis {}", field_.name), handlers)) {
      return std::nullopt;
    }

    std::set<std::string> given;
    for (const auto& part : parts)
      given.insert(part.first);
    using Keys = std::set<std::string>;
    if (given == Keys{"linspace"}) return read_spaced(parts.at("linspace"), Exponents::no);
    if (given == Keys{"logspace"}) return read_spaced(parts.at("logspace"), Exponents::yes);
    if (given == Keys{"from", "to", "step"}) return read_range(parts);
    if (given == Keys{"min", "max", "halfwidth"}) return read_adaptive_seeds(parts);
    if (given == Keys{"count"} || given == Keys{"from", "count"}) return read_seeds(parts);
    reader_.error(node,
                  fmt::format("the axis {} needs {{from, to, step}}, {{linspace: [a, b, n]}} or "
                              "{{logspace: [a, b, n]}}{}",
                              field_.name,
                              field_.name == "seed"
                                  ? ", {count} with an optional from, or {min, max, halfwidth}"
                                  : ""));
    return std::nullopt;
  }

  std::optional<Axis> read_range(const std::map<std::string, YAML::Node>& parts) {
    const YAML::Node& from_node = parts.at("from");
    const YAML::Node& to_node = parts.at("to");
    const YAML::Node& step_node = parts.at("step");
    const std::optional<Value> from = reader_.read_value(from_node, field_);
    const std::optional<Value> to = reader_.read_value(to_node, field_);
    const std::optional<double> step = reader_.read_real(step_node, "step");
    if (!from || !to || !step) return std::nullopt;
    if (std::holds_alternative<std::string>(*from) || std::holds_alternative<std::string>(*to)) {
      reader_.error(from_node, "a range goes from a number to a number");
      return std::nullopt;
    }
    if (*step <= 0.0) {
      reader_.error(step_node, "step must be greater than 0");
      return std::nullopt;
    }
    if (*to < *from) {
      reader_.error(to_node, fmt::format("the range is empty: to {} is less than from {}",
                                         to_string(*to), to_string(*from)));
      return std::nullopt;
    }
    if (field_.type == FieldType::integer) {
      const std::optional<std::int64_t> whole_step = reader_.read_integer(step_node, "step", 1);
      if (!whole_step) return std::nullopt;
      const std::int64_t first = std::get<std::int64_t>(*from);
      const std::int64_t last = std::get<std::int64_t>(*to);
      return integer_range_axis(
          field_, first, static_cast<std::uint64_t>((last - first) / *whole_step) + 1, *whole_step);
    }
    return range_axis(field_, std::get<double>(*from), std::get<double>(*to), *step);
  }

  enum class Exponents { no, yes };

  std::optional<Axis> read_spaced(const YAML::Node& node, Exponents exponents) {
    if (!node.IsSequence() || node.size() != 3) {
      reader_.error(node,
                    fmt::format("the axis {} needs [first, last, number of values]", field_.name));
      return std::nullopt;
    }
    const std::optional<double> a = reader_.read_real(node[0], "first value");
    const std::optional<double> b = reader_.read_real(node[1], "last value");
    const std::optional<std::int64_t> count = reader_.read_integer(node[2], "number of values", 1);
    if (!a || !b || !count) return std::nullopt;
    // The values are monotonic, so the ends tell.
    for (const double end : {*a, *b}) {
      const double value = exponents == Exponents::yes ? std::pow(10.0, end) : end;
      const bool in_range = value >= field_.minimum && value <= field_.maximum &&
                            (field_.minimum_allowed || value > field_.minimum);
      // An integer field takes the nearest integer, which may just be in range.
      const bool rounds_into_range =
          field_.type == FieldType::integer && std::round(value) == field_.minimum;
      if (in_range || rounds_into_range) continue;
      reader_.error(
          node, fmt::format("{} runs to {}, but must be {} {} and at most {}", field_.name, value,
                            field_.minimum_allowed ? "at least" : "greater than", field_.minimum,
                            field_.maximum));
      return std::nullopt;
    }
    const auto values = static_cast<std::uint64_t>(*count);
    return exponents == Exponents::yes ? logspace_axis(field_, *a, *b, values)
                                       : linspace_axis(field_, *a, *b, values);
  }

  std::optional<Axis> read_seeds(const std::map<std::string, YAML::Node>& parts) {
    const std::optional<std::int64_t> count = reader_.read_integer(parts.at("count"), "count", 1);
    std::int64_t first = 0;
    if (parts.contains("from")) {
      const std::optional<Value> from = reader_.read_value(parts.at("from"), field_);
      if (!from) return std::nullopt;
      first = std::get<std::int64_t>(*from);
    }
    if (!count) return std::nullopt;
    if (static_cast<double>(first) + static_cast<double>(*count) > field_.maximum) {
      reader_.error(parts.at("count"), fmt::format("the last seed is beyond {}", field_.maximum));
      return std::nullopt;
    }
    return integer_range_axis(field_, first, static_cast<std::uint64_t>(*count), 1);
  }

  std::optional<Axis> read_adaptive_seeds(const std::map<std::string, YAML::Node>& parts) {
    const std::optional<std::int64_t> least = reader_.read_integer(parts.at("min"), "min", 2);
    const std::optional<std::int64_t> most = reader_.read_integer(parts.at("max"), "max", 2);
    const std::optional<double> halfwidth = reader_.read_real(parts.at("halfwidth"), "halfwidth");
    if (!least || !most || !halfwidth) return std::nullopt;
    if (*most < *least) {
      reader_.error(parts.at("max"), fmt::format("max {} is less than min {}", *most, *least));
      return std::nullopt;
    }
    if (!(*halfwidth > 0.0 && *halfwidth < 0.5)) {
      reader_.error(parts.at("halfwidth"),
                    fmt::format("halfwidth must be between 0 and 0.5, not {}", *halfwidth));
      return std::nullopt;
    }
    Axis axis = integer_range_axis(field_, 0, static_cast<std::uint64_t>(*most), 1);
    axis.adaptive = PrecisionGoal{.least = *least, .most = *most, .halfwidth = *halfwidth};
    axis.canonical = {{"min", *least}, {"max", *most}, {"halfwidth", *halfwidth}};
    return axis;
  }

  YamlReader& reader_;
  const Field& field_;
};

}  // namespace

std::optional<Axis> read_axis(YamlReader& reader, const YAML::Node& node, const Field& field) {
  return AxisReader(reader, field).read(node);
}

}  // namespace vnsweep
