#pragma once

#include <string>
#include <vector>

#include "host/store/sqlite.hpp"

namespace vnsweep {

/// Raised when tables or columns change. A newer file is refused, never guessed at; an older one is
/// read as it is, and brought up to date when it is opened for writing.
inline constexpr int kSchemaVersion = 3;

/// Makes the tables of an empty file, in one transaction.
void create_schema(Database& database);

/// Brings an older file up to date.
void upgrade_schema(Database& database);

/// Looks at every page, which takes half a second for a gigabyte, and whether the table of runs and
/// what it is found by agree. @throws DamagedStore
void check_file(Database& database);

/// Looks at one table and what its rows are found by. @throws DamagedStore
void check_table(Database& database, const std::string& table);

/// @throws StoreError if the file is not ours, or newer than this program
void check_version(Database& database);

/// @throws StoreError if the results were made with another numerics version than this program's
void check_numerics(Database& database);

/// Numerics version of the stored results.
std::string read_numerics(Database& database);

/// The columns of a table whose checksum stands in the column `checksum`: what a row says, not
/// where it stands, so that it may be copied into another file.
extern const char* const kRunContent;
extern const char* const kProbeContent;

/// SQL that is true of a row with its checksum, and of one from a file that had none.
std::string checksum_test(Database& database, const char* content);

/// The column, or null where the file's schema has none.
std::string checksum_column(Database& database);

/// SQL for the seconds that a session took to its last commit, over its runs; by the time of day
/// where the file's schema has nothing better.
std::string session_seconds(Database& database);

/// @throws DamagedStore unless the row has passed the test
void check_row(const Database& database, bool has_passed, const std::string& row);

/// Names of columns to select, or nulls where the file's schema has no Jacobian moments.
std::string jacobian_columns(Database& database, std::vector<std::string> names);

}  // namespace vnsweep
