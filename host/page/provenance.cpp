#include "host/page/provenance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "build_info.hpp"

namespace vnsweep::page {

Provenance collect_provenance(std::vector<Store>& stores, const std::vector<StoredRun>& runs) {
  Provenance provenance;
  std::set<std::string> numerics;
  for (Store& store : stores) {
    numerics.insert(store.numerics_version());
    for (Session& session : store.sessions())
      provenance.sessions.push_back(std::move(session));
  }
  provenance.numerics = fmt::format("{}", fmt::join(numerics, ", "));

  std::map<std::pair<std::string, std::string>, DeviceUse> devices;
  std::set<std::int64_t> seeds;
  for (const StoredRun& run : runs) {
    DeviceUse& use = devices[{run.engine, run.device}];
    use.engine = run.engine;
    use.device = run.device;
    ++use.runs;
    use.seconds += run.seconds;
    seeds.insert(run.spec.seed);
    // ISO 8601 sorts by time.
    if (provenance.first_finished.empty() || run.finished_at < provenance.first_finished)
      provenance.first_finished = run.finished_at;
    provenance.last_finished = std::max(provenance.last_finished, run.finished_at);
  }
  for (auto& entry : devices)
    provenance.devices.push_back(std::move(entry.second));
  if (!seeds.empty()) {
    provenance.seeds = static_cast<std::int64_t>(seeds.size());
    provenance.lowest_seed = *seeds.begin();
    provenance.highest_seed = *seeds.rbegin();
  }
  provenance.reporter = fmt::format("{} ({})", build::kVersion, build::kCommit);
  provenance.written_at = utc_now();
  return provenance;
}

}  // namespace vnsweep::page
