#include "host/stats/sample_size.hpp"

#include <algorithm>
#include <cmath>

#include "host/stats/interval.hpp"

namespace vnsweep {
namespace {

double halfwidth(std::int64_t failures, std::int64_t trials) {
  constexpr double kConfidence = 0.95;
  const Interval interval =
      binomial_interval(IntervalMethod::wilson, failures, trials, kConfidence);
  return (interval.high - interval.low) / 2.0;
}

/// Whether the interval would be narrow enough after `trials` with the share of failures so far.
bool would_suffice(const PrecisionGoal& goal, double share, std::int64_t trials) {
  return halfwidth(std::llround(share * static_cast<double>(trials)), trials) <= goal.halfwidth;
}

}  // namespace

std::int64_t trials_wanted(const PrecisionGoal& goal, std::int64_t trials, std::int64_t failures,
                           std::int64_t known) {
  if (trials < goal.least) return goal.least;
  if (trials >= goal.most || halfwidth(failures, known) <= goal.halfwidth) return trials;
  const double share =
      known == 0 ? 0.5 : static_cast<double>(failures) / static_cast<double>(known);
  std::int64_t low = std::min(goal.most, trials + (trials + 9) / 10);
  std::int64_t high = std::min(goal.most, 2 * trials);
  // Bisection: the width falls with the number of trials, but for rounding.
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (would_suffice(goal, share, middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace vnsweep
