#include "host/stats/pooled_test.hpp"

#include <algorithm>
#include <cmath>

namespace vnsweep {

double normal_p_value(double sum, double variance, double continuity) {
  const double distance = std::max(0.0, std::abs(sum) - continuity);
  if (distance == 0.0) return 1.0;
  return std::erfc(distance / std::sqrt(2.0 * variance));
}

}  // namespace vnsweep
