#include "host/report/depth_curve.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "host/plan/run_identity.hpp"
#include "host/stats/outcome.hpp"
#include "host/stats/seed_bootstrap.hpp"

namespace vnsweep {

std::string_view depth50_method(Seeding seeding) {
  return seeding == Seeding::paired ? "bootstrap_over_seeds" : "firth_profile";
}

std::string_view trend_method(Seeding seeding) {
  return seeding == Seeding::paired ? "cochran_armitage_by_seed" : "cochran_armitage";
}

std::vector<DepthCurve> measure_depth_curves(const std::vector<StoredRun>& runs,
                                             double confidence) {
  struct Group {
    RunSpec spec;
    std::vector<Outcome> outcomes;
  };
  std::map<std::string, Group> groups;
  for (const StoredRun& run : runs) {
    if (run.status == RunStatus::error) continue;
    RunSpec any_depth = run.spec;
    any_depth.depth = 0;
    Group& group = groups[cell_text(any_depth)];
    group.spec = any_depth;
    group.outcomes.push_back({.seed = run.spec.seed,
                              .depth = static_cast<double>(run.spec.depth),
                              .failed = run.status == RunStatus::failed});
  }

  std::vector<DepthCurve> curves;
  for (auto& [text, group] : groups) {
    // Runs come in the order in which they finished; what is reported must not depend on it.
    std::sort(group.outcomes.begin(), group.outcomes.end());
    const std::vector<DepthCount> counts = count_by_depth(group.outcomes);
    if (counts.size() < 2) continue;
    DepthCurve curve{.spec = group.spec, .measured = measured_range(counts)};
    if (group.spec.seeding == Seeding::paired) {
      curve.depth50 =
          depth50_over_seeds(group.outcomes, confidence, {.key = resampling_key(group.outcomes)});
      curve.trend = cochran_armitage_by_seed(group.outcomes);
    } else {
      curve.depth50 = depth50_by_profile(counts, confidence);
      curve.trend = cochran_armitage(counts);
    }
    curves.push_back(curve);
  }
  return curves;
}

}  // namespace vnsweep
