#pragma once

#include <optional>

#include "host/manifest/manifest.hpp"
#include "host/manifest/yaml_reader.hpp"

namespace vnsweep {

/// Reads an axis of the grid: a value, a list, {from, to, step}, {linspace: [a, b, n]},
/// {logspace: [a, b, n]}, or {count, from} for seeds. Nothing is expanded.
/// @returns nothing after reporting what is wrong
std::optional<Axis> read_axis(YamlReader& reader, const YAML::Node& node, const Field& field);

}  // namespace vnsweep
