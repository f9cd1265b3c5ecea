#include "host/report/overall.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vnsweep {
namespace {

/// @param sorted  ascending, not empty
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {.lower_quartile = kNone, .median = kNone, .upper_quartile = kNone};
  std::sort(values.begin(), values.end());
  return {.runs = static_cast<std::int64_t>(values.size()),
          .lower_quartile = quantile(values, 0.25),
          .median = quantile(values, 0.5),
          .upper_quartile = quantile(values, 0.75)};
}

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
  overall.vni_final_failed = spread_of(std::move(vni_failed));
  overall.vni_final_succeeded = spread_of(std::move(vni_succeeded));
  return overall;
}

}  // namespace vnsweep
