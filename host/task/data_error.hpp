#pragma once

#include <stdexcept>
#include <string>

namespace vnsweep {

/// Data of the user that cannot be used; what() says where, why and what to do.
class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace vnsweep
