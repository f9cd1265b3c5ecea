#pragma once

struct sqlite3;

namespace vnsweep {

/// Gives a connection the SQL function row_checksum(value, ...): XXH3, 64 bits, of the values and
/// their types. A page that was damaged where SQLite cannot see it, inside a number or a blob, then
/// shows. @returns SQLite's result code
int add_row_checksum(sqlite3* connection);

}  // namespace vnsweep
