#include <fmt/format.h>

#include <set>

#include "host/compare/comparison.hpp"
#include "host/store/stored_sweep.hpp"

namespace vnsweep {

SweepResults read_results(const RunDirectory& directory) {
  std::vector<Store> stores = directory.open_for_reading();
  SweepResults results{.directory = directory.path().string(), .manifest = directory.manifest()};
  results.runs = read_sweep(stores).runs;
  results.counts = progress_of(results.manifest, stored_outcomes(stores)).counts;
  std::set<std::string> numerics;
  std::set<std::string> versions;
  for (Store& store : stores) {
    numerics.insert(store.numerics_version());
    for (const Session& session : store.sessions()) {
      if (session.runs > 0) versions.insert(session.version);
    }
  }
  results.numerics = fmt::format("{}", fmt::join(numerics, ", "));
  results.versions = fmt::format("{}", fmt::join(versions, ", "));
  return results;
}

}  // namespace vnsweep
