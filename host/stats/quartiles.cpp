#include "host/stats/quartiles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vnsweep {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double rest = place - static_cast<double>(below);
  if (rest == 0.0) return sorted[below];
  return sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

}  // namespace

Quartiles quartiles(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    return {.count = 0, .low = kNone, .median = kNone, .high = kNone};
  }
  std::sort(values.begin(), values.end());
  return {.count = static_cast<std::int64_t>(values.size()),
          .low = quantile(values, 0.25),
          .median = quantile(values, 0.5),
          .high = quantile(values, 0.75)};
}

}  // namespace vnsweep
