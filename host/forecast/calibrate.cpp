#include "host/forecast/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace vnsweep {
namespace {

/// Depths of a family, each with a class that has it.
using Depths = std::map<std::int64_t, const RunClass*>;

/// Predicted operations of one kind of all runs of a class.
double operations(WorkKind kind, const RunClass& runs) {
  const RunSpec& spec = runs.spec();
  double units = 1.0;
  if (kind == WorkKind::train) units = static_cast<double>(spec.steps);
  if (kind == WorkKind::probe) units = static_cast<double>(probes_made(spec, spec.steps));
  return units * unit_operations(kind, spec) * static_cast<double>(runs.runs);
}

double total_operations(const RunClasses& classes) {
  double total = 0.0;
  for (const WorkKind kind : kWorkKinds) {
    for (const auto& [key, runs] : classes)
      total += operations(kind, runs);
  }
  return total;
}

bool knows_any(const RateTable& known, WorkKind kind, const RunClasses& classes) {
  return std::any_of(classes.begin(), classes.end(), [&](const auto& entry) {
    const RunClass& runs = entry.second;
    return known.seconds(work_family(kind, runs), runs.spec().depth).has_value();
  });
}

/// Leaves out measurements, least first, that speak for less than `operations` together. Of a kind
/// of work of which nothing is known one is kept, from which the others can be inferred.
/// @param needs  most work first
void leave_out(std::vector<MeasurementNeed>& needs, double operations, std::set<WorkKind> unknown) {
  double sum = 0.0;
  for (const MeasurementNeed& need : needs)
    sum += need.operations;
  std::erase_if(needs, [&](const MeasurementNeed& need) {
    const bool negligible = sum <= operations && !unknown.contains(need.kind);
    unknown.erase(need.kind);
    sum -= need.operations;
    return negligible;
  });
}

/// Puts one measurement of each unknown kind first: whoever stops early can infer the others.
void put_unknown_first(std::vector<MeasurementNeed>& needs, std::set<WorkKind> unknown) {
  auto first = needs.begin();
  for (auto need = needs.begin(); need != needs.end(); ++need) {
    if (unknown.erase(need->kind) == 1) {
      std::rotate(first, need, need + 1);
      ++first;
    }
  }
}

/// Depths of one family that are to be measured.
class DepthLadder {
 public:
  DepthLadder(std::string family, const Depths& depths, RateTable known)
      : family_(std::move(family)), depths_(depths), known_(std::move(known)) {}

  std::vector<std::int64_t> missing() {
    const std::int64_t least = depths_.begin()->first;
    const std::int64_t greatest = depths_.rbegin()->first;
    if (!known_.covers(family_, greatest)) add(greatest);
    if (!known_.covers(family_, least)) add(least);
    fill(least, greatest);
    return missing_;
  }

 private:
  void add(std::int64_t depth) {
    missing_.push_back(depth);
    known_.set(family_, depth, 1.0);
  }

  /// Between two depths that are covered: the one nearest to their geometric mean, and so on.
  void fill(std::int64_t low, std::int64_t high) {
    const auto begin = depths_.upper_bound(low);
    const auto end = depths_.lower_bound(high);
    if (low >= high || begin == end) return;
    const double middle = std::sqrt(static_cast<double>(low) * static_cast<double>(high));
    const auto distance = [&](const auto& entry) {
      return std::abs(std::log(static_cast<double>(entry.first) / middle));
    };
    const auto nearest = std::min_element(
        begin, end, [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
    if (!known_.covers(family_, nearest->first)) add(nearest->first);
    fill(low, nearest->first);
    fill(nearest->first, high);
  }

  std::string family_;
  const Depths& depths_;
  RateTable known_;
  std::vector<std::int64_t> missing_;
};

}  // namespace

std::vector<MeasurementNeed> measurements_needed(const RunClasses& classes,
                                                 const RateTable& known) {
  std::vector<MeasurementNeed> needs;
  std::set<WorkKind> unknown;
  for (const WorkKind kind : kWorkKinds) {
    if (!knows_any(known, kind, classes)) unknown.insert(kind);
    std::map<std::string, Depths> families;
    std::map<std::pair<std::string, std::int64_t>, double> work;
    for (const auto& [key, runs] : classes) {
      const std::string family = work_family(kind, runs);
      families[family].emplace(runs.spec().depth, &runs);
      work[{family, runs.spec().depth}] += operations(kind, runs);
    }
    for (const auto& [family, depths] : families) {
      for (const std::int64_t depth : DepthLadder(family, depths, known).missing()) {
        const RunClass& runs = *depths.at(depth);
        const std::size_t met = std::min(runs.together(), runs.sample.size());
        needs.push_back({.kind = kind,
                         .family = family,
                         .depth = depth,
                         .sample = {runs.sample.begin(),
                                    runs.sample.begin() + static_cast<std::ptrdiff_t>(met)},
                         .operations = work.at({family, depth})});
      }
    }
  }
  std::stable_sort(needs.begin(), needs.end(),
                   [](const MeasurementNeed& a, const MeasurementNeed& b) {
                     return a.operations > b.operations;
                   });
  constexpr double kNegligible = 0.005;
  leave_out(needs, kNegligible * total_operations(classes), unknown);
  put_unknown_first(needs, unknown);
  return needs;
}

CalibrationOutcome calibrate(const std::vector<MeasurementNeed>& needs,
                             const std::vector<Meter*>& meters,
                             const std::function<bool()>& is_over, RateTable& rates) {
  CalibrationOutcome outcome;
  std::mutex mutex;
  std::size_t next = 0;
  const auto take = [&]() -> const MeasurementNeed* {
    const std::scoped_lock lock(mutex);
    if (next == needs.size() || is_over()) return nullptr;
    return &needs[next++];
  };
  const auto work = [&](Meter& meter) {
    while (const MeasurementNeed* need = take()) {
      const std::optional<double> seconds = meter.measure(need->kind, need->sample);
      const std::scoped_lock lock(mutex);
      if (seconds) {
        rates.set(need->family, need->depth, *seconds);
        ++outcome.measured;
      } else {
        outcome.too_large.emplace(need->family, need->depth);
      }
    }
  };
  std::vector<std::future<void>> threads;
  for (Meter* meter : meters)
    threads.push_back(std::async(std::launch::async, [&work, meter] { work(*meter); }));
  for (const auto& thread : threads)
    thread.wait();
  for (auto& thread : threads)
    thread.get();
  outcome.left_out = needs.size() - next;
  return outcome;
}

}  // namespace vnsweep
