#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "host/store/store_merger.hpp"

namespace vnsweep {

struct MergeRequest {
  std::vector<std::filesystem::path> directories;
  std::filesystem::path output;  ///< may be one of them, hold results of its own, or not exist
  /// One of them, or one database in them, whose results win over different ones; empty: different
  /// results are refused.
  std::filesystem::path prefer;
};

struct MergeReport {
  std::size_t databases = 0;  ///< that were read
  StoreMerger::Counts counts;
  std::vector<std::string> writers;  ///< of directories that were read while they grew
};

/// Joins the databases of directories of one sweep into runs-0.db of the output, in one
/// transaction. The output ends with that database alone: shards of its own are joined too, and
/// removed once the joined file was written and read again. Other directories are only read.
/// Whenever it is cut off, to do it again ends the same.
/// @throws DirectoryError, naming runs, files and values, if results of a run differ; if a
/// directory
///         is of another sweep; if a process writes in the output. Nothing has changed then.
/// @throws StoreError
MergeReport merge_directories(const MergeRequest& request);

}  // namespace vnsweep
