#pragma once

#include <cstdint>
#include <vector>

namespace vnsweep {

/// Of the values that are not NaN; NaN without any.
struct Quartiles {
  std::int64_t count = 0;
  double low = 0.0;  ///< a quarter of the values are below
  double median = 0.0;
  double high = 0.0;
};

/// Interpolated linearly between order statistics (type 7 of Hyndman & Fan 1996, the default of R
/// and NumPy).
Quartiles quartiles(std::vector<double> values);

}  // namespace vnsweep
