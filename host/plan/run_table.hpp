#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/manifest/run_spec.hpp"
#include "host/plan/run_identity.hpp"

namespace vnsweep {

/// Many runs in little memory: a specification for each cell and, for each run, its seed (8 bytes),
/// its cell (4) and, where runs are looked up by id, 20 more.
class RunTable {
 public:
  RunTable() = default;
  explicit RunTable(std::span<const RunSpec> runs);

  /// Appends a run. Those of one cell are to follow one another: each sequence of them costs the
  /// memory of a cell.
  void add(const RunSpec& spec);

  std::size_t size() const { return seeds_.size(); }
  bool empty() const { return seeds_.empty(); }
  RunSpec operator[](std::size_t k) const;
  std::vector<RunSpec> to_vector() const;

  /// Specification of each cell; its seed is that of its first run.
  std::span<const RunSpec> cells() const { return cells_; }
  /// Number of a run's cell among cells().
  std::size_t cell_of(std::size_t k) const { return cell_of_[k]; }
  /// One past the last run of each cell.
  std::vector<std::size_t> cell_ends() const;

  /// The runs at these places, in this order.
  RunTable select(std::span<const std::uint32_t> places) const;

  /// Computes the ids of all runs, by which they can be found from then on. add() ends that.
  void index();
  /// Forgets the ids, and frees the memory they take.
  void forget_index();
  /// Place of a run, the first of those that have the id. index() was called.
  std::optional<std::size_t> find(const RunId& id) const;
  /// Keeps the first of runs of equal id, and indexes the others.
  void remove_duplicates();

 private:
  void sort_ids();

  std::vector<RunSpec> cells_;
  std::vector<std::uint32_t> cell_of_;
  std::vector<std::int64_t> seeds_;
  std::vector<RunId> ids_;            ///< of all runs, or none
  std::vector<std::uint32_t> by_id_;  ///< places in the order of their ids
};

}  // namespace vnsweep
