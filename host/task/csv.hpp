#pragma once

#include <string>
#include <string_view>

#include "host/task/file_data.hpp"

namespace vnsweep {

struct CsvData {
  FileData data;
  std::string target;  ///< name of the target's column
};

/// Reads a table with a header row. Every column but the target's is a feature and holds finite
/// numbers. Labels are any text; classes are sorted as numbers if all labels are numbers (1 and 1.0
/// are the same class), else by their bytes.
/// @param name    the file, for messages
/// @param target  column of the target; empty: the last
/// @throws DataError "file:line:column: ..." at the first problem
CsvData parse_csv(std::string_view text, const std::string& name, const std::string& target,
                  TargetKind kind);

}  // namespace vnsweep
