#pragma once

#include <string_view>

namespace vnsweep {

/// Puts /dev/null, opened for reading, in the place of standard streams that are closed: the next
/// file to be opened would take their number, and messages would be written into it. Writing to
/// such a stream fails, as it should.
void fill_closed_streams();

/// Writes to standard error. Text that does not arrive, because the terminal was closed, is lost.
void write_message(std::string_view text);

/// Flushes standard output. Output that did not arrive (a full disk, a closed pipe) must not look
/// complete. @throws StoreWriteError if there is no room, std::runtime_error otherwise
void check_output();

}  // namespace vnsweep
