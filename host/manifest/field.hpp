#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/manifest/run_spec.hpp"

namespace vnsweep {

/// A scalar of a manifest; empty when an optional field is not given.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// As it would be written in a manifest: 60, 0.1, tanh. Doubles in the shortest form that reads
/// back to the same number.
std::string to_string(const Value& value);
nlohmann::json to_json(const Value& value);

/// word: one of a list. text: any.
enum class FieldType { integer, real, word, text };

/// One scalar of a run: where it stands in a manifest, what it may be, and how a RunSpec holds it.
/// The table of fields drives the parser, the grid, the stored configuration and the exports.
struct Field {
  std::string_view
      section;  ///< "grid", "task", "model", "train", "success", "probe", "diagnosis", ""
  std::string_view name;
  FieldType type = FieldType::integer;
  double minimum = 0.0;
  double maximum = 0.0;
  bool minimum_allowed = true;          ///< false: the value must be greater than the minimum
  std::vector<std::string_view> words;  ///< values of a word; special values of a number
  bool can_be_axis = false;
  bool required = false;  ///< has no default
  /// Where something is, not what it is: stored, so that a run can be made again, but not part of
  /// the run's identity.
  bool is_location = false;
  std::vector<TaskKind> tasks;  ///< those that the field applies to; empty: all
  /// A value that stored configurations leave out, so that runs from before there was such a field
  /// keep their identity; empty for fields that were there from the beginning.
  std::string_view unspoken;
  Value (*get)(const RunSpec&) = nullptr;
  void (*set)(RunSpec&, const Value&) = nullptr;
};

/// All fields in canonical order: depth, width, scale, then the rest, seed last.
std::span<const Field> all_fields();

/// @returns null if there is no such field
const Field* find_field(std::string_view section, std::string_view name);
/// Field that may be an axis of the grid; null if there is none of that name.
const Field* find_axis_field(std::string_view name);

/// Problem with `value` as a value of `field`, or an empty string.
std::string check_value(const Field& field, const Value& value);

/// Problem of a complete specification that no single field shows, and the field to blame.
struct SpecProblem {
  std::string field;  ///< "lr", or "task.samples" where two sections have one of that name
  std::string message;
};
std::vector<SpecProblem> check_spec(const RunSpec& spec);

/// All fields, nested by section; empty and unspoken ones are left out. Keys are sorted.
nlohmann::json spec_to_json(const RunSpec& spec);

/// The same without locations: what a run is, wherever its data are.
nlohmann::json identity_to_json(const RunSpec& spec);

}  // namespace vnsweep
