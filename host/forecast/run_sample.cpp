#include "host/forecast/run_sample.hpp"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "host/plan/batch_plan.hpp"
#include "host/plan/run_identity.hpp"
#include "host/schedule/batch_sizes.hpp"
#include "host/schedule/scheduler.hpp"

namespace vnsweep {

std::optional<std::vector<PilotOutcome>> run_sample(
    std::span<const RunSpec> runs, const std::vector<std::size_t>& chosen,
    const std::vector<std::shared_ptr<Worker>>& workers, const DeviceChoice& devices,
    const std::stop_token& stop) {
  std::vector<RunSpec> sample;
  std::map<std::size_t, std::string> ids;
  for (const std::size_t k : std::set<std::size_t>(chosen.begin(), chosen.end())) {
    sample.push_back(runs[k]);
    ids.emplace(k, run_id(runs[k]));
  }

  std::mutex mutex;
  std::unordered_map<std::string, PilotOutcome> outcomes;
  const ResultSink sink = [&](const RunResult& result) {
    const std::scoped_lock lock(mutex);
    outcomes[run_id(result.spec)] = {.steps = result.steps.value(),
                                     .failed = result.status == RunStatus::failed};
  };
  BatchPlan plan(RunTable(sample), batch_limits(devices, total_cost(sample)));
  if (run_schedule(std::move(plan), workers, sink, stop).unfinished_runs > 0) {
    return std::nullopt;
  }

  std::vector<PilotOutcome> result;
  for (const std::size_t k : chosen)
    result.push_back(outcomes.at(ids.at(k)));
  return result;
}

}  // namespace vnsweep
