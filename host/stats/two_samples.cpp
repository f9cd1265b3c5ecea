#include "host/stats/two_samples.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace vnsweep {

double FailureCount::share() const {
  return runs == 0 ? std::numeric_limits<double>::quiet_NaN()
                   : static_cast<double>(failed) / static_cast<double>(runs);
}

void check_counts(const TwoSamples& samples) {
  for (const FailureCount& count : {samples.first, samples.second}) {
    if (count.failed < 0 || count.failed > count.runs) {
      throw std::invalid_argument("check_counts: failures must be between 0 and the runs");
    }
  }
}

void check_counts(const PairCounts& pairs) {
  if (std::min({pairs.both, pairs.first_only, pairs.second_only, pairs.neither}) < 0) {
    throw std::invalid_argument("check_counts: numbers of pairs must not be negative");
  }
}

}  // namespace vnsweep
