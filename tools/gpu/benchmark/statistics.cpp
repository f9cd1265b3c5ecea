#include "tools/gpu/benchmark/statistics.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace vnsweep::benchmark {

Spread spread_of(std::vector<double> values) {
  if (values.empty()) throw std::invalid_argument("spread_of: there is no value");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const bool is_odd = values.size() % 2 == 1;
  return {.minimum = values.front(),
          .median = is_odd ? values[middle] : 0.5 * (values[middle - 1] + values[middle]),
          .maximum = values.back(),
          .repetitions = static_cast<int>(values.size())};
}

Spread rate(double work, const Spread& seconds) {
  return {.minimum = work / seconds.maximum,
          .median = work / seconds.median,
          .maximum = work / seconds.minimum,
          .repetitions = seconds.repetitions};
}

}  // namespace vnsweep::benchmark
