#include "host/manifest/manifest_reader.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "host/manifest/axis.hpp"

namespace vnsweep {
namespace {

constexpr std::size_t kMaxNameLength = 200;
constexpr std::size_t kMaxDescriptionLength = 10'000;

SourcePosition position_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return {mark.line, mark.column};
}

bool is_quoted(const YAML::Node& node) {
  return node.Tag() == "!";
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

class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : diagnostics_(file, text) {
    manifest_.file = file;
    manifest_.source = std::string(text);
  }

  Manifest read() {
    const YAML::Node root = parse();
    if (root.IsMap()) {
      read_root(root);
    } else if (diagnostics_.empty()) {
      diagnostics_.error({}, root.IsDefined() && !root.IsNull()
                                 ? "a manifest is a mapping with the keys name, task and grid"
                                 : "the manifest is empty (it needs name, task and grid)");
    }
    diagnostics_.throw_if_any();
    manifest_.resolved = resolve();
    return std::move(manifest_);
  }

 private:
  using Handler = std::function<void(const YAML::Node& key, const YAML::Node& value)>;

  void error(const YAML::Node& node, std::string message) {
    diagnostics_.error(position_of(node), std::move(message));
  }

  YAML::Node parse() {
    try {
      const std::vector<YAML::Node> documents = YAML::LoadAll(manifest_.source);
      if (documents.size() > 1) {
        error(documents[1], "a manifest is a single YAML document");
      }
      return documents.empty() ? YAML::Node() : documents.front();
    } catch (const YAML::DeepRecursion& e) {
      diagnostics_.error({e.mark.line, e.mark.column},
                         "nested too deeply for a manifest; is it the right file?");
    } catch (const YAML::Exception& e) {
      diagnostics_.error({e.mark.line, e.mark.column}, "not valid YAML: " + e.msg);
    }
    return {};
  }

  /// Calls the handler of every key of a mapping; unknown and repeated keys are errors.
  void for_each_key(const YAML::Node& map, std::string_view what,
                    const std::map<std::string_view, Handler>& handlers) {
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const YAML::Node& key = entry.first;
      if (!key.IsScalar()) {
        error(key, fmt::format("a key of {} must be a word, not {}", what, describe(key)));
        continue;
      }
      const std::string name = key.Scalar();
      if (!seen.insert(name).second) {
        error(key, fmt::format("'{}' is given twice in {}", name, what));
        continue;
      }
      const auto handler = handlers.find(name);
      if (handler == handlers.end()) {
        std::vector<std::string_view> known;
        for (const auto& known_key : handlers)
          known.push_back(known_key.first);
        error(key, fmt::format("unknown key '{}' in {}{}", name.substr(0, 60), what,
                               unknown_key_hint(name, known)));
        continue;
      }
      handler->second(key, entry.second);
    }
  }

  static std::string unknown_key_hint(std::string_view name,
                                      const std::vector<std::string_view>& known) {
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

  std::optional<std::string> read_text(const YAML::Node& node, std::string_view what,
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

  std::optional<Value> read_value(const YAML::Node& node, const Field& field) {
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

  std::optional<Value> read_unchecked(const YAML::Node& node, const Field& field) {
    if (!node.IsScalar()) {
      error(node, fmt::format("{} must be a single value, not {}", field.name, describe(node)));
      return std::nullopt;
    }
    const std::string& text = node.Scalar();
    const bool special =
        std::find(field.words.begin(), field.words.end(), text) != field.words.end();
    if (field.type == FieldType::word || special) return Value(text);
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

  // ---- sections ----

  void read_root(const YAML::Node& root) {
    std::map<std::string_view, Handler> handlers;
    handlers["name"] = [this](const YAML::Node&, const YAML::Node& value) {
      manifest_.name = read_text(value, "name", kMaxNameLength).value_or("?");
    };
    handlers["description"] = [this](const YAML::Node&, const YAML::Node& value) {
      manifest_.description = read_text(value, "description", kMaxDescriptionLength).value_or("");
    };
    handlers["task"] = [this](const YAML::Node&, const YAML::Node& value) { read_task(value); };
    handlers["grid"] = [this](const YAML::Node& key, const YAML::Node& value) {
      manifest_.grid_position = position_of(key);
      read_grid(value);
    };
    handlers["seeding"] = [this](const YAML::Node&, const YAML::Node& value) {
      set_field(*find_field("", "seeding"), value, position_of(value));
    };
    for (const std::string_view section : {"model", "train", "success", "probe", "diagnosis"}) {
      handlers[section] = [this, section](const YAML::Node&, const YAML::Node& value) {
        read_section(section, value);
      };
    }
    for_each_key(root, "the manifest", handlers);
    check_required(root);
  }

  void set_field(const Field& field, const YAML::Node& node, SourcePosition position) {
    given_[&field] = position;
    manifest_.positions.emplace(field.name, position);
    if (const std::optional<Value> value = read_value(node, field)) {
      field.set(manifest_.base, *value);
    }
  }

  void read_section(std::string_view section, const YAML::Node& node) {
    if (!node.IsMap()) {
      error(node, fmt::format("{} must be a mapping, not {}", section, describe(node)));
      return;
    }
    std::map<std::string_view, Handler> handlers;
    for (const Field& field : all_fields()) {
      if (field.section != section) continue;
      handlers[field.name] = [this, &field](const YAML::Node& key, const YAML::Node& value) {
        set_field(field, value, position_of(key));
      };
    }
    for_each_key(node, section, handlers);
  }

  void read_task(const YAML::Node& node) {
    if (node.IsScalar()) {
      set_field(*find_field("task", "name"), node, position_of(node));
    } else {
      read_section("task", node);
    }
  }

  // ---- grid ----

  void read_grid(const YAML::Node& grid) {
    if (!grid.IsMap()) {
      error(grid, fmt::format("grid must be a mapping of axes, not {}", describe(grid)));
      return;
    }
    std::map<std::string_view, Handler> handlers =
        axis_handlers([this](const Field& field, Axis axis) { axes_[&field] = std::move(axis); });
    std::optional<YAML::Node> zip;
    std::optional<YAML::Node> exclude;
    std::optional<YAML::Node> include;
    handlers["zip"] = [&](const YAML::Node&, const YAML::Node& value) { zip = value; };
    handlers["exclude"] = [&](const YAML::Node&, const YAML::Node& value) { exclude = value; };
    handlers["include"] = [&](const YAML::Node&, const YAML::Node& value) { include = value; };
    for_each_key(grid, "grid", handlers);

    // These name axes, so they are read after all of them.
    if (zip) read_zip(*zip);
    group_axes();
    if (exclude) read_exclude(*exclude);
    if (include) read_include(*include);
  }

  std::map<std::string_view, Handler> axis_handlers(
      const std::function<void(const Field&, Axis)>& store) {
    std::map<std::string_view, Handler> handlers;
    for (const Field& field : all_fields()) {
      if (!field.can_be_axis) continue;
      handlers[field.name] = [this, &field, store](const YAML::Node& key, const YAML::Node& value) {
        named_axes_.insert(&field);
        manifest_.positions.emplace(field.name, position_of(key));
        std::optional<Axis> axis = read_axis(value, field);
        if (!axis) return;
        axis->position = position_of(key);
        store(field, std::move(*axis));
      };
    }
    return handlers;
  }

  std::optional<Axis> read_axis(const YAML::Node& node, const Field& field) {
    if (node.IsScalar()) {
      const std::optional<Value> value = read_value(node, field);
      return value ? std::optional(list_axis(field, {*value})) : std::nullopt;
    }
    if (node.IsSequence()) return read_list(node, field);
    if (node.IsMap()) return read_computed_axis(node, field);
    error(node, fmt::format("{} has no values: give a value, a list or a range", field.name));
    return std::nullopt;
  }

  std::optional<Axis> read_list(const YAML::Node& node, const Field& field) {
    std::vector<Value> values;
    bool valid = true;
    for (const YAML::Node& entry : node) {
      std::optional<Value> value = read_value(entry, field);
      if (!value) {
        valid = false;
      } else if (std::find(values.begin(), values.end(), *value) != values.end()) {
        error(entry, fmt::format("{} {} is listed twice", field.name, to_string(*value)));
        valid = false;
      } else {
        values.push_back(std::move(*value));
      }
    }
    if (!valid) return std::nullopt;
    if (values.empty()) {
      error(node, fmt::format("{} is an empty axis", field.name));
      return std::nullopt;
    }
    return list_axis(field, std::move(values));
  }

  std::optional<Axis> read_computed_axis(const YAML::Node& node, const Field& field) {
    if (field.type == FieldType::word) {
      error(node, fmt::format("{} takes words: give one or a list of them", field.name));
      return std::nullopt;
    }
    std::map<std::string, YAML::Node> parts;
    std::map<std::string_view, Handler> handlers;
    std::vector<std::string_view> keys = {"from", "to", "step", "linspace", "logspace"};
    if (field.name == "seed") keys.emplace_back("count");
    for (const std::string_view key : keys) {
      handlers[key] = [&parts, key](const YAML::Node&, const YAML::Node& value) {
        parts.emplace(key, value);
      };
    }
    const bool clean_before = diagnostics_.empty();
    for_each_key(node, fmt::format("the axis {}", field.name), handlers);
    if (!diagnostics_.empty() && clean_before && parts.empty()) return std::nullopt;

    std::set<std::string> given;
    for (const auto& part : parts)
      given.insert(part.first);
    using Keys = std::set<std::string>;
    if (given == Keys{"linspace"}) return read_spaced(parts.at("linspace"), field, Exponents::no);
    if (given == Keys{"logspace"}) return read_spaced(parts.at("logspace"), field, Exponents::yes);
    if (given == Keys{"from", "to", "step"}) return read_range(parts, field);
    if (given == Keys{"count"} || given == Keys{"from", "count"}) return read_seeds(parts, field);
    error(node, fmt::format("the axis {} needs {{from, to, step}}, {{linspace: [a, b, n]}} or "
                            "{{logspace: [a, b, n]}}{}",
                            field.name,
                            field.name == "seed" ? ", or {count} with an optional from" : ""));
    return std::nullopt;
  }

  std::optional<double> read_real(const YAML::Node& node, std::string_view what) {
    const ParsedNumber number = parse_number(node);
    if (number.problem.empty()) return number.value;
    error(node, fmt::format("{}: {}", what, number.problem));
    return std::nullopt;
  }

  std::optional<std::int64_t> read_integer(const YAML::Node& node, std::string_view what,
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

  std::optional<Axis> read_range(const std::map<std::string, YAML::Node>& parts,
                                 const Field& field) {
    const YAML::Node& from_node = parts.at("from");
    const YAML::Node& to_node = parts.at("to");
    const YAML::Node& step_node = parts.at("step");
    const std::optional<Value> from = read_value(from_node, field);
    const std::optional<Value> to = read_value(to_node, field);
    const std::optional<double> step = read_real(step_node, "step");
    if (!from || !to || !step) return std::nullopt;
    if (std::holds_alternative<std::string>(*from) || std::holds_alternative<std::string>(*to)) {
      error(from_node, "a range goes from a number to a number");
      return std::nullopt;
    }
    if (*step <= 0.0) {
      error(step_node, "step must be greater than 0");
      return std::nullopt;
    }
    if (*to < *from) {
      error(to_node, fmt::format("the range is empty: to {} is less than from {}", to_string(*to),
                                 to_string(*from)));
      return std::nullopt;
    }
    if (field.type == FieldType::integer) {
      const std::optional<std::int64_t> whole_step = read_integer(step_node, "step", 1);
      if (!whole_step) return std::nullopt;
      const std::int64_t first = std::get<std::int64_t>(*from);
      const std::int64_t last = std::get<std::int64_t>(*to);
      return integer_range_axis(
          field, first, static_cast<std::uint64_t>((last - first) / *whole_step) + 1, *whole_step);
    }
    return range_axis(field, std::get<double>(*from), std::get<double>(*to), *step);
  }

  enum class Exponents { no, yes };

  std::optional<Axis> read_spaced(const YAML::Node& node, const Field& field, Exponents exponents) {
    if (!node.IsSequence() || node.size() != 3) {
      error(node, fmt::format("the axis {} needs [first, last, number of values]", field.name));
      return std::nullopt;
    }
    const std::optional<double> a = read_real(node[0], "first value");
    const std::optional<double> b = read_real(node[1], "last value");
    const std::optional<std::int64_t> count = read_integer(node[2], "number of values", 1);
    if (!a || !b || !count) return std::nullopt;
    // The values are monotonic, so the ends tell.
    for (const double end : {*a, *b}) {
      const double value = exponents == Exponents::yes ? std::pow(10.0, end) : end;
      const bool in_range = value >= field.minimum && value <= field.maximum &&
                            (field.minimum_allowed || value > field.minimum);
      // An integer field takes the nearest integer, which may just be in range.
      const bool rounds_into_range =
          field.type == FieldType::integer && std::round(value) == field.minimum;
      if (in_range || rounds_into_range) continue;
      error(node, fmt::format("{} runs to {}, but must be {} {} and at most {}", field.name, value,
                              field.minimum_allowed ? "at least" : "greater than", field.minimum,
                              field.maximum));
      return std::nullopt;
    }
    const auto values = static_cast<std::uint64_t>(*count);
    return exponents == Exponents::yes ? logspace_axis(field, *a, *b, values)
                                       : linspace_axis(field, *a, *b, values);
  }

  std::optional<Axis> read_seeds(const std::map<std::string, YAML::Node>& parts,
                                 const Field& field) {
    const std::optional<std::int64_t> count = read_integer(parts.at("count"), "count", 1);
    std::int64_t first = 0;
    if (parts.contains("from")) {
      const std::optional<Value> from = read_value(parts.at("from"), field);
      if (!from) return std::nullopt;
      first = std::get<std::int64_t>(*from);
    }
    if (!count) return std::nullopt;
    if (static_cast<double>(first) + static_cast<double>(*count) > field.maximum) {
      error(parts.at("count"), fmt::format("the last seed is beyond {}", field.maximum));
      return std::nullopt;
    }
    return integer_range_axis(field, first, static_cast<std::uint64_t>(*count), 1);
  }

  void read_zip(const YAML::Node& node) {
    const bool single_group = node.IsSequence() && node.size() > 0 && node[0].IsScalar();
    if (single_group) {
      read_zip_group(node);
      return;
    }
    if (!node.IsSequence() || node.size() == 0) {
      error(node, "zip must list the axes that advance together: [width, lr]");
      return;
    }
    for (const YAML::Node& group : node)
      read_zip_group(group);
  }

  void read_zip_group(const YAML::Node& node) {
    if (!node.IsSequence() || node.size() < 2) {
      error(node, "a zip needs at least two axes");
      return;
    }
    // Nothing is moved before the whole group is known to be sound.
    std::vector<const Field*> fields;
    for (const YAML::Node& entry : node) {
      const Field* field = entry.IsScalar() ? find_axis_field(entry.Scalar()) : nullptr;
      if (field == nullptr || !named_axes_.contains(field)) {
        error(entry,
              fmt::format("zip names {}, which is not an axis of this grid", describe(entry)));
        return;
      }
      if (!zipped_.insert(field).second) {
        error(entry, fmt::format("{} is zipped twice", field->name));
        return;
      }
      if (!axes_.contains(field)) return;  // the axis has an error of its own
      const Axis& first = axes_.at(fields.empty() ? field : fields.front());
      if (axes_.at(field).count != first.count) {
        error(entry,
              fmt::format("zipped axes must be of equal length: {} has {} values, {} has {}",
                          first.field->name, first.count, field->name, axes_.at(field).count));
        return;
      }
      fields.push_back(field);
    }
    AxisGroup group;
    for (const Field* field : fields) {
      group.axes.push_back(std::move(axes_.at(field)));
      axes_.erase(field);
    }
    manifest_.groups.push_back(std::move(group));
  }

  /// Orders the groups as the table of fields orders their first axes: seed varies fastest.
  void group_axes() {
    for (auto& entry : axes_)
      manifest_.groups.push_back({{std::move(entry.second)}});
    axes_.clear();
    std::sort(manifest_.groups.begin(), manifest_.groups.end(),
              [](const AxisGroup& a, const AxisGroup& b) {
                return a.axes.front().field < b.axes.front().field;
              });
  }

  void read_exclude(const YAML::Node& node) {
    if (!node.IsSequence()) {
      error(node, "exclude must be a list of points: [{depth: 60, width: 8}]");
      return;
    }
    for (const YAML::Node& entry : node) {
      if (!entry.IsMap() || entry.size() == 0) {
        error(entry, "an excluded point is a mapping of axes to values: {depth: 60, width: 8}");
        continue;
      }
      Exclusion exclusion;
      exclusion.position = position_of(entry);
      std::map<std::string_view, Handler> handlers;
      for (const Field* field : named_axes_) {
        handlers[field->name] = [this, field, &exclusion](const YAML::Node&,
                                                          const YAML::Node& value) {
          Exclusion::Condition condition{.field = field};
          if (value.IsSequence()) {
            for (const YAML::Node& v : value) {
              if (auto parsed = read_value(v, *field)) condition.values.push_back(*parsed);
            }
          } else if (auto parsed = read_value(value, *field)) {
            condition.values.push_back(*parsed);
          }
          exclusion.conditions.push_back(std::move(condition));
        };
      }
      for_each_key(entry, "an excluded point", handlers);
      manifest_.exclusions.push_back(std::move(exclusion));
    }
  }

  void read_include(const YAML::Node& node) {
    if (!node.IsSequence()) {
      error(node, "include must be a list of points: [{depth: 100, width: 64}]");
      return;
    }
    for (const YAML::Node& entry : node) {
      if (!entry.IsMap() || entry.size() == 0) {
        error(entry, "an included point is a mapping of axes to values: {depth: 100, width: 64}");
        continue;
      }
      Inclusion inclusion;
      const std::set<const Field*> declared = named_axes_;
      for_each_key(entry, "an included point", axis_handlers([&inclusion](const Field&, Axis axis) {
                     inclusion.axes.push_back(std::move(axis));
                   }));
      named_axes_ = declared;
      manifest_.inclusions.push_back(std::move(inclusion));
    }
  }

  // ---- what only shows in the whole ----

  void check_required(const YAML::Node& root) {
    const SourcePosition top = position_of(root);
    if (manifest_.name.empty()) diagnostics_.error(top, "the manifest has no `name`");
    for (const Field& field : all_fields()) {
      const bool given = given_.contains(&field);
      const bool axis = field.can_be_axis && named_axes_.contains(&field);
      if (given && axis) {
        diagnostics_.error(given_.at(&field),
                           fmt::format("{} is given twice: under {} and as an axis of the grid",
                                       field.name, field.section));
      }
      if (field.required && !given && !axis) {
        diagnostics_.error(top, fmt::format("{} is missing: add it under `{}`{}", field.name,
                                            field.section, example(field)));
      }
    }
    const bool has_threshold = given_.contains(find_field("success", "accuracy")) ||
                               given_.contains(find_field("success", "loss"));
    const bool malformed = root["success"].IsDefined() && !root["success"].IsMap();
    if (!has_threshold && !malformed) {
      diagnostics_.error(top,
                         "success has no threshold: add `success: {accuracy: 1.0, loss: 0.1}` or "
                         "one of the two");
    }
  }

  static std::string example(const Field& field) {
    if (field.name == "name") return ", e.g. `task: xor`";
    if (field.name == "depth") return ", e.g. `depth: [2, 10, 60]`";
    if (field.name == "width") return ", e.g. `width: [8, 32]`";
    if (field.name == "lr") return ", e.g. `lr: 0.1`";
    if (field.name == "steps") return ", e.g. `steps: 1000`";
    return "";
  }

  nlohmann::json resolve() const {
    nlohmann::json json = spec_to_json(manifest_.base);
    json["name"] = manifest_.name;
    if (!manifest_.description.empty()) json["description"] = manifest_.description;
    nlohmann::json grid = nlohmann::json::object();
    nlohmann::json zip = nlohmann::json::array();
    for (const Field& field : all_fields()) {
      const bool own_value = field.section == "grid" && !field.required;
      if (own_value) grid[std::string(field.name)] = to_json(field.get(manifest_.base));
    }
    for (const AxisGroup& group : manifest_.groups) {
      nlohmann::json names = nlohmann::json::array();
      for (const Axis& axis : group.axes) {
        const std::string name(axis.field->name);
        grid[name] = axis.canonical;
        names.push_back(name);
        if (axis.field->section != "grid") {
          nlohmann::json& section = json[std::string(axis.field->section)];
          section.erase(name);
          if (section.empty()) json.erase(std::string(axis.field->section));
        }
      }
      if (names.size() > 1) zip.push_back(names);
    }
    if (!zip.empty()) grid["zip"] = zip;
    for (const Exclusion& exclusion : manifest_.exclusions) {
      nlohmann::json point = nlohmann::json::object();
      for (const auto& [field, values] : exclusion.conditions) {
        nlohmann::json list = nlohmann::json::array();
        for (const Value& value : values)
          list.push_back(to_json(value));
        point[std::string(field->name)] = list;
      }
      grid["exclude"].push_back(point);
    }
    for (const Inclusion& inclusion : manifest_.inclusions) {
      nlohmann::json point = nlohmann::json::object();
      for (const Axis& axis : inclusion.axes)
        point[std::string(axis.field->name)] = axis.canonical;
      grid["include"].push_back(point);
    }
    json["grid"] = grid;
    return json;
  }

  Diagnostics diagnostics_;
  Manifest manifest_;
  std::map<const Field*, SourcePosition> given_;
  std::map<const Field*, Axis> axes_;
  std::set<const Field*> named_axes_;
  std::set<const Field*> zipped_;
};

}  // namespace

Manifest read_manifest(std::string_view text, const std::string& file) {
  return Reader(text, file).read();
}

}  // namespace vnsweep
