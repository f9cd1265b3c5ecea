#include "host/forecast/run_costs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace vnsweep {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Seconds per predicted operation of the classes that were measured.
std::vector<double> rates_measured(WorkKind kind, const RunClasses& classes,
                                   const RateTable& rates) {
  std::vector<double> known;
  for (const auto& [key, runs] : classes) {
    const auto seconds = rates.seconds(work_family(kind, runs), runs.spec().depth);
    if (seconds) known.push_back(*seconds / unit_operations(kind, runs.spec()));
  }
  return known;
}

/// Times of one kind of worker.
class KindCosts {
 public:
  KindCosts(const RunClasses& classes, const KindRates& kind) : kind_(kind) {
    std::vector<double> of_any_kind;
    for (const WorkKind work : kWorkKinds) {
      const std::vector<double> measured = rates_measured(work, classes, kind.rates);
      of_any_kind.insert(of_any_kind.end(), measured.begin(), measured.end());
      typical_[static_cast<std::size_t>(work)] = median(measured);
    }
    for (double& rate : typical_) {
      if (std::isnan(rate)) rate = median(of_any_kind);
    }
  }

  bool fits(const RunClass& runs) const {
    return std::none_of(std::begin(kWorkKinds), std::end(kWorkKinds), [&](WorkKind work) {
      const std::string family = work_family(work, runs);
      const auto least = kind_.too_large.lower_bound({family, 0});
      return least != kind_.too_large.end() && least->first == family &&
             least->second <= runs.spec().depth;
    });
  }

  double seconds(WorkKind work, const RunClass& runs) const {
    const auto measured = kind_.rates.seconds(work_family(work, runs), runs.spec().depth);
    return measured.value_or(typical_[static_cast<std::size_t>(work)] *
                             unit_operations(work, runs.spec()));
  }

  double workers() const { return static_cast<double>(kind_.workers); }

 private:
  const KindRates& kind_;
  std::array<double, std::size(kWorkKinds)> typical_{};
};

double mean_worker_seconds(WorkKind work, const RunClass& runs, std::span<const KindCosts> kinds) {
  double workers = 0.0;
  double speed = 0.0;  // units per second, of all workers
  for (const KindCosts& kind : kinds) {
    workers += kind.workers();
    if (kind.fits(runs)) speed += kind.workers() / kind.seconds(work, runs);
  }
  return speed > 0.0 ? workers / speed : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::map<std::string, RunCost> run_costs(const RunClasses& classes,
                                         std::span<const KindRates> kinds) {
  std::vector<KindCosts> kind_costs;
  for (const KindRates& kind : kinds)
    kind_costs.emplace_back(classes, kind);
  std::map<std::string, RunCost> costs;
  for (const auto& [key, runs] : classes) {
    costs[key] = {.initialize = mean_worker_seconds(WorkKind::initialize, runs, kind_costs),
                  .step = mean_worker_seconds(WorkKind::train, runs, kind_costs),
                  .probe = mean_worker_seconds(WorkKind::probe, runs, kind_costs)};
  }
  return costs;
}

}  // namespace vnsweep
