#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vnsweep::cluster {

/// One job array: its task of index k makes shard `before` + k.
struct JobArray {
  std::size_t before = 0;
  std::vector<std::size_t> indices;    ///< ascending, from 1
  std::optional<std::size_t> at_once;  ///< how many tasks may run at the same time
  std::optional<std::size_t> after;    ///< array, by its place in the list, that has to end first
};

/// Splits shards into as few arrays as a site takes.
/// @param shards        from 1, ascending
/// @param max_size      the site's MaxArraySize: indices are below it. At least 2.
/// @param max_parallel  tasks that may run at the same time, over all arrays. At least 1.
std::vector<JobArray> plan_arrays(std::span<const std::size_t> shards, std::size_t max_size,
                                  std::optional<std::size_t> max_parallel);

/// As sbatch --array takes it: "1-3,7%2".
std::string array_text(const JobArray& array);

}  // namespace vnsweep::cluster
