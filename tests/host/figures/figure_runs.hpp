#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/figures/figure.hpp"
#include "host/plan/run_identity.hpp"
#include "tests/host/test_manifests.hpp"

namespace vnsweep::testing {

/// A made-up run; its numbers are of the last hidden layer.
inline StoredRun stored_run(const RunSpec& spec, bool failed, const std::string& cause = "") {
  StoredRun run;
  run.run_id = run_id(spec);
  run.spec = spec;
  run.status = failed ? RunStatus::failed : RunStatus::succeeded;
  run.cause = cause;
  run.vni_initial = 0.25;
  run.vni_final = failed ? 1.0 : 0.5;
  run.n_eff_final = failed ? 1.0 : 2.0;
  run.log10_gradient_ratio = failed ? -1.0 : 0.5;
  return run;
}

/// Probes by id of their run.
struct ProbeTable {
  std::map<std::string, std::vector<StoredProbe>> probes;

  ReadProbes reader() const {
    return [this](const StoredRun& run) {
      const auto found = probes.find(run.run_id);
      return found == probes.end() ? std::vector<StoredProbe>() : found->second;
    };
  }
};

inline const figures::Figure& figure_named(const std::vector<figures::Figure>& figures,
                                           const std::string& name) {
  const auto found = std::find_if(figures.begin(), figures.end(),
                                  [&](const auto& figure) { return figure.name == name; });
  if (found == figures.end()) throw std::runtime_error("no figure " + name);
  return *found;
}

inline bool has_figure(const std::vector<figures::Figure>& figures, const std::string& name) {
  return std::any_of(figures.begin(), figures.end(),
                     [&](const auto& figure) { return figure.name == name; });
}

/// Values of a column as they are written.
inline const std::vector<std::string>& column(const figures::Figure& figure,
                                              const std::string& name) {
  const auto found = std::find_if(figure.data.begin(), figure.data.end(),
                                  [&](const auto& entry) { return entry.name == name; });
  if (found == figure.data.end()) throw std::runtime_error("no column " + name);
  return found->values;
}

}  // namespace vnsweep::testing
