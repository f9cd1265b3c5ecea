#include "host/stats/holm.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>

namespace vnsweep {

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> tests;
  for (std::size_t k = 0; k < p_values.size(); ++k) {
    if (std::isnan(p_values[k])) continue;
    if (p_values[k] < 0.0 || p_values[k] > 1.0)
      throw std::invalid_argument("holm: p values must be between 0 and 1");
    tests.push_back(k);
  }
  std::stable_sort(tests.begin(), tests.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size(), std::numeric_limits<double>::quiet_NaN());
  double greatest = 0.0;
  for (std::size_t rank = 0; rank < tests.size(); ++rank) {
    const auto remaining = static_cast<double>(tests.size() - rank);
    greatest = std::max(greatest, std::min(1.0, remaining * p_values[tests[rank]]));
    adjusted[tests[rank]] = greatest;
  }
  return adjusted;
}

}  // namespace vnsweep
