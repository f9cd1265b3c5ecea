#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/manifest/manifest.hpp"
#include "host/plan/run_table.hpp"

namespace vnsweep {

/// One of the parts that a sweep is split into, each run by a process of its own.
struct Shard {
  std::size_t index = 1;  ///< from 1 to count
  std::size_t count = 1;

  bool operator==(const Shard&) const = default;
};

/// Largest number of shards.
inline constexpr std::size_t kMaxShards = 100'000;

/// Shard from "2/16". @returns nothing unless 1 <= index <= count <= kMaxShards
std::optional<Shard> parse_shard(std::string_view text);

/// "2/16".
std::string to_string(const Shard& shard);

/// Whether the runs of a cell may be made on several shards. whole: what a cell still needs depends
/// on the outcomes of its first runs, so that one shard must see all of them.
enum class CellSplit { divisible, whole };
CellSplit cell_split(const Manifest& manifest);

/// Which shard makes which run.
struct ShardPlan {
  std::vector<std::uint32_t> shard_of_run;  ///< from 0, in the order of the runs
  std::vector<double> costs;                ///< predicted floating-point operations of each shard

  double mean_cost() const;
  /// Part of the whole cost that falls to a shard. @param index  from 1
  double share(std::size_t index) const;
  /// Largest relative deviation of a shard from the mean; 0 if nothing is to be made.
  double imbalance() const;
};

/// Splits a sweep by predicted cost. The plan follows from the runs and the count alone, on every
/// machine alike, so that shards started anywhere at any time neither overlap nor leave a run out.
/// Runs of equal depth that can share a batch stay together in blocks of up to 16, as many as a
/// processor trains side by side; where such blocks would leave shards more than some per cent
/// apart, the costliest are cut smaller.
/// @param runs   of the whole sweep, in the order of expand_runs()
/// @param count  at least 1
ShardPlan plan_shards(const RunTable& runs, std::size_t count, CellSplit cells);

/// The runs of one shard, in their order. @param index  from 1
RunTable runs_of_shard(const RunTable& runs, const ShardPlan& plan, std::size_t index);

}  // namespace vnsweep
