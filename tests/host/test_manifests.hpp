#pragma once

#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/plan/grid.hpp"
#include "tests/temporary_directory.hpp"

namespace vnsweep::testing {

/// A valid manifest whose grid is given.
inline std::string manifest_text(const std::string& grid,
                                 const std::string& train = "{lr: 0.1, steps: 50}") {
  return "name: test\ntask: xor\ngrid: " + grid + "\ntrain: " + train +
         "\nsuccess: {accuracy: 1.0, loss: 0.1}\n";
}

inline Manifest manifest_with_grid(const std::string& grid) {
  return parse_manifest(manifest_text(grid), "test.yaml");
}

inline std::vector<RunSpec> runs_of(const std::string& grid) {
  return expand_grid(manifest_with_grid(grid));
}

inline std::vector<RunSpec> runs_of(const std::string& grid, const std::string& train) {
  return expand_grid(parse_manifest(manifest_text(grid, train), "test.yaml"));
}

/// What is wrong with a manifest of that name, or "no error".
inline std::string error_of(const std::string& text, const std::string& file = "m.yaml") {
  try {
    expand_grid(parse_manifest(text, file));
  } catch (const ManifestError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace vnsweep::testing
