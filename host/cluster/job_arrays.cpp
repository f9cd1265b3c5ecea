#include "host/cluster/job_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vnsweep::cluster {
namespace {

/// Shares out the tasks that may run at once. Where there are more arrays than that, each runs one
/// task at a time and waits for the array so many places before it.
void limit_parallel(std::vector<JobArray>& arrays, std::size_t max_parallel) {
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    const std::size_t remainder = max_parallel % arrays.size();
    const std::size_t share = max_parallel / arrays.size() + (k < remainder ? 1 : 0);
    arrays[k].at_once = std::max<std::size_t>(share, 1);
    if (k >= max_parallel) arrays[k].after = k - max_parallel;
  }
}

}  // namespace

std::vector<JobArray> plan_arrays(std::span<const std::size_t> shards, std::size_t max_size,
                                  std::optional<std::size_t> max_parallel) {
  const std::size_t most = max_size - 1;
  std::vector<JobArray> arrays;
  for (const std::size_t shard : shards) {
    const std::size_t before = (shard - 1) / most * most;
    if (arrays.empty() || arrays.back().before != before)
      arrays.push_back({.before = before, .indices = {}, .at_once = {}, .after = {}});
    arrays.back().indices.push_back(shard - before);
  }
  if (max_parallel) limit_parallel(arrays, *max_parallel);
  return arrays;
}

std::string array_text(const JobArray& array) {
  std::string text;
  for (auto first = array.indices.begin(); first != array.indices.end();) {
    auto last = first;
    while (last + 1 != array.indices.end() && *(last + 1) == *last + 1)
      ++last;
    if (!text.empty()) text += ',';
    text += first == last ? fmt::format("{}", *first) : fmt::format("{}-{}", *first, *last);
    first = last + 1;
  }
  if (array.at_once) text += fmt::format("%{}", *array.at_once);
  return text;
}

}  // namespace vnsweep::cluster
