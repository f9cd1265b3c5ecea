#include "host/plan/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <numeric>
#include <queue>
#include <span>
#include <utility>

#include "host/plan/batch.hpp"

namespace vnsweep {
namespace {

/// Runs that stay on one shard: places first <= k < last of an order of the runs.
struct Block {
  std::size_t first = 0;
  std::size_t last = 0;
  double cost = 0.0;
};

/// Runs that cost the same, as an order of the runs lists them one after the other.
struct CostClass {
  std::size_t first = 0;
  std::size_t last = 0;
  double run_cost = 0.0;
};

/// Runs in an order in which those that can share a batch and are equally deep follow one another.
struct ClassedRuns {
  std::vector<std::uint32_t> order;
  std::vector<CostClass> classes;
};

ClassedRuns classed_runs(const RunTable& runs) {
  std::vector<std::vector<std::uint32_t>> members;
  std::vector<double> run_costs;
  std::map<std::pair<std::size_t, std::int64_t>, std::size_t> places;  // key, depth: in `members`
  std::vector<std::size_t> class_of_cell;
  BatchKeys keys;
  for (const RunSpec& cell : runs.cells()) {
    const auto [place, is_new] =
        places.emplace(std::pair(keys.number_of(cell), cell.depth), members.size());
    if (is_new) {
      members.emplace_back();
      run_costs.push_back(predicted_cost(cell));
    }
    class_of_cell.push_back(place->second);
  }
  for (std::size_t k = 0; k < runs.size(); ++k)
    members[class_of_cell[runs.cell_of(k)]].push_back(static_cast<std::uint32_t>(k));

  ClassedRuns result;
  result.order.reserve(runs.size());
  for (std::size_t k = 0; k < members.size(); ++k) {
    const std::size_t first = result.order.size();
    result.order.insert(result.order.end(), members[k].begin(), members[k].end());
    result.classes.push_back(
        {.first = first, .last = result.order.size(), .run_cost = run_costs[k]});
  }
  return result;
}

/// Blocks of 16, 8, 4, 2 or 1 runs: the largest that cost at most `limit`.
std::vector<Block> cut_classes(std::span<const CostClass> classes, double limit) {
  constexpr std::size_t kNetworksOfVector = 16;
  std::vector<Block> blocks;
  for (const CostClass& runs : classes) {
    std::size_t size = kNetworksOfVector;
    while (size > 1 && static_cast<double>(size) * runs.run_cost > limit)
      size /= 2;
    for (std::size_t first = runs.first; first < runs.last; first += size) {
      const std::size_t last = std::min(first + size, runs.last);
      blocks.push_back({.first = first,
                        .last = last,
                        .cost = runs.run_cost * static_cast<double>(last - first)});
    }
  }
  return blocks;
}

std::vector<Block> cells_of(const RunTable& runs) {
  std::vector<Block> cells;
  std::size_t first = 0;
  for (const std::size_t last : runs.cell_ends()) {
    const double run_cost = predicted_cost(runs[first]);
    cells.push_back(
        {.first = first, .last = last, .cost = run_cost * static_cast<double>(last - first)});
    first = last;
  }
  return cells;
}

/// Gives the costliest block that is left to the shard with the least to do, again and again.
ShardPlan assign(std::vector<Block> blocks, std::span<const std::uint32_t> order,
                 std::size_t count) {
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const Block& a, const Block& b) { return a.cost > b.cost; });
  ShardPlan plan{.shard_of_run = std::vector<std::uint32_t>(order.size()),
                 .costs = std::vector<double>(count, 0.0)};
  using Load = std::pair<double, std::uint32_t>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> least;
  for (std::size_t shard = 0; shard < count; ++shard)
    least.emplace(0.0, static_cast<std::uint32_t>(shard));
  for (const Block& block : blocks) {
    const std::uint32_t shard = least.top().second;
    least.pop();
    plan.costs[shard] += block.cost;
    least.emplace(plan.costs[shard], shard);
    for (std::size_t place = block.first; place < block.last; ++place)
      plan.shard_of_run[order[place]] = shard;
  }
  return plan;
}

/// Cuts blocks no smaller than balance needs: in larger ones a processor trains faster.
ShardPlan plan_blocks(const ClassedRuns& runs, std::size_t count) {
  constexpr double kBalanced = 0.025;
  double limit = 0.0;  // on the cost of a block; at first the mean cost of a shard
  for (const CostClass& each : runs.classes)
    limit += each.run_cost * static_cast<double>(each.last - each.first);
  limit /= static_cast<double>(count);
  ShardPlan best;
  while (true) {
    std::vector<Block> blocks = cut_classes(runs.classes, limit);
    const bool is_finest = blocks.size() == runs.order.size();
    ShardPlan plan = assign(std::move(blocks), runs.order, count);
    if (best.costs.empty() || plan.imbalance() < best.imbalance()) best = std::move(plan);
    if (is_finest || best.imbalance() <= kBalanced) return best;
    limit /= 2.0;
  }
}

}  // namespace

std::optional<Shard> parse_shard(std::string_view text) {
  const char* const end = text.data() + text.size();
  Shard shard;
  const auto [slash, index_error] = std::from_chars(text.data(), end, shard.index);
  if (index_error != std::errc() || slash == end || *slash != '/') return std::nullopt;
  const auto [rest, count_error] = std::from_chars(slash + 1, end, shard.count);
  if (count_error != std::errc() || rest != end) return std::nullopt;
  const bool is_valid = 1 <= shard.index && shard.index <= shard.count && shard.count <= kMaxShards;
  return is_valid ? std::optional(shard) : std::nullopt;
}

std::string to_string(const Shard& shard) {
  return fmt::format("{}/{}", shard.index, shard.count);
}

CellSplit cell_split(const Manifest& manifest) {
  return manifest.adaptive_seeds() ? CellSplit::whole : CellSplit::divisible;
}

double ShardPlan::mean_cost() const {
  return std::accumulate(costs.begin(), costs.end(), 0.0) / static_cast<double>(costs.size());
}

double ShardPlan::share(std::size_t index) const {
  const double mean = mean_cost();
  return mean > 0.0 ? costs[index - 1] / (mean * static_cast<double>(costs.size())) : 0.0;
}

double ShardPlan::imbalance() const {
  const double mean = mean_cost();
  if (!(mean > 0.0)) return 0.0;
  const auto [least, most] = std::minmax_element(costs.begin(), costs.end());
  return std::max(*most - mean, mean - *least) / mean;
}

ShardPlan plan_shards(const RunTable& runs, std::size_t count, CellSplit cells) {
  if (cells == CellSplit::divisible) return plan_blocks(classed_runs(runs), count);
  std::vector<std::uint32_t> order(runs.size());
  std::iota(order.begin(), order.end(), 0U);
  return assign(cells_of(runs), order, count);
}

RunTable runs_of_shard(const RunTable& runs, const ShardPlan& plan, std::size_t index) {
  std::vector<std::uint32_t> own;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    if (plan.shard_of_run[k] + 1 == index) own.push_back(static_cast<std::uint32_t>(k));
  }
  return runs.select(own);
}

}  // namespace vnsweep
