#include "host/plan/batch_plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "host/task/task.hpp"

namespace vnsweep {
namespace {

/// How many of the runs of equal depth that are left, costing `run_cost` each, a batch takes.
std::size_t runs_together(std::size_t left, double run_cost, const BatchLimits& limits) {
  const std::size_t allowed = std::min(left, std::max<std::size_t>(1, limits.max_runs));
  const auto affordable = [&](double cost) {
    const double runs = std::clamp(cost / run_cost, 1.0, static_cast<double>(allowed));
    return static_cast<std::size_t>(runs);
  };
  const std::size_t cheap = affordable(limits.max_cost);
  if (cheap == left) return left;
  if (cheap >= limits.together) return cheap / limits.together * limits.together;
  return std::max(cheap, std::min(limits.together, affordable(limits.max_cost_together)));
}

/// Places of runs that can share a batch, by depth, deepest first.
using Group = std::map<std::int64_t, std::vector<std::uint32_t>, std::greater<>>;

std::vector<Group> groups_of(const RunTable& runs) {
  std::vector<Group> groups;
  BatchKeys keys;
  std::size_t first = 0;
  for (const std::size_t last : runs.cell_ends()) {
    const RunSpec spec = runs[first];
    const std::size_t group = keys.number_of(spec);
    if (group == groups.size()) groups.emplace_back();
    std::vector<std::uint32_t>& places = groups[group][spec.depth];
    for (; first < last; ++first)
      places.push_back(static_cast<std::uint32_t>(first));
  }
  return groups;
}

}  // namespace

/// Cuts runs that can share a batch, deepest first, into batches.
class BatchPlan::Cutter {
 public:
  Cutter(const BatchLimits& limits, std::shared_ptr<const TrainingData> data,
         std::vector<Entry>& batches)
      : limits_(limits), data_(std::move(data)), batches_(batches) {}

  /// @param places  of runs that cost `run_cost` each
  void add(std::span<const std::uint32_t> places, double run_cost) {
    const double cost = run_cost * static_cast<double>(places.size());
    if (pending_.cost + cost > limits_.max_cost ||
        pending_.places.size() + places.size() > limits_.max_runs) {
      finish();
    }
    pending_.places.insert(pending_.places.end(), places.begin(), places.end());
    pending_.cost += cost;
  }

  void finish() {
    if (!pending_.places.empty()) {
      pending_.places.shrink_to_fit();
      pending_.data = data_;
      batches_.push_back(std::move(pending_));
    }
    pending_ = {};
  }

 private:
  const BatchLimits& limits_;
  std::shared_ptr<const TrainingData> data_;
  std::vector<Entry>& batches_;
  Entry pending_;
};

BatchPlan::BatchPlan(RunTable runs, const BatchLimits& limits) : runs_(std::move(runs)) {
  runs_.forget_index();
  for (const Group& group : groups_of(runs_)) {
    const std::uint32_t first = group.begin()->second.front();
    Cutter cutter(limits, training_data_sizes(runs_[first]), batches_);
    for (const auto& [depth, places] : group) {
      const double run_cost = predicted_cost(runs_[places.front()]);
      for (std::span<const std::uint32_t> left(places); !left.empty();) {
        const std::size_t taken = runs_together(left.size(), run_cost, limits);
        cutter.add(left.first(taken), run_cost);
        left = left.subspan(taken);
      }
    }
    cutter.finish();
  }
  std::stable_sort(batches_.begin(), batches_.end(),
                   [](const Entry& a, const Entry& b) { return a.cost > b.cost; });
}

PlannedBatch BatchPlan::make(std::size_t k) const {
  const Entry& entry = batches_[k];
  std::vector<RunSpec> specs;
  specs.reserve(entry.places.size());
  for (const std::uint32_t place : entry.places)
    specs.push_back(runs_[place]);
  return make_batch(std::move(specs), entry.data);
}

std::vector<PlannedBatch> plan_batches(const RunTable& runs, const BatchLimits& limits) {
  const BatchPlan plan(runs, limits);
  std::vector<PlannedBatch> batches;
  batches.reserve(plan.size());
  for (std::size_t k = 0; k < plan.size(); ++k)
    batches.push_back(plan.make(k));
  return batches;
}

std::vector<PlannedBatch> plan_batches(std::span<const RunSpec> runs, const BatchLimits& limits) {
  return plan_batches(RunTable(runs), limits);
}

}  // namespace vnsweep
