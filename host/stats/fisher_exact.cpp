#include "host/stats/fisher_exact.hpp"

#include <limits>

#include "host/stats/integer_distribution.hpp"

namespace vnsweep {

double fisher_exact(const TwoSamples& samples) {
  check_counts(samples);
  if (samples.first.runs == 0 || samples.second.runs == 0)
    return std::numeric_limits<double>::quiet_NaN();
  return failures_of_first(samples).p_value(samples.first.failed);
}

}  // namespace vnsweep
