#pragma once

#include <string>
#include <vector>

#include "host/store/sqlite.hpp"

namespace vnsweep {

/// Raised when tables or columns change. A newer file is refused, never guessed at; an older one is
/// read as it is, and brought up to date when it is opened for writing.
inline constexpr int kSchemaVersion = 2;

/// Makes the tables of an empty file, in one transaction.
void create_schema(Database& database);

/// Brings an older file up to date.
void upgrade_schema(Database& database);

/// @throws StoreError unless every page of the file makes sense
void check_file(Database& database);

/// @throws StoreError if the file is not ours, or newer than this program
void check_version(Database& database);

/// @throws StoreError if the results were made with another numerics version than this program's
void check_numerics(Database& database);

/// Numerics version of the stored results.
std::string read_numerics(Database& database);

/// Names of columns to select, or nulls where the file's schema has no Jacobian moments.
std::string jacobian_columns(Database& database, std::vector<std::string> names);

}  // namespace vnsweep
