#include "host/plan/run_table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vnsweep {

RunTable::RunTable(std::span<const RunSpec> runs) {
  seeds_.reserve(runs.size());
  cell_of_.reserve(runs.size());
  for (const RunSpec& spec : runs)
    add(spec);
}

void RunTable::add(const RunSpec& spec) {
  bool is_new_cell = cells_.empty();
  if (!is_new_cell) {
    // Compared in place: copies would cost more than the comparison.
    RunSpec& last = cells_.back();
    const std::int64_t first_seed = std::exchange(last.seed, spec.seed);
    is_new_cell = last != spec;
    last.seed = first_seed;
  }
  if (is_new_cell) cells_.push_back(spec);
  cell_of_.push_back(static_cast<std::uint32_t>(cells_.size() - 1));
  seeds_.push_back(spec.seed);
  forget_index();
}

RunSpec RunTable::operator[](std::size_t k) const {
  RunSpec spec = cells_[cell_of_[k]];
  spec.seed = seeds_[k];
  return spec;
}

std::vector<RunSpec> RunTable::to_vector() const {
  std::vector<RunSpec> runs;
  runs.reserve(size());
  for (std::size_t k = 0; k < size(); ++k)
    runs.push_back((*this)[k]);
  return runs;
}

std::vector<std::size_t> RunTable::cell_ends() const {
  std::vector<std::size_t> ends;
  ends.reserve(cells_.size());
  for (std::size_t k = 1; k <= size(); ++k) {
    if (k == size() || cell_of_[k] != cell_of_[k - 1]) ends.push_back(k);
  }
  return ends;
}

RunTable RunTable::select(std::span<const std::uint32_t> places) const {
  RunTable table;
  table.seeds_.reserve(places.size());
  table.cell_of_.reserve(places.size());
  std::size_t last = cells_.size();
  for (const std::uint32_t place : places) {
    if (cell_of_[place] != last) {
      last = cell_of_[place];
      table.cells_.push_back((*this)[place]);
    }
    table.cell_of_.push_back(static_cast<std::uint32_t>(table.cells_.size() - 1));
    table.seeds_.push_back(seeds_[place]);
    if (!ids_.empty()) table.ids_.push_back(ids_[place]);
  }
  if (!ids_.empty()) table.sort_ids();
  return table;
}

void RunTable::index() {
  if (ids_.size() == size()) return;
  ids_.reserve(size());
  for (std::size_t k = 0; k < size(); ++k)
    ids_.push_back(binary_run_id((*this)[k]));
  sort_ids();
}

void RunTable::forget_index() {
  ids_ = {};
  by_id_ = {};
}

void RunTable::sort_ids() {
  by_id_.resize(size());
  std::iota(by_id_.begin(), by_id_.end(), 0U);
  std::sort(by_id_.begin(), by_id_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(ids_[a], a) < std::pair(ids_[b], b);
  });
}

std::optional<std::size_t> RunTable::find(const RunId& id) const {
  const auto found = std::lower_bound(
      by_id_.begin(), by_id_.end(), id,
      [&](std::uint32_t place, const RunId& other) { return ids_[place] < other; });
  if (found == by_id_.end() || ids_[*found] != id) return std::nullopt;
  return *found;
}

void RunTable::remove_duplicates() {
  index();
  std::vector<bool> is_again(size(), false);
  bool any = false;
  for (std::size_t k = 1; k < by_id_.size(); ++k) {
    if (ids_[by_id_[k]] == ids_[by_id_[k - 1]]) is_again[by_id_[k]] = any = true;
  }
  if (!any) return;
  std::vector<std::uint32_t> kept;
  for (std::size_t k = 0; k < size(); ++k) {
    if (!is_again[k]) kept.push_back(static_cast<std::uint32_t>(k));
  }
  *this = select(kept);
}

}  // namespace vnsweep
