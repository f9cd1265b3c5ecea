#pragma once

#include <stdexcept>

namespace vnsweep {

/// A directory that cannot be used as asked; what() says why and what to do.
class DirectoryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace vnsweep
