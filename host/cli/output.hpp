#pragma once

namespace vnsweep {

/// Flushes standard output. Output that did not arrive (a full disk, a closed pipe) must not look
/// complete. @throws std::runtime_error
void check_output();

}  // namespace vnsweep
