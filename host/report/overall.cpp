#include "host/report/overall.hpp"

#include <limits>
#include <utility>

namespace vnsweep {
double Overall::p_fail() const {
  return runs == 0 ? std::numeric_limits<double>::quiet_NaN()
                   : static_cast<double>(failed) / static_cast<double>(runs);
}

std::map<std::string, std::int64_t> no_failures() {
  std::map<std::string, std::int64_t> causes;
  for (const FailureCause cause : {FailureCause::exploding, FailureCause::vanishing,
                                   FailureCause::walking_dead, FailureCause::unconverged}) {
    causes.emplace(to_string(cause), 0);
  }
  return causes;
}

Overall measure_overall(const std::vector<StoredRun>& runs, IntervalMethod method,
                        double confidence) {
  Overall overall{.causes = no_failures()};
  std::vector<double> vni_failed;
  std::vector<double> vni_succeeded;
  bool independent = true;
  for (const StoredRun& run : runs) {
    if (run.status == RunStatus::error) {
      ++overall.errors;
      continue;
    }
    ++overall.runs;
    independent = independent && run.spec.seeding == Seeding::independent;
    if (run.status == RunStatus::failed) {
      ++overall.failed;
      ++overall.causes[run.cause];
      vni_failed.push_back(run.vni_final);
    } else {
      vni_succeeded.push_back(run.vni_final);
    }
  }
  if (independent && overall.runs > 0) {
    overall.interval = binomial_interval(method, overall.failed, overall.runs, confidence);
  }
  overall.vni_final_failed = quartiles(std::move(vni_failed));
  overall.vni_final_succeeded = quartiles(std::move(vni_succeeded));
  return overall;
}

}  // namespace vnsweep
