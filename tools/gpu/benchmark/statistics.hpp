#pragma once

#include <vector>

namespace vnsweep::benchmark {

/// What repetitions of one measurement gave.
struct Spread {
  double minimum = 0.0;
  double median = 0.0;
  double maximum = 0.0;
  int repetitions = 0;
};

/// @throws std::invalid_argument without values
Spread spread_of(std::vector<double> values);

/// Work per second from the seconds that the work took: the longest time is the least rate.
Spread rate(double work, const Spread& seconds);

}  // namespace vnsweep::benchmark
