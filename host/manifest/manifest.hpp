#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/manifest/diagnostics.hpp"
#include "host/manifest/field.hpp"
#include "host/manifest/run_spec.hpp"
#include "host/stats/sample_size.hpp"

namespace vnsweep {

/// Values that one field takes over the grid. They are computed on demand, so that an axis of
/// 10^12 values can be refused by its size.
struct Axis {
  const Field* field = nullptr;
  std::uint64_t count = 0;
  std::function<Value(std::uint64_t)> value;  ///< for indices below `count`
  nlohmann::json canonical;                   ///< the axis as the resolved manifest writes it
  SourcePosition position;
  std::optional<PrecisionGoal> adaptive;  ///< of seeds: how many of them are used
};

/// Axes that advance together; a single axis is a group of its own.
struct AxisGroup {
  std::vector<Axis> axes;  ///< all of the same count, at least one
  std::uint64_t count() const { return axes.front().count; }
};

/// Points to leave out: those that match on every named field.
struct Exclusion {
  struct Condition {
    const Field* field = nullptr;
    std::vector<Value> values;  ///< any of these
  };
  std::vector<Condition> conditions;
  SourcePosition position;
};

/// Points to add: the grid again with these axes in place of its own.
struct Inclusion {
  std::vector<Axis> axes;
};

/// A checked manifest. Its grid is not expanded yet.
struct Manifest {
  std::string name;
  std::string description;
  std::string file;    ///< for messages
  std::string source;  ///< text as given
  RunSpec base;        ///< every field that is not an axis
  std::vector<AxisGroup> groups;
  std::vector<Exclusion> exclusions;
  std::vector<Inclusion> inclusions;
  nlohmann::json resolved;  ///< canonical form, itself a valid manifest
  SourcePosition grid_position;
  std::map<std::string, SourcePosition, std::less<>> positions;  ///< of each field given, by its
                                                                 ///< name and by "section.name"

  /// How seeds are added cell by cell; nothing if every cell has all of them.
  std::optional<PrecisionGoal> adaptive_seeds() const;

  /// Where a field was given, or where the grid is.
  SourcePosition position_of(std::string_view field) const {
    const auto found = positions.find(field);
    return found == positions.end() ? grid_position : found->second;
  }
};

/// A manifest with every default and value written out: itself a valid manifest.
nlohmann::json resolved_manifest(const Manifest& manifest);

/// Largest manifest that a user may give: ten thousand list values fit in far less.
inline constexpr std::size_t kMaxManifestBytes = std::size_t{1} << 20;
/// Largest resolved manifest: it writes out what anchors and short forms of the original
/// abbreviate.
inline constexpr std::size_t kMaxResolvedBytes = std::size_t{1} << 28;

/// Reads and checks a manifest file, YAML or JSON.
/// @throws ManifestError with every problem found
Manifest load_manifest(const std::filesystem::path& file,
                       std::size_t max_bytes = kMaxManifestBytes);

/// The same from text. @param file  name for messages
Manifest parse_manifest(std::string_view text, const std::string& file,
                        std::size_t max_bytes = kMaxManifestBytes);

}  // namespace vnsweep
