#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/plan/grid.hpp"

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

/// A directory that is removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "vnsweep-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vnsweep::testing
