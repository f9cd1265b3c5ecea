#pragma once

#include <cstddef>

namespace vnsweep::testing {

/// Calls of operator new that this thread has made so far, in the test executable.
std::size_t allocations();

}  // namespace vnsweep::testing
