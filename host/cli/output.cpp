#include "host/cli/output.hpp"

#include <iostream>
#include <stdexcept>

namespace vnsweep {

void check_output() {
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("cannot write to standard output; check its space");
}

}  // namespace vnsweep
