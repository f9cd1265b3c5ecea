// A manifest is refused with a ManifestError, or it has runs and its resolved form has the same.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/plan/grid.hpp"
#include "host/plan/run_identity.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace vnsweep {
namespace {

/// Larger grids are only counted: they take time, and nothing else happens in them.
constexpr std::uint64_t kMostPoints = 500;
/// Every exclusion is compared with every point.
constexpr std::size_t kMostExclusions = 100;

/// Relative paths of data sets lead into sweeps/data.
const std::string kFile = std::string(VNSWEEP_SOURCE_DIR) + "/sweeps/fuzz.yaml";

std::vector<std::string> run_ids(const Manifest& manifest) {
  std::vector<std::string> ids;
  for (const RunSpec& spec : expand_grid(manifest))
    ids.push_back(run_id(spec));
  return ids;
}

void try_manifest(std::string_view text) {
  const Manifest manifest = parse_manifest(text, kFile);
  const std::string resolved = manifest.resolved.dump();
  if (grid_size(manifest) > kMostPoints || manifest.exclusions.size() > kMostExclusions) return;
  const std::vector<std::string> ids = run_ids(manifest);
  testing::require(!ids.empty(), "a manifest that is accepted has a run");
  try {
    const Manifest again = parse_manifest(resolved, kFile, kMaxResolvedBytes);
    testing::require(run_ids(again) == ids, "the resolved manifest has the same runs");
    testing::require(again.name == manifest.name, "the resolved manifest has the same name");
    testing::require(again.resolved == manifest.resolved, "resolving twice changes nothing");
  } catch (const ManifestError& e) {
    testing::require(false, e.what());
  }
}

}  // namespace
}  // namespace vnsweep

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return vnsweep::testing::feed<vnsweep::ManifestError>(data, size, vnsweep::try_manifest);
}
