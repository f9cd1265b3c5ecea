#pragma once

#include <cstdint>
#include <string_view>

namespace vnsweep {

enum class IntervalMethod { wilson, clopper_pearson };

std::string_view to_string(IntervalMethod method);

/// Two-sided confidence interval of a probability.
struct Interval {
  double low = 0.0;
  double high = 1.0;
};

/// Interval of a binomial proportion from `successes` of `trials`; [0, 1] without trials.
/// wilson: score interval (Wilson 1927), close to its nominal coverage on average.
/// clopper_pearson: exact interval (Clopper & Pearson 1934), never below its nominal coverage.
/// @param confidence  in (0, 1)
/// @throws std::invalid_argument if the counts or the confidence are impossible
Interval binomial_interval(IntervalMethod method, std::int64_t successes, std::int64_t trials,
                           double confidence);

}  // namespace vnsweep
