#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "host/store/store.hpp"

namespace vnsweep {

/// Two different results of one run.
struct MergeConflict {
  std::string run_id;
  std::filesystem::path first;   ///< the database that the one result is from
  std::filesystem::path second;  ///< and the other
  std::string difference;        ///< "loss 0.25 (cpu) and 0.26 (cuda)": the values that differ
};

/// Joins databases into one, all of it or nothing. What counts is what was computed: two rows of a
/// run are the same result if every number and word of the outcome and of its probes is the same,
/// to the bit; who computed it, when and how fast may differ, and the first row stays. An error
/// gives way to a result.
class StoreMerger {
 public:
  /// @param target  open for writing; nothing of it changes before commit()
  explicit StoreMerger(Store& target);

  /// Results that win over different ones from elsewhere. Calls of add() with other stores follow.
  /// @param source  open for reading until the merger ends; may be the target
  void prefer(Store& source);

  /// Adds what another store holds. Reads it a part at a time: its writer need not wait.
  /// @throws StoreError if it is of another numerics version, or of an engine that computes with
  ///         another precision than what the target holds
  void add(Store& source);

  struct Counts {
    std::size_t added = 0;     ///< runs that were not there
    std::size_t present = 0;   ///< results that were
    std::size_t mended = 0;    ///< errors that gave way to a result
    std::size_t replaced = 0;  ///< results that gave way to a preferred one
  };
  const Counts& counts() const { return counts_; }

  /// The first of them, and how many there are.
  const std::vector<MergeConflict>& conflicts() const { return conflicts_; }
  std::size_t conflict_count() const { return conflict_count_; }

  /// Makes everything durable. @throws StoreWriteError; then nothing has changed
  void commit();

 private:
  struct Source;
  void add_run(Source& source, const Statement& row);
  void insert(Source& source, const Statement& row);
  void erase(std::int64_t row);
  void compare(Source& source, const Statement& row, const Statement& own);
  std::string probe_difference(Source& source, const Statement& row, const Statement& own);
  std::int64_t session_of(Source& source, std::int64_t id);
  void refuse_to_mix_precisions(Store& source);
  bool is_preferred(const Statement& own, const Store& other_than) const;
  const std::filesystem::path& origin(std::int64_t row) const;

  Store& target_;
  Transaction transaction_;
  Statement find_;
  Statement own_probes_;
  Statement insert_run_;
  Statement insert_probe_;
  std::int64_t next_row_;  ///< of the table of runs; never one that was in use
  /// Where rows are from: each file's begin where the one before ends.
  std::vector<std::pair<std::int64_t, std::filesystem::path>> origins_;
  std::vector<Store*> preferred_;
  Counts counts_;
  std::vector<MergeConflict> conflicts_;
  std::size_t conflict_count_ = 0;
};

}  // namespace vnsweep
