#include "host/plan/sweep_progress.hpp"

#include <algorithm>
#include <utility>

#include "host/plan/run_identity.hpp"

namespace vnsweep {

SweepProgress::SweepProgress(const Manifest& manifest, RunTable runs)
    : runs_(std::move(runs)),
      outcomes_(runs_.size(), KnownOutcome::none),
      cell_ends_(runs_.cell_ends()),
      goal_(manifest.adaptive_seeds()) {
  runs_.index();
}

SweepProgress::SweepProgress(const Manifest& manifest, const std::vector<RunSpec>& runs)
    : SweepProgress(manifest, RunTable(runs)) {}

std::size_t SweepProgress::learn(const std::unordered_map<std::string, KnownOutcome>& outcomes) {
  std::size_t others = 0;
  for (const auto& [text, outcome] : outcomes) {
    const std::optional<RunId> id = parse_run_id(text);
    if (!id || !learn(*id, outcome)) ++others;
  }
  return others;
}

bool SweepProgress::learn(const RunId& run, KnownOutcome outcome) {
  const std::optional<std::size_t> place = runs_.find(run);
  if (place) outcomes_[*place] = outcome;
  return place.has_value();
}

/// @returns how many of the runs [first, last) of a cell are wanted, the first of them
std::size_t SweepProgress::wanted_of_cell(std::size_t first, std::size_t last) const {
  if (!goal_) return last - first;
  auto wanted = static_cast<std::size_t>(trials_wanted(*goal_, 0, 0, 0));
  while (true) {
    const auto begin = outcomes_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + static_cast<std::ptrdiff_t>(wanted);
    if (std::find(begin, end, KnownOutcome::none) != end) return wanted;
    const std::int64_t failed = std::count(begin, end, KnownOutcome::failed);
    const std::int64_t known = failed + std::count(begin, end, KnownOutcome::succeeded);
    const auto next = static_cast<std::size_t>(
        trials_wanted(*goal_, static_cast<std::int64_t>(wanted), failed, known));
    if (next == wanted) return wanted;
    wanted = next;
  }
}

SweepProgress::Counts SweepProgress::counts() const {
  Counts counts;
  std::size_t first = 0;
  for (const std::size_t last : cell_ends_) {
    const std::size_t wanted = wanted_of_cell(first, last);
    counts.wanted += wanted;
    for (std::size_t k = first; k < first + wanted; ++k) {
      counts.succeeded += outcomes_[k] == KnownOutcome::succeeded ? 1 : 0;
      counts.failed += outcomes_[k] == KnownOutcome::failed ? 1 : 0;
      counts.errors += outcomes_[k] == KnownOutcome::error ? 1 : 0;
      counts.missing += outcomes_[k] == KnownOutcome::none ? 1 : 0;
    }
    first = last;
  }
  return counts;
}

std::vector<RunSpec> SweepProgress::missing() const {
  return missing_runs().to_vector();
}

RunTable SweepProgress::missing_runs() const {
  std::vector<std::uint32_t> missing;
  std::size_t first = 0;
  for (const std::size_t last : cell_ends_) {
    const std::size_t wanted = wanted_of_cell(first, last);
    for (std::size_t k = first; k < first + wanted; ++k) {
      if (outcomes_[k] == KnownOutcome::none) missing.push_back(static_cast<std::uint32_t>(k));
    }
    first = last;
  }
  return runs_.select(missing);
}

}  // namespace vnsweep
