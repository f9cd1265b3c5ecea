#include "host/store/stored_sweep.hpp"

#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "host/plan/grid.hpp"

namespace vnsweep {

StoredSweep read_sweep(std::vector<Store>& stores) {
  StoredSweep sweep;
  std::unordered_map<std::string, std::size_t> places;
  const auto homes = std::make_shared<std::unordered_map<std::string, Store*>>();
  for (Store& store : stores) {
    for (StoredRun& run : store.runs()) {
      const auto [place, is_new] = places.emplace(run.run_id, sweep.runs.size());
      if (is_new) {
        (*homes)[run.run_id] = &store;
        sweep.runs.push_back(std::move(run));
      } else if (sweep.runs[place->second].status == RunStatus::error) {
        (*homes)[run.run_id] = &store;
        sweep.runs[place->second] = std::move(run);
      }
    }
  }
  sweep.probes = [homes](const StoredRun& run) {
    const auto home = homes->find(run.run_id);
    if (home == homes->end()) {
      throw std::invalid_argument("no store holds run " + run.run_id + "; read the sweep again");
    }
    return home->second->probes(run);
  };
  return sweep;
}

std::unordered_map<std::string, KnownOutcome> stored_outcomes(std::vector<Store>& stores) {
  std::unordered_map<std::string, KnownOutcome> all;
  for (Store& store : stores) {
    for (const auto& [run, outcome] : store.outcomes()) {
      KnownOutcome& known = all.emplace(run, outcome).first->second;
      if (known == KnownOutcome::error) known = outcome;
    }
  }
  return all;
}

ManifestProgress progress_of(const Manifest& manifest,
                             const std::unordered_map<std::string, KnownOutcome>& outcomes) {
  SweepProgress sweep(manifest, expand_runs(manifest));
  const std::size_t others = sweep.learn(outcomes);
  return {sweep.counts(), others};
}

}  // namespace vnsweep
