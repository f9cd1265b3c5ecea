#include "host/compare/run_pairs.hpp"

#include <unordered_set>

#include "host/plan/run_identity.hpp"

namespace vnsweep {
namespace {

/// @param visit  called with the key and both outcomes of each pair
template <class Visit>
void for_each_pair(const OutcomesByKey& first, const OutcomesByKey& second, Visit visit) {
  for (const auto& [key, first_failed] : first) {
    const auto partner = second.find(key);
    if (partner != second.end()) visit(key, first_failed, partner->second);
  }
}

}  // namespace

std::map<std::string, OutcomesByKey> outcomes_by_cell(const std::vector<StoredRun>& runs) {
  std::map<std::string, OutcomesByKey> cells;
  for (const StoredRun& run : runs) {
    if (run.status == RunStatus::error) continue;
    cells[cell_text(run.spec)].emplace(run_key(run.spec), run.status == RunStatus::failed);
  }
  return cells;
}

PairCounts count_pairs(const OutcomesByKey& first, const OutcomesByKey& second) {
  PairCounts counts;
  for_each_pair(first, second, [&](std::uint64_t, bool first_failed, bool second_failed) {
    if (first_failed) {
      ++(second_failed ? counts.both : counts.first_only);
    } else {
      ++(second_failed ? counts.second_only : counts.neither);
    }
  });
  return counts;
}

std::vector<PairGroup> group_pairs(std::span<const CellOutcomes> cells) {
  std::map<std::uint64_t, PairGroup> groups;
  for (const auto& [first, second] : cells) {
    for_each_pair(*first, *second, [&](std::uint64_t key, bool first_failed, bool second_failed) {
      PairGroup& group = groups[key];
      ++group.pairs;
      group.sum += (second_failed ? 1 : 0) - (first_failed ? 1 : 0);
    });
  }
  std::vector<PairGroup> list;
  list.reserve(groups.size());
  for (const auto& [key, group] : groups)
    list.push_back(group);
  return list;
}

std::vector<StratifiedRun> stratify(std::span<const CellOutcomes> cells) {
  std::vector<StratifiedRun> runs;
  for (std::size_t stratum = 0; stratum < cells.size(); ++stratum) {
    for (const auto& [key, failed] : *cells[stratum].first)
      runs.push_back({stratum, key, false, failed});
    for (const auto& [key, failed] : *cells[stratum].second)
      runs.push_back({stratum, key, true, failed});
  }
  return runs;
}

bool keys_repeat(std::span<const OutcomesByKey* const> cells) {
  std::unordered_set<std::uint64_t> seen;
  for (const OutcomesByKey* cell : cells) {
    for (const auto& [key, failed] : *cell) {
      if (!seen.insert(key).second) return true;
    }
  }
  return false;
}

}  // namespace vnsweep
